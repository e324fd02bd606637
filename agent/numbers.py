"""Which phone numbers are well-formed, and which may be called."""

import re
from collections.abc import Collection

import phonenumbers
from phonenumbers import PhoneNumberType, shortnumberinfo

REGIONS = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""Every country, as ISO 3166 codes of two letters."""

_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_SHORT = 6
"""Most digits an emergency number has anywhere."""


def is_e164(number: str) -> bool:
    """Whether it is written as E.164 and long enough to be a subscriber's number in its country."""
    if _E164.fullmatch(number) is None:
        return False
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


def is_emergency(number: str) -> bool:
    """Whether it is an emergency number somewhere, with or without a country code: `112`, `+112`, `+1911`."""
    digits = number.strip().removeprefix("+")
    if not digits.isascii() or not digits.isdigit() or len(digits) > _SHORT + 3:
        return False
    if len(digits) <= _SHORT and any(
        shortnumberinfo.is_emergency_number(digits, region) for region in shortnumberinfo.SUPPORTED_SHORT_REGIONS
    ):
        return True
    return any(
        shortnumberinfo.is_emergency_number(digits[size:], region)
        for size in (1, 2, 3)
        if digits[:size] and len(digits) > size
        for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:size]), ())
    )


def refusal(number: str, countries: Collection[str] = ()) -> str | None:
    """Why a well-formed number may not be called, or None if it may.

    `countries` are ISO 3166 codes of two letters; empty allows all of them.
    """
    if is_emergency(number):
        return "expected a number other than an emergency number"
    parsed = phonenumbers.parse(number)
    if phonenumbers.number_type(parsed) == PhoneNumberType.PREMIUM_RATE:
        return "expected a number other than a premium-rate number"
    if countries and _region(parsed) not in countries:
        return "expected a number in a country that VOICE_WORKER_ALLOWED_COUNTRIES lists"
    return None


def _region(number: phonenumbers.PhoneNumber) -> str:
    """Country of a number; where several share its code and the number is unassigned, the code's main one."""
    region = phonenumbers.region_code_for_number(number)
    return region or phonenumbers.region_code_for_country_code(number.country_code or 0)
