from dataclasses import replace

import pytest

from agent.problems import InputInvalid
from agent.providers import REAL, STAND_INS, Providers, Source, parse_providers


def test_one_source_is_for_all_kinds() -> None:
    assert parse_providers("stand-in") == STAND_INS
    assert parse_providers("real") == REAL
    assert REAL.all_real


def test_kinds_are_chosen_one_by_one_and_the_rest_are_stand_ins() -> None:
    assert parse_providers("llm=real, turns=real") == Providers(llm=Source.REAL, turns=Source.REAL)
    assert not parse_providers("llm=real").all_real


def test_a_source_may_come_first_for_the_rest() -> None:
    assert parse_providers("real,stt=stand-in") == replace(REAL, stt=Source.STAND_IN)


def test_who_plays_the_callee_is_chosen_like_the_rest_but_is_no_provider_of_the_call() -> None:
    assert parse_providers("persona=real") == Providers(persona=Source.REAL)
    assert parse_providers("real").persona is Source.REAL
    assert parse_providers("real,persona=stand-in").all_real


@pytest.mark.parametrize("text", ["", "fake", "llm=", "=real", "llm=real,real", "llm=fake", "brain=real", "real,,"])
def test_anything_else_is_refused_with_what_is_expected(text: str) -> None:
    with pytest.raises(InputInvalid, match=r"^--providers: expected stand-in, real, or pairs such as llm=real"):
        parse_providers(text)
