import pytest

from agent.numbers import is_e164, is_emergency, refusal


@pytest.mark.parametrize("number", ["+33612345678", "+12025550123", "+15551234567", "+447700900123"])
def test_a_subscribers_number_is_e164_though_nobody_may_have_it(number: str) -> None:
    assert is_e164(number)
    assert refusal(number) is None


@pytest.mark.parametrize(
    "number", ["+3361234567890123", "+1202", "12025550123", "+1 202 555 0123", "+999123456789", "+١٢٣"]
)
def test_what_cannot_be_dialled_is_not_e164(number: str) -> None:
    assert not is_e164(number)


@pytest.mark.parametrize("number", ["112", "911", "999", "17", "+112", "+1911", "+33112", "+44999", "+49110"])
def test_emergency_numbers_are_known_with_and_without_a_country(number: str) -> None:
    assert is_emergency(number)


@pytest.mark.parametrize("number", ["+33612345678", "+15551234567", "", "+", "abc", "+4930123456"])
def test_other_numbers_are_no_emergency_numbers(number: str) -> None:
    assert not is_emergency(number)


@pytest.mark.parametrize("number", ["+19002345678", "+33899123456", "+49110"])
def test_premium_rate_and_emergency_numbers_are_refused(number: str) -> None:
    reason = refusal(number)
    assert reason is not None
    assert number not in reason


def test_only_allowed_countries_are_called() -> None:
    assert refusal("+33612345678", {"FR"}) is None
    assert refusal("+33612345678", {"BE", "US"}) is not None
    assert refusal("+14165550123", {"US"}) is not None  # Toronto shares its country code
    assert refusal("+15551234567", {"US"}) is None
