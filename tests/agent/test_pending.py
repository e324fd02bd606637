from pydantic import JsonValue

from agent.models.assistant import Assistant
from agent.models.attempt import Attempt
from agent.models.parsing import parse
from agent.pending import pending

LEAST: dict[str, JsonValue] = {"call_id": "c", "attempt_id": "a", "to_phone_number": "+33612345678"}


def warnings(assistant: dict[str, JsonValue], **fields: JsonValue) -> list[str]:
    attempt = parse(Attempt, {**LEAST, "assistant": assistant, **fields}).valid()
    return list(pending(attempt, attempt.assistant or Assistant(), "assistant"))


def test_a_field_that_does_nothing_yet_is_named() -> None:
    assert warnings({"voicemail_message": "Call us.", "ivr_navigation_enabled": True}) == [
        "assistant.ivr_navigation_enabled does nothing yet",
        "assistant.voicemail_message does nothing yet",
    ]
    given = warnings({}, callback={"url": "https://x.example"}, recording={"upload_url": "https://x.example/put"})
    assert given == ["recording.upload_url does nothing yet"]


def test_a_field_that_is_absent_null_or_at_its_default_is_not() -> None:
    assert warnings({}) == []
    assert warnings({"transfer_phone_number": None, "sms_enabled": False, "faq_items": []}) == []
