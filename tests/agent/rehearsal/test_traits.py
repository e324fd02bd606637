import pytest

from agent.rehearsal.traits import Traits, Wish, traits_of


def test_a_persona_is_read_as_its_traits() -> None:
    assert traits_of("busy, suspicious, asks for the price twice") == Traits(
        busy=True, suspicious=True, asks=(Wish("the price", 2),)
    )


def test_who_is_not_described_is_friendly() -> None:
    assert traits_of("a retired teacher from Leeds") == Traits()


@pytest.mark.parametrize("who", ["not busy at all", "He is never in a hurry.", "isn't really busy"])
def test_a_trait_that_is_denied_is_none(who: str) -> None:
    assert traits_of(who) == Traits()


@pytest.mark.parametrize("who", ["never hangs up", "Does not hang up.", "will not end the call", "won't let go"])
def test_one_who_never_leaves_does_not_hang_up(who: str) -> None:
    assert traits_of(who) == Traits(never_leaves=True)


def test_several_things_are_asked_for_each_as_often_as_it_says() -> None:
    who = "asks about the opening hours three times and asks for a discount, then asks about parking 99 times"
    assert traits_of(who).asks == (Wish("the opening hours", 3), Wish("a discount", 1), Wish("parking", 5))


def test_a_persona_of_nothing_but_wishes_is_bounded() -> None:
    assert len(traits_of("asks for more. " * 50).asks) == 5
