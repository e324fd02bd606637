from agent import events as e
from agent.page.talk import Line, Use, lines, uses
from agent.report import fold
from tests.agent.recorded import CALL, PICKED_UP, agent, at, callee


def test_the_transcript_has_the_times_of_what_was_said() -> None:
    shown = [(line.role, line.text, line.start, line.stop) for line in lines(fold(CALL), CALL) if line.role != "tool"]
    assert shown == [
        ("callee", "Allô ?", 0.1, 0.5),
        ("agent", "Hello, this", 0.9, 1.4),
        ("agent", "Hello, this is Emma.", 2.0, 4.0),
        ("callee", "Is Monday free?", 5.0, 6.0),
        ("agent", "Nine is", 7.0, 8.0),
        ("callee", "Fine, bye.", 7.6, 9.0),
        ("agent", "Goodbye.", 10.0, 11.0),
    ]


def test_what_there_is_to_say_of_a_line_is_said() -> None:
    notes = {line.text: line.notes for line in lines(fold(CALL), CALL)}
    assert notes["Allô ?"] == ("not a turn for the model",)
    assert notes["Hello, this"] == ("first sentence", "stopped and started again")
    assert notes["Nine is"] == ("interrupted",)
    assert notes["Goodbye."] == ("farewell",)


def test_a_tool_stands_with_what_went_in_and_out_and_how_long_it_took() -> None:
    slots, end = (line.use for line in lines(fold(CALL), CALL) if line.role == "tool")
    assert slots is not None and end is not None
    assert (slots.name, slots.output, slots.failed) == ("slots", '{"status":200}', False)
    assert slots.arguments == '{\n  "day": "2026-03-09"\n}'
    assert (round(slots.start or 0, 3), round(slots.stop or 0, 3)) == (6.8, 6.9)
    assert (end.name, end.output, end.stop) == ("end_call", None, None)


def test_the_same_words_twice_are_two_lines_with_their_own_times() -> None:
    events = (
        *PICKED_UP,
        *agent("a1", "reply", 1, 2, "Yes."),
        *callee(3, 4, "Yes."),
        *agent("a2", "reply", 5, 6, "Yes."),
    )
    assert [(line.role, line.start) for line in lines(fold(events), events)] == [
        ("agent", 1.0),
        ("callee", 3.0),
        ("agent", 5.0),
    ]


def test_tools_of_one_name_keep_their_own_results() -> None:
    events: tuple[e.Event, ...] = (
        *PICKED_UP,
        e.ToolCalled(at=at(1), id="t1", name="look", arguments="{}"),
        e.ToolCalled(at=at(2), id="t2", name="look", arguments="not json"),
        e.ToolReturned(at=at(3), id="t2", name="look", output="second", is_error=True),
        e.ToolReturned(at=at(4), id="t1", name="look", output="first", is_error=False),
    )
    assert list(uses(events)) == [
        Use("look", "{}", "first", failed=False, start=1.0, stop=4.0),
        Use("look", "not json", "second", failed=True, start=2.0, stop=3.0),
    ]
    shown = [(line.use.output, line.use.stop) for line in lines(fold(events), events) if line.use]
    assert shown == [("first", 4.0), ("second", 3.0)]


def test_without_a_journal_lines_keep_the_reports_times() -> None:
    shown = lines(fold(CALL), ())
    assert shown[0] == Line("callee", "Allô ?", 0.1, 0.5, ("not a turn for the model",))
    assert [line.start for line in shown if line.role == "tool"] == [None, None]


def test_what_no_speech_event_knows_has_no_time() -> None:
    report = fold(CALL).model_copy(update={"speech_events": ()})
    assert {line.start for line in lines(report, ())} == {None}
