"""Figures in words, as the page shows them."""

import json
from datetime import UTC, datetime

from pydantic import JsonValue


def clock(seconds: float, *, tenths: bool = False) -> str:
    """A moment of the call: `1:05`, `1:05.3` with `tenths`, `−0:02` before the answer."""
    sign = "−" if seconds < 0 else ""
    counted = int(abs(seconds) * 10)
    minutes, rest = divmod(counted // 10, 60)
    hours, minutes = divmod(minutes, 60)
    whole = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return f"{sign}{whole}.{counted % 10}" if tenths else f"{sign}{whole}"


def lasting(seconds: float) -> str:
    """How long something took: `45 ms`, `0.45 s`, `12.3 s`, `2 min 5 s`."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds >= 119.95:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest} s"
    return f"{seconds:.1f} s" if seconds >= 0.95 else f"{seconds:.2f} s"


def milliseconds(figure: float) -> str:
    """A latency: `1,240 ms`."""
    return f"{figure:,.0f} ms"


def day(moment: datetime) -> str:
    """A date and a time: `21 November 2026, 11:09:42 UTC`."""
    at = moment.astimezone(UTC)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M:%S} UTC"


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def plain(name: str) -> str:
    """A name of the contract as words: `tool_end_call` is `tool end call`."""
    return name.replace("_", " ").replace("-", " ")


def pretty(value: JsonValue) -> str:
    """A value as text: itself where it is text, else JSON that can be read."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def counted(number: int, one: str, many: str | None = None) -> str:
    """So many things: `1 turn`, `2 turns`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
