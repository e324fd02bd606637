import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent import settings
from agent.check import check
from agent.dispatch.order import Order, order
from agent.problems import InputInvalid

SECRET = "whsec_c2VjcmV0IHNlY3JldA=="
LEAST: dict[str, Any] = {"call_id": "c", "attempt_id": "a", "to_phone_number": "+33612345678", "assistant": {}}
OWN = {"url": "http://127.0.0.1:1/", "secret": "whsec_b3du"}


def ordered(folder: Path, raw: object, **variables: str) -> Order:
    path = folder / "x.json"
    path.write_text(json.dumps(raw))
    given = settings.of(variables)
    [verdict] = check([path], given, datetime(2026, 3, 9, tzinfo=UTC))
    return order(path, verdict, given)


def complaint(folder: Path, raw: object) -> str:
    with pytest.raises(InputInvalid) as raised:
        ordered(folder, raw).metadata(OWN)
    return "\n".join(raised.value.lines()).replace(f"{folder / 'x.json'}: ", "")


def test_the_attempt_goes_out_as_it_is_written_but_for_its_callback(tmp_path: Path) -> None:
    model = {"type": "custom", "api_url": "https://example.com/v1", "api_key": "sk-1", "model_name": "m"}
    raw = {**LEAST, "callback": {"url": "https://example.com/", "secret": SECRET}, "llm_model": model, "é": None}
    made = ordered(tmp_path, raw, VOICE_WORKER_AGENT_NAME="mine")
    assert (made.attempt_id, made.room, made.agent) == ("a", "attempt-a", "mine")
    assert json.loads(made.metadata(OWN)) == {**raw, "callback": OWN}
    assert "sk-1" not in repr(made) and "c2Vj" not in repr(made)


def test_the_events_go_on_to_where_they_would_have_gone(tmp_path: Path) -> None:
    made = ordered(tmp_path, {**LEAST, "callback": {"url": "https://example.com/", "secret": SECRET}})
    assert made.to is not None and (made.to.url, made.to.key, made.to.is_schedulers) == (
        "https://example.com/",
        b"secret secret",
        True,
    )
    made = ordered(
        tmp_path, {**LEAST, "assistant": {"webhook_url": "https://example.com/w"}}, VOICE_WORKER_CALLBACK_SECRET=SECRET
    )
    assert made.to is not None and (made.to.url, made.to.key, made.to.is_schedulers) == (
        "https://example.com/w",
        b"secret secret",
        False,
    )
    assert ordered(tmp_path, LEAST).to is None


def test_what_cannot_be_dialled_is_said(tmp_path: Path) -> None:
    said = complaint(tmp_path, {**LEAST, "to_phone_number": "12", "assistant": {"prompt": "{{nobody}}"}})
    assert "to_phone_number: expected" in said and "assistant.prompt: expected a value" in said
    assert complaint(tmp_path, {"prompt": "x"}) == "expected an attempt, not an assistant alone"
    assert complaint(tmp_path, {**LEAST, "direction": "inbound"}).startswith("direction: expected outbound")


def test_what_livekit_does_not_carry_is_refused(tmp_path: Path) -> None:
    assert complaint(tmp_path, {**LEAST, "metadata": {"x": "é" * 300_000}}) == (
        "expected at most 512 KiB, which LiveKit carries"
    )
