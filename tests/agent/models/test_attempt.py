import pytest
from pydantic import JsonValue

from agent.models.attempt import Attempt
from agent.models.parsing import parse
from agent.problems import ErrorCode

Raw = dict[str, JsonValue]
LEAST: Raw = {"call_id": "c", "attempt_id": "a", "to_phone_number": "+33612345678", "assistant": {}}


def paths(**fields: JsonValue) -> list[str]:
    return [problem.path for problem in parse(Attempt, {**LEAST, **fields}).problems]


@pytest.mark.parametrize(
    "number", ["0612345678", "33612345678", "+33 6 12", "+0612345678", "+999123456", "", "tel:+331"]
)
def test_numbers_are_e164(number: str) -> None:
    assert paths(to_phone_number=number) == ["to_phone_number"]
    assert paths(from_phone_number=number) == ["from_phone_number"]


@pytest.mark.parametrize("number", ["112", "+112", "911", "+1911", "+33112", "999"])
def test_an_emergency_number_is_refused_as_such(number: str) -> None:
    problem = parse(Attempt, {**LEAST, "to_phone_number": number}).problems[0]
    assert problem.code is ErrorCode.NUMBER_NOT_ALLOWED


@pytest.mark.parametrize("tag", ["en", "fr-FR", "zh-Hans-CN", "es-419", "sl-rozaj"])
def test_a_language_tag_is_taken(tag: str) -> None:
    assert paths(language=tag) == []


@pytest.mark.parametrize("tag", ["french", "e", "en_US", "en-", "../en", ""])
def test_what_is_no_language_tag_is_refused(tag: str) -> None:
    assert paths(language=tag) == ["language"]


@pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd", "Europe", "", "/etc/localtime", "a\0b"])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    assert paths(timezone=zone) == ["timezone"]
    assert paths(timezone="Europe/Paris") == []


@pytest.mark.parametrize(("seconds", "valid"), [(4.9, False), (5, True), (79, True), (80, False)])
def test_ringing_has_a_range(seconds: float, valid: bool) -> None:
    assert paths(sip={"ringing_timeout_secs": seconds}) == ([] if valid else ["sip.ringing_timeout_secs"])


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x1b[0m", "x" * 201])
def test_identifiers_are_printable(name: str) -> None:
    assert paths(attempt_id=name) == ["attempt_id"]


def test_an_inbound_call_brings_its_own_identity() -> None:
    assert parse(Attempt, {"direction": "inbound", "assistant": {}}).problems == ()


def test_an_assistant_is_given_exactly_once() -> None:
    assert paths(assistant=None) == ["assistant"]
    assert paths(assistant_url="https://x.example") == ["assistant_url"]
    assert paths(assistant=None, assistant_url="https://x.example") == []


def test_prompt_variables_are_strings() -> None:
    assert paths(prompt_variables={"age": 7, "name": "x"}) == ["prompt_variables.age"]


def test_a_signing_secret_begins_with_its_prefix_and_is_hidden() -> None:
    assert paths(callback={"url": "https://x.example", "secret": "abc"}) == ["callback.secret"]
    callback = parse(Attempt, {**LEAST, "callback": {"secret": "whsec_abc"}}).valid().callback
    assert "whsec" not in repr(callback)
