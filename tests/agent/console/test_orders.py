import pytest

from agent.console.orders import Kind, Misunderstood, Order, available, explained, parse


def test_what_does_not_begin_with_a_slash_is_said() -> None:
    assert parse("Hello / there") is None
    assert parse("") is None


def test_an_order_has_its_text() -> None:
    assert parse("/say  Hello there ") == Order(Kind.SAY, "Hello there")
    assert parse(" /quit") == Order(Kind.QUIT)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("/sayy x", "did you mean /say?"),
        ("/", "/help"),
        ("/xyz", "/help"),
        ("/save", "expected /save FILE"),
        ("/mute", "no"),
    ],
)
def test_what_is_wrong_with_an_order_is_said(line: str, hint: str) -> None:
    with pytest.raises(Misunderstood) as raised:
        parse(line)
    assert hint in str(raised.value)


def test_each_way_of_talking_has_its_own_orders() -> None:
    assert parse("/mute", by_microphone=True) == Order(Kind.MUTE)
    with pytest.raises(Misunderstood):
        parse("/say x", by_microphone=True)
    for by_microphone in (False, True):
        listed = {written.split()[0][1:] for written, _ in explained(by_microphone=by_microphone)}
        assert listed == {str(kind) for kind in Kind if available(kind, by_microphone=by_microphone)}


def test_help_says_when_ctrl_c_leaves() -> None:
    assert dict(explained())["/quit"] == "leave; so do Ctrl-D and, while no answer is under way, Ctrl-C"
