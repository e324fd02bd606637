"""Example tools: the web services that the example assistants' custom tools call. Their answers never change."""

import asyncio
import hashlib
import json
import re
from datetime import date
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from agent.standins.calls import CALLS, Call, refusal

_HOURS = ("09:00", "09:30", "10:00", "10:30", "11:00", "14:00", "14:30", "15:00", "15:30", "16:00")
_STATES = ("received", "packed", "shipped", "delivered")
_OBJECT: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
_CREDENTIAL = re.compile("auth|cookie|key|secret|token", re.IGNORECASE)
"""Found in the names of headers that carry one."""


def routes() -> list[web.RouteDef]:
    """Under the path that a line's tools are served from."""
    return [
        web.get("/{token}/tools/slots", _slots),
        web.post("/{token}/tools/bookings", _bookings),
        web.get("/{token}/tools/orders/{id}", _order),
        web.route("*", "/{token}/tools/echo", _echo),
    ]


async def _slow(http: web.Request) -> Call:
    call = http.app[CALLS].of(http)
    await asyncio.sleep(call.config.latency.tool_ms / 1000)
    return call


async def _slots(http: web.Request) -> web.Response:
    """Free times of a day, three to five of them; none at the weekend."""
    await _slow(http)
    try:
        day = date.fromisoformat(http.query.get("day", ""))
    except ValueError:
        raise refusal(web.HTTPBadRequest, "`day` must be a date such as 2026-01-31.") from None
    free: list[str] = []
    if day.weekday() < 5:
        draw = _draw("slots", day.isoformat())
        free = [hour for index, hour in enumerate(_HOURS) if draw >> index & 1][:5] or list(_HOURS[:3])
    return web.json_response({"day": day.isoformat(), "slots": free})


async def _bookings(http: web.Request) -> web.Response:
    """Any JSON object is booked; the answer holds it."""
    await _slow(http)
    try:
        wanted = _OBJECT.validate_json(await http.read())
    except ValidationError:
        raise refusal(web.HTTPBadRequest, "The body must be a JSON object.") from None
    reference = f"BK-{_draw('booking', json.dumps(wanted, sort_keys=True)) % 100_000:05d}"
    return web.json_response({"confirmed": True, "reference": reference, "booking": wanted}, status=201)


async def _order(http: web.Request) -> web.Response:
    """An order whose number holds a digit exists."""
    await _slow(http)
    number = http.match_info["id"]
    if not any(character.isdigit() for character in number):
        raise refusal(web.HTTPNotFound, "There is no order with this number.")
    draw = _draw("order", number)
    state = _STATES[draw % len(_STATES)]
    return web.json_response(
        {"id": number, "status": state, "items": 1 + draw // 7 % 4, "delivery_days": draw // 31 % 6}
    )


async def _echo(http: web.Request) -> web.Response:
    """What was asked: method, query, headers, and the body as text. The answer is reported, so credentials are not."""
    await _slow(http)
    return web.json_response(
        {
            "method": http.method,
            "query": [[key, value] for key, value in http.query.items()],
            "headers": {
                key.lower(): "(hidden)" if _CREDENTIAL.search(key) else value for key, value in http.headers.items()
            },
            "body": await http.text(),
        }
    )


def _draw(kind: str, value: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{kind} {value}".encode()).digest()[:4], "big")
