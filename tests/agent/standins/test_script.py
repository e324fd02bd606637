"""Which rule of a script the stand-in model follows, whatever was asked before."""

from agent.standins.config import ModelScript, Rule, ToolUse
from agent.standins.dialogue import OfferedTool, Reply, Turn
from agent.standins.script import respond

BOOK = ToolUse(tool="book", arguments={"day": "monday"})
END = ToolUse(tool="end_call")
TOOLS = (OfferedTool("book"), OfferedTool("end_call"))
SCRIPT = ModelScript(
    opening="Good morning, is that Sam?",
    script=(
        Rule(when="who", reply="This is Ada from the clinic."),
        Rule(when="appointment|book", reply="One moment.", call=BOOK),
        Rule(after_tool="book", reply="You are booked for Monday."),
        Rule(when="thank", reply="Goodbye.", call=END),
    ),
)


def callee(text: str) -> Turn:
    return Turn("callee", text)


def model(text: str, *calls: str) -> Turn:
    return Turn("model", text, calls)


def output(tool: str) -> Turn:
    return Turn("tool", "{}", tool=tool)


def answer(*history: Turn, script: ModelScript = SCRIPT) -> Reply:
    return respond((Turn("instruction"), *history), script, "en", TOOLS)


def test_rules_are_found_by_what_the_callee_said() -> None:
    assert answer(callee("Who is this?")) == Reply("This is Ada from the clinic.")
    assert answer(callee("I want an APPOINTMENT")) == Reply("One moment.", BOOK)


def test_asking_again_with_growing_text_uses_nothing_up() -> None:
    first = answer(callee("I want to book"))
    again = answer(callee("I want to book a table"))
    later = answer(callee("I want to book a table, please"))

    assert first == again == later == Reply("One moment.", BOOK)


def test_a_rule_is_used_up_once_its_answer_was_heard() -> None:
    heard = (callee("Who is this?"), model("This is Ada from the clinic."))

    assert answer(*heard, callee("And who are you?")).text != "This is Ada from the clinic."


def test_a_rule_whose_answer_was_cut_short_is_used_up() -> None:
    heard = (callee("Who is this?"), model("This is Ada"))

    assert answer(*heard, callee("Sorry, who?")).text != "This is Ada from the clinic."


def test_asked_after_a_part_of_its_answer_it_goes_on_with_it() -> None:
    assert answer(callee("Who is this?"), model("This is Ada")) == Reply("from the clinic.")
    assert answer(callee("Who is this?"), model("This is Ad")).text != "from the clinic."


def test_a_rule_whose_answer_nobody_heard_answers_again() -> None:
    assert answer(callee("Who is"), callee("who is this?")).text == "This is Ada from the clinic."


def test_a_sentence_that_the_model_did_not_make_uses_up_no_rule() -> None:
    opening = ModelScript(script=(Rule(reply="One."), Rule(reply="Two.")))
    greeted = (model("A fixed first sentence."), callee("Hello?"))

    assert answer(*greeted, script=opening).text == "One."
    assert answer(*greeted, model("One."), callee("Yes"), script=opening).text == "Two."


def test_equal_answers_are_used_up_one_after_the_other() -> None:
    twice = ModelScript(script=(Rule(when="b", reply="Yes."), Rule(when="a", reply="Yes."), Rule(reply="No.")))

    assert answer(callee("a"), model("Yes."), callee("b"), script=twice).text == "Yes."
    assert answer(callee("a"), model("Yes."), callee("b"), model("Yes."), callee("b"), script=twice).text == "No."


def test_after_a_tool_the_rule_for_it_comes_first() -> None:
    called = (callee("book"), model("One moment.", "book"), output("book"))

    assert answer(*called) == Reply("You are booked for Monday.")


def test_after_a_tool_without_a_rule_of_its_own_the_next_unconditional_rule_speaks() -> None:
    plain = ModelScript(script=(Rule(when="book", call=BOOK, repeat=True), Rule(reply="Done.")))

    assert answer(callee("book"), model("", "book"), output("book"), script=plain) == Reply("Done.")


def test_a_repeating_rule_stays() -> None:
    parrot = ModelScript(script=(Rule(reply="Pardon?", repeat=True),))
    history: tuple[Turn, ...] = ()
    for _ in range(3):
        history = (*history, callee("Mumble"))
        assert answer(*history, script=parrot).text == "Pardon?"
        history = (*history, model("Pardon?"))


def test_a_silent_rule_stays_silent_for_its_turn_only() -> None:
    once = ModelScript(script=(Rule(when="hello", silent=True), Rule(when="still", reply="I am here.")))

    assert answer(callee("Hello"), script=once).silent
    assert answer(callee("Hello there"), script=once).silent
    assert answer(callee("Hello"), callee("Are you still there?"), script=once) == Reply("I am here.")


def test_after_end_call_the_model_says_nothing() -> None:
    ended = (callee("Thank you"), model("Goodbye.", "end_call"), output("end_call"))

    assert answer(*ended) == Reply()
    assert answer(*ended, script=ModelScript()) == Reply()
    assert answer(*ended, script=ModelScript(script=(Rule(reply="Wait!"),))) == Reply()


def test_before_the_callee_speaks_the_model_opens_the_call() -> None:
    assert answer(Turn("instruction")).text == "Good morning, is that Sam?"
    assert answer(script=ModelScript()).text.startswith("Hello")


def test_an_unmatched_turn_is_answered_without_ending_a_script_that_still_has_rules() -> None:
    history: list[Turn] = []
    for _ in range(6):
        history.append(callee("Something else entirely"))
        reply = answer(*history)
        assert reply.text
        assert reply.call is None
        history.append(model(reply.text))
