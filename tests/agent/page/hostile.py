"""A call in which every text that comes from outside tries to become part of the page."""

import dataclasses
from pathlib import Path
from typing import Any, get_args, get_origin

from agent import events as e
from agent.journal import encode
from agent.models.report import Attempt
from agent.report import fold
from tests.agent.page.folders import recorded, sides
from tests.agent.recorded import CALL, at

HOSTILE = (
    "</script></style></title></pre>--><script>window.pwned=1</script><img src=x onerror=window.pwned=1>"
    "<svg onload=window.pwned=1>\"'` autofocus onfocus=window.pwned=1 x=\" {{ 7*'7' }} {% raw %} &lt;b&gt; ]]> "
    "javascript:window.pwned=1 \x00\x1b[31m\u202e\u2028\ufeff"
)


def _replaced(value: Any, text: str, kept: frozenset[str] = frozenset()) -> Any:
    """The value with every text in it replaced, but for texts that a model takes from a closed set."""
    match value:
        case dict():
            return {name: entry if name in kept else _replaced(entry, text, kept) for name, entry in value.items()}
        case list() | tuple():
            return [_replaced(entry, text, kept) for entry in value]
        case str():
            return text
        case _:
            return value


_CLOSED = frozenset(
    {"role", "speaker", "started_at", "answered_at", "ended_at", "status", "dial_error", "result", "ended_by"}
    | {"end_reason", "outcome", "code", "direction", "voicemail_delivered", "type", "provider", "created_at"}
)


def report(text: str = HOSTILE) -> Attempt:
    """A report of which every field that is free text is this one."""
    raw = fold(CALL).model_dump(mode="json")
    raw["structured_output"] = {text: [text]}
    raw["outcome_summary"] = raw["recording_url"] = "x"
    raw["error"] = {"code": "internal_error", "message": "x"}
    sent = {"provider": "twilio", "provider_message_id": "x", "created_at": "2026-03-09T14:00:00Z"}
    raw["sms_log"] = [{"id": "x", "type": "after_call", "to_phone_number": "x", "message_body": "x", **sent}]
    mail = {"id": "x", "created_at": "2026-03-09T14:00:00Z", "from_address": "x", "subject": "x", "to_emails": ["x"]}
    raw["email_log"] = [mail]
    raw["details"] |= {"sip": {"code": 486, "text": "x"}, "evidence": ["x"], "unanswered_questions": ["x"], "more": "x"}
    for event in raw["speech_events"]:
        event["llm_system_prompt"] = event["llm_winner_model"] = "x"
    raw["details"][text] = {text: text}
    return Attempt.model_validate(_replaced(raw, text, _CLOSED))


def events(text: str = HOSTILE) -> tuple[e.Event, ...]:
    """A journal whose every text is this one."""
    kept = (*CALL[:-4], e.Failed(at=at(11.1), code="x", message="x"), *CALL[-4:])
    return tuple(dataclasses.replace(event, **_texts(event, text)) for event in kept)


def _texts(event: e.Event, text: str) -> dict[str, Any]:
    if isinstance(event, e.Ended):
        return {"error_code": "internal_error", "error_message": text}
    free = (field for field in dataclasses.fields(event) if field.name not in ("utc", "at"))
    return {
        field.name: _replaced(value, text)
        for field in free
        if isinstance(value := getattr(event, field.name), str | dict | tuple) and not _is_closed(field.type)
    }


def _is_closed(kind: Any) -> bool:
    """Whether a field takes only some texts."""
    return get_origin(kind) is not None and all(isinstance(one, str) for one in get_args(kind))


def written(folder: Path) -> Path:
    """The call's folder."""
    folder.mkdir(parents=True)
    (folder / "attempt.json").write_text(report().model_dump_json(), encoding="utf-8")
    (folder / "events.jsonl").write_text("".join(encode(event) + "\n" for event in events()), encoding="utf-8")
    recorded(folder / "audio.ogg", *sides(fold(CALL), 11.2))
    return folder
