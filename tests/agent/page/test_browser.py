"""The pages in a real browser: Chromium, where it is on PATH and Playwright is installed."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agent.page.run import write_index, write_page
from tests.agent.page import hostile
from tests.agent.page.folders import long_call, written

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not on PATH")

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--mute-audio"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Any) -> Iterator[Open]:
    """Opens a page in a window of its own; whatever it asks for or complains of fails the test at its end."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def open_page(file: Path, width: int = 1280, height: int = 900, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("request", lambda request: complaints.append(request.url) if _foreign(request.url, file) else None)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _foreign(url: str, file: Path) -> bool:
    beside = url.startswith(file.parent.as_uri()) and url.endswith(".html")
    return not beside and not url.startswith("data:")


def until(page: Any, expression: str) -> None:
    """Wait until the expression is true. Playwright's own way of waiting is what the page's policy forbids."""
    for _ in range(500):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"not true within 10 s: {expression}")


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a call of half a minute."""
    folder = tmp_path_factory.mktemp("call")
    return write_page(written(folder, long_call(40), seconds=40)).first


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of a good call and of one that failed, whose every text is hostile."""
    folder = tmp_path_factory.mktemp("suite")
    hostile.written(folder / "failed")
    broken = {"field": "expect.turns", "expectation": hostile.HOSTILE, "passed": False, "failure": hostile.HOSTILE}
    (folder / "failed" / "expectations.json").write_text(json.dumps([broken]))
    written(folder / "good", seconds=None)
    write_index(folder)
    return folder


def current(page: Any) -> list[str]:
    """The lines that are highlighted."""
    found: list[str] = page.eval_on_selector_all("#lines [aria-current]", "all => all.map(one => one.dataset.from)")
    return found


def time(page: Any) -> float:
    found: float = page.evaluate("document.querySelector('audio').currentTime")
    return found


def test_nothing_of_a_hostile_call_runs(opened: Open, suite: Path) -> None:
    for file in (suite / "index.html", suite / "failed" / "report.html"):
        page = opened(file)
        page.wait_for_timeout(300)
        assert page.evaluate("[typeof window.pwned, document.images.length]") == ["undefined", 0]
        assert page.evaluate("document.querySelectorAll('[onerror], [onload], [onfocus], iframe').length") == 0


def test_what_would_get_through_is_stopped_by_the_policy(browser: Any, call: Path, tmp_path: Path) -> None:
    attack = "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>"
    attack += "<a id=a href='javascript:window.pwned=1'>x</a>"
    file = tmp_path / "attacked.html"
    file.write_text(call.read_text().replace("<main>", f"<main>{attack}", 1))
    page = browser.new_page()
    refusals: list[str] = []
    page.on("console", lambda message: refusals.append(message.text))
    page.goto(file.as_uri())
    page.click("#a")
    page.wait_for_timeout(200)
    assert page.evaluate("typeof window.pwned") == "undefined"
    assert len([text for text in refusals if "Content Security Policy" in text]) >= 3
    page.close()


def test_a_click_on_a_line_plays_it_and_the_transcript_follows(opened: Open, call: Path) -> None:
    page = opened(call)
    assert current(page) == []
    page.click("#lines li:nth-child(3) p")
    until(page, "!document.querySelector('audio').paused")
    until(page, "document.querySelector('audio').currentTime > 6.9")
    assert current(page) == ["6.90"] or current(page) == ["7.05"]
    until(page, "document.querySelector('#play').ariaLabel === 'Pause'")
    page.evaluate("document.querySelector('audio').currentTime = 33.9")
    until(page, "document.querySelector('#lines [aria-current]').dataset.from > 33")
    inside = "one => { const box = one.parentElement.getBoundingClientRect(), own = one.getBoundingClientRect();"
    inside += " return own.top >= box.top - 1 && own.bottom <= box.bottom + 1 }"
    until(page, f"({inside})(document.querySelector('#lines [aria-current]'))")
    assert len(current(page)) == 1
    page.click("#play")
    until(page, "document.querySelector('#play').ariaLabel === 'Play'")


def test_a_click_on_the_timeline_goes_there(opened: Open, call: Path) -> None:
    page = opened(call)
    box = page.locator(".drawing").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 60)
    assert time(page) == pytest.approx(20, abs=0.2)
    assert page.input_value("#seek") == pytest.approx("20", abs=0) or float(page.input_value("#seek")) == pytest.approx(
        20, abs=0.2
    )
    assert page.get_attribute("#playhead", "x1").startswith(("50", "49.9"))


def test_the_timeline_zooms_and_stays_where_it_was(opened: Open, call: Path) -> None:
    page = opened(call)
    measure = "[document.querySelector('.drawing').getBoundingClientRect().width, "
    measure += "document.querySelector('.scroller').scrollLeft]"
    fit, _ = page.evaluate(measure)
    page.click("[data-zoom='2']")
    page.click("[data-zoom='2']")
    wide, left = page.evaluate(measure)
    assert wide == pytest.approx(4 * fit, rel=0.05)
    assert left + fit / 2 == pytest.approx(wide / 2, rel=0.05)
    page.click("[data-zoom='0']")
    assert page.evaluate(measure)[0] == pytest.approx(fit)


def test_everything_is_done_by_keyboard(opened: Open, call: Path) -> None:
    page = opened(call)
    focused = "(one => one.id || one.getAttribute('aria-label') || one.textContent)(document.activeElement)"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Skip to the transcript"
    assert page.locator(".skips a:focus").bounding_box()["x"] > 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "follow"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Play from 0:00"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == "Play from 0:07" or page.evaluate(focused) == "Play from 0:06"
    page.keyboard.press("Enter")
    until(page, "document.querySelector('audio').currentTime > 6.5")
    page.focus("#play")
    page.keyboard.press("Space")
    until(page, "document.querySelector('audio').paused")
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "seek"
    before = time(page)
    page.keyboard.press("ArrowRight")
    assert time(page) > before
    assert re.fullmatch(r"0:0\d of 0:40", page.get_attribute("#seek", "aria-valuetext"))


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_pages_fit_into_their_window(opened: Open, call: Path, suite: Path, width: int) -> None:
    for file in (call, suite / "index.html", suite / "failed" / "report.html"):
        page = opened(file, width)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_long_transcript_ends_where_the_column_beside_it_does(opened: Open, call: Path) -> None:
    page = opened(call, height=500)
    bottoms = "all => all.map(one => one.getBoundingClientRect().bottom)"
    transcript, side = page.eval_on_selector_all("#transcript, .side .card:last-child", bottoms)
    assert transcript == pytest.approx(side, abs=1)
    assert page.locator("#lines").bounding_box()["y"] + page.locator("#lines").bounding_box()["height"] > side - 30


def test_the_choice_of_sides_has_room_for_its_words_on_a_phone(opened: Open, call: Path) -> None:
    natural = opened(call).locator("#sides").bounding_box()["width"]
    for width in (320, 360, 390):
        assert opened(call, width).locator("#sides").bounding_box()["width"] > natural - 8


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out(opened: Open, call: Path, suite: Path, scheme: str) -> None:
    for file in (call, suite / "index.html", suite / "failed" / "report.html"):
        page = opened(file, 390, color_scheme=scheme)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate(CONTRAST) == []


def test_a_highlighted_line_can_be_read_as_well(opened: Open, call: Path) -> None:
    for scheme in ("light", "dark"):
        page = opened(call, color_scheme=scheme)
        page.evaluate("document.querySelectorAll('#lines li').forEach(one => one.setAttribute('aria-current', 'true'))")
        assert page.evaluate(CONTRAST) == []


def test_a_screen_reader_finds_its_way(opened: Open, call: Path) -> None:
    page = opened(call)
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    nodes = [(_value(node, "role"), _value(node, "name"), node) for node in tree if not node.get("ignored")]
    assert {"banner", "main", "contentinfo", "navigation"} <= {role for role, _, _ in nodes}
    regions = {name for role, name, _ in nodes if role == "region"}
    assert {"Player", "Timeline", "Transcript", "Waits for a reply", "Phases and moments", "Facts"} <= regions
    focusable = [(role, name) for role, name, node in nodes if _focusable(node) and role != "RootWebArea"]
    assert [role for role, name in focusable if not name and role not in ("pre", "generic")] == []
    levels = page.eval_on_selector_all(
        "h1, h2, h3", "all => all.filter(one => one.checkVisibility()).map(one => +one.tagName[1])"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.eval_on_selector_all("[aria-live], [role=alert]", "all => all.length") == 0


def _value(node: dict[str, Any], name: str) -> str:
    return str(node[name]["value"]) if name in node and "value" in node[name] else ""


def _focusable(node: dict[str, Any]) -> bool:
    return any(one["name"] == "focusable" and one["value"].get("value") for one in node.get("properties", ()))


def test_what_is_to_be_hit_is_large_enough(opened: Open, call: Path) -> None:
    page = opened(call, 390, has_touch=True, is_mobile=True)
    sizes = "all => all.filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect())"
    sizes += ".map(box => Math.min(box.width, box.height))"
    assert min(page.eval_on_selector_all("button, select, label:has(input)", sizes)) >= 24


def test_who_wants_no_motion_gets_none(opened: Open, call: Path) -> None:
    for wanted, behavior in (("reduce", "auto"), ("no-preference", "smooth")):
        page = opened(call, reduced_motion=wanted)
        page.click("#play")
        page.wait_for_selector("#lines.following")
        assert page.evaluate("getComputedStyle(document.querySelector('#lines')).scrollBehavior") == behavior


def test_one_side_can_be_heard_alone(opened: Open, call: Path) -> None:
    page = opened(call)
    for sides in ("callee", "agent", "mixed", "apart"):
        page.select_option("#sides", sides)
        page.click("#play")
        before = time(page)
        until(page, f"document.querySelector('audio').currentTime > {before} + 0.1")
        page.click("#play")
    page.select_option("#speed", "2")
    assert page.evaluate("document.querySelector('audio').playbackRate") == 2


def test_without_scripts_there_is_a_player_and_every_word(opened: Open, call: Path) -> None:
    page = opened(call, java_script_enabled=False)
    assert page.locator("audio").bounding_box()["height"] > 20
    assert not page.is_visible(".controls") and not page.is_visible(".zoom")
    assert page.is_visible("#lines li:last-child p") or page.locator("#lines li").count() > 5


def test_a_browser_that_cannot_play_says_so_and_shows_the_rest(opened: Open, call: Path, tmp_path: Path) -> None:
    file = tmp_path / "mute.html"
    file.write_text(re.sub(r"(data:audio/ogg;base64,)[^\"]*", r"\1AAAA", call.read_text()))
    page = opened(file)
    page.wait_for_selector("#silent:not([hidden])")
    assert "Safari plays it from version 18.4 on" in page.inner_text("#silent")
    assert not page.is_visible(".controls") and page.is_visible(".drawing") and page.is_visible("#lines")


def test_a_torn_recording_plays_to_its_end(opened: Open, tmp_path: Path) -> None:
    folder = written(tmp_path, long_call(20), seconds=20)
    data = (folder / "audio.ogg").read_bytes()
    (folder / "audio.ogg").write_bytes(data[: len(data) * 3 // 4])
    page = opened(write_page(folder).first)
    length = page.evaluate("Number(document.querySelector('.player').dataset.seconds)")
    assert 10 < length < 18
    page.evaluate(f"document.querySelector('audio').currentTime = {length - 0.5}")
    page.click("#play")
    until(page, "document.querySelector('audio').ended")
    until(page, "document.querySelector('#play').ariaLabel === 'Play'")


def test_only_the_failed_calls_can_be_shown(opened: Open, tmp_path: Path) -> None:
    runs = [
        {"line": name, "folder": name, "passed": passed} for name, passed in (("a", True), ("b", False), ("c", None))
    ]
    for name in "abc":
        written(tmp_path / name, seconds=None)
    (tmp_path / "suite.json").write_text(json.dumps({"planned": 3, "runs": runs}))
    page = opened(write_index(tmp_path).first)
    rows = page.locator("tbody tr:visible")
    assert rows.count() == 3
    page.check("#show-failed")
    assert rows.count() == 1
    page.click("tbody tr:visible a")
    page.wait_for_url("**/b/report.html")
