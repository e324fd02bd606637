from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

from agent.page.contents import contents_of
from agent.page.sound import hear
from agent.page.source import Source, read
from agent.page.timeline import WIDTHS, Block, Row, Timeline
from agent.report import fold
from tests.agent.page.folders import long_call, written
from tests.agent.recorded import CALL, PICKED_UP, agent, at
from tests.agent.worker.attempts import REFUSED_CALL


def drawn(source: Source, *, heard: bool = False) -> Timeline:
    sound = hear(source.recording) if heard and source.recording else None
    timeline = contents_of(source, sound).timeline
    assert timeline is not None
    return timeline


def row(timeline: Timeline, kind: str) -> Row:
    [found] = [one for one in timeline.rows if one.kind == kind]
    return found


def kinds(timeline: Timeline, kind: str) -> list[str]:
    return [block.kind for block in row(timeline, kind).blocks]


def test_who_spoke_stands_where_it_was_said() -> None:
    timeline = drawn(Source(fold(CALL), CALL))
    assert timeline.seconds == pytest.approx(11.2)
    first = row(timeline, "callee").blocks[0]
    assert first.start == pytest.approx(0.1 / 11.2 * 100, abs=0.001)
    assert first.width == pytest.approx(0.4 / 11.2 * 100, abs=0.002)
    assert first.text == "0:00.1 Allô ?"


def test_turns_asides_and_fixed_sentences_are_told_apart() -> None:
    timeline = drawn(Source(fold(CALL), CALL))
    assert kinds(timeline, "callee") == ["aside", "turn", "turn", "aside"]
    assert kinds(timeline, "agent") == ["fixed", "fixed", "reply", "fixed"]
    assert kinds(timeline, "phases") == ["opening", "talking", "closing"]
    assert kinds(timeline, "moments") == ["plain", "plain", "warning", "plain"]


def test_speech_that_the_end_cut_off_goes_to_the_end() -> None:
    last = row(drawn(Source(fold(CALL), CALL)), "callee").blocks[-1]
    assert last.start + last.width == pytest.approx(100, abs=0.01)


def test_rows_lie_below_each_other_and_empty_ones_are_left_out() -> None:
    timeline = drawn(Source(fold(CALL), CALL))
    assert [one.kind for one in timeline.rows] == ["axis", "phases", "callee", "waits", "agent", "tools", "moments"]
    assert [one.top for one in timeline.rows[1:]] == [one.top + one.height for one in timeline.rows[:-1]]
    assert timeline.height == timeline.rows[-1].top + timeline.rows[-1].height


def test_a_tool_that_never_returned_lasts_to_the_end_and_is_marked() -> None:
    tools = row(drawn(Source(fold(CALL), CALL)), "tools").blocks
    assert [(tool.label, tool.kind) for tool in tools] == [("slots", "done"), ("end_call", "failed")]
    assert tools[1].text.endswith("end_call never returned")


def test_labels_of_tools_have_their_own_room(tmp_path: Path) -> None:
    for events in (long_call(60), long_call(40), CALL, PICKED_UP):
        source = Source(fold(events), events)
        timeline = contents_of(source, None).timeline
        tools = [block for one in timeline.rows if one.kind == "tools" for block in one.blocks] if timeline else []
        rooms = sorted((tool.label_at, tool.label_at + tool.room) for tool in tools)
        assert all(0 <= start <= stop <= 100.001 for start, stop in rooms)
        assert all(stop <= after + 0.002 for (_, stop), (after, _) in pairwise(rooms))


def test_labels_are_shown_as_soon_as_they_have_room() -> None:
    levels = {block.label: block.level for block in row(drawn(Source(fold(CALL), CALL)), "phases").blocks}
    assert levels == {"Opening": 2, "Talking": 0, "Closing": 1}
    assert Block(0, 0, "done", "x").level == len(WIDTHS)
    css = (files("agent.page") / "assets" / "call.css").read_text()
    assert [css.count(f"(min-width: {width}px)") for width in WIDTHS[1:]] == [1, 1, 1, 1]


def test_the_axis_has_ticks_for_every_width() -> None:
    for seconds in (8, 60, 300, 3600, 30_000, 10**12):
        events = (*PICKED_UP, *agent("a", "reply", seconds - 1, seconds, "x"))
        ticks = drawn(Source(fold(events), events)).ticks
        for level, most in enumerate((5, 8, 15, 39, 101)):
            shown = [tick for tick in ticks if tick.level == level]
            assert 1 <= len(shown) <= most
            assert len({tick.label for tick in shown}) == len(shown)


def test_a_recording_is_drawn_and_its_other_sounds_are_found(tmp_path: Path) -> None:
    source = read(written(tmp_path))
    assert drawn(source).outlines is None
    timeline = drawn(source, heard=True)
    assert timeline.outlines is not None and timeline.outlines.steps == 560
    assert timeline.sounding == pytest.approx(100.0, abs=0.01)
    assert "sounds" not in [one.kind for one in timeline.rows]
    mute = source.attempt.model_copy(update={"speech_events": ()})
    assert set(kinds(drawn(Source(mute, source.events, source.recording), heard=True), "sounds")) == {"callee", "agent"}


def test_a_call_that_goes_on_is_drawn_as_far_as_it_is_known() -> None:
    events = (*PICKED_UP, *agent("a1", "opening", 0.5, 3.0, "Hello."))
    assert drawn(Source(fold(events), events)).seconds == pytest.approx(3.0)


def test_without_an_answer_there_is_no_timeline() -> None:
    assert contents_of(Source(fold(REFUSED_CALL), REFUSED_CALL), None).timeline is None
    assert contents_of(Source(fold(PICKED_UP), ()), None).timeline is None
    assert at(0) == PICKED_UP[-1].at
