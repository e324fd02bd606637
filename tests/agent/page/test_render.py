import base64
import hashlib
import random
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from agent.page.contents import contents_of
from agent.page.judgement import Expectation, Judgement
from agent.page.render import index, page
from agent.page.runs import Run
from agent.page.sound import Sound, hear
from agent.page.source import Source, read
from agent.report import fold
from tests.agent.page import hostile
from tests.agent.page.folders import long_call, recorded, sides, written
from tests.agent.page.hostile import HOSTILE
from tests.agent.recorded import CALL, PICKED_UP
from tests.agent.worker.attempts import REFUSED_CALL

_LOADING = ("src", "href", "action", "data", "poster", "srcset", "background", "formaction")


class Structure(HTMLParser):
    """What a page consists of, but for its texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.loading: list[str] = []
        self.ids: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.loading += [value or "" for name, value in attrs if name in _LOADING]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_decl(self, decl: str) -> None:
        self.tags.append(("!", (decl,)))


def shown(text: str, folder: Path) -> str:
    """The page of a call whose every text is this one."""
    heard = hear(recorded(folder / "audio.ogg", *sides(fold(CALL), 11.2)))
    source = Source(hostile.report(text), hostile.events(text), notes=(text,))
    broken = Expectation(field=text, expectation=text, passed=False, failure=text)
    judgement = Judgement(line=text, passed=False, reasons=(text,), expectations=(broken,))
    return page(contents_of(source, heard, (text,), judgement))


def test_no_text_of_a_call_becomes_part_of_the_page(tmp_path: Path) -> None:
    attacked = shown(HOSTILE, tmp_path)
    assert Structure(attacked).tags == Structure(shown("harmless", tmp_path)).tags
    assert attacked.count("&lt;img src=x onerror=window.pwned=1&gt;") > 80
    assert "<img" not in attacked and "7777777" not in attacked


def test_no_text_of_a_call_becomes_part_of_the_index() -> None:
    pages = []
    for text in (HOSTILE, "harmless"):
        runs = [Run(name=text, line=text, attempt=hostile.report(text), passed=False, reasons=(text,), href="a.html")]
        pages.append(Structure(index(text, [*runs, *runs, Run(name=text, passed=True)])).tags)
    assert pages[0] == pages[1]


def test_a_page_loads_nothing(tmp_path: Path) -> None:
    for text in (shown("x", tmp_path), index("x", [Run(name="x", href="x/report.html")])):
        loading = Structure(text).loading
        outside = [one for one in loading if not one.startswith(("data:", "#")) and one != "x/report.html"]
        assert outside == []
        assert not re.search(r"@import|url\((?!#)|https?://|//cdn", re.sub(r'src="data:[^"]*"', "", text))


def test_only_the_pages_own_script_and_style_are_allowed(tmp_path: Path) -> None:
    text = shown("x", tmp_path)
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    policy = policy.replace("&#39;", "'")
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy
    for tag, name in (("script", "script-src"), ("style", "style-src")):
        [code] = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy
    assert not re.search(r"<[^>]+ (style|on[a-z]+)=", text)


@pytest.mark.parametrize("length", range(1, len(CALL) + 1))
def test_every_prefix_of_a_call_has_a_page(length: int) -> None:
    events = CALL[:length]
    for source in (Source(fold(events), events), Source(fold(events))):
        structure = Structure(page(contents_of(source, None)))
        assert len(set(structure.ids)) == len(structure.ids), "an id stands once"
        assert all(one[1:] in structure.ids for one in structure.loading if one.startswith("#"))


def test_a_page_says_what_the_call_was(tmp_path: Path) -> None:
    source = read(written(tmp_path))
    assert source.recording is not None
    text = page(contents_of(source, hear(source.recording)))
    for part in ("Call to <bdi>+33612345678</bdi>", "The agent ended the call after 11.2 s.", "Is Monday free?"):
        assert part in text
    assert 'lang="fr"' in text, "what was said is read out in its language"
    assert '<button type="button" class="at" data-seek="5.00" aria-label="Play from 0:05">' in text


def test_a_page_without_sound_has_nothing_to_play() -> None:
    for events in (CALL, REFUSED_CALL, PICKED_UP):
        text = page(contents_of(Source(fold(events), events), None))
        assert 'data-seek="' not in text and "<audio" not in text


def test_a_long_call_without_its_sound_is_a_small_page() -> None:
    events = long_call(300)
    assert len(page(contents_of(Source(fold(events), events), None))) < 300_000


def test_an_index_of_nothing_is_a_page() -> None:
    assert "0 calls" in index("nothing", [])


def test_whatever_is_left_of_a_journal_has_a_page() -> None:
    chance = random.Random(3)
    for _ in range(150):
        kept = [event for event in CALL[1:] if chance.random() < 0.7]
        moved = [replace(event, at=event.at + chance.choice([0, 0, -3, 5, 1e6])) for event in kept]
        events = (CALL[0], *chance.sample(moved, len(moved)))
        loud = np.full(chance.choice([1, 50, 7001]), 0.1, dtype=np.float32)
        heard = Sound(len(loud) / 50, loud, loud, "data:audio/ogg;base64,")
        assert page(contents_of(Source(fold(events), events), heard))
