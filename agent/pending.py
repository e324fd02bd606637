"""Fields that are read and checked and do nothing yet."""

from collections.abc import Iterator

from agent.models.assistant import Assistant
from agent.models.attempt import Attempt, Recording
from agent.models.section import Section

_ASSISTANT = (
    "ivr_navigation_enabled",
    "voicemail_message",
    "voicemail_sms_prompt",
    "after_call_sms_prompt",
    "after_call_sms_outcomes",
    "sms_enabled",
    "sms_template",
    "calendly",
    "transfer_destinations",
    "transfer_phone_number",
    "human_transfer_mode",
    "warm_transfer_summary_instructions",
    "faq_items",
    "structured_output_config",
    "structured_output_prompt",
    "email_notification_address",
    "email_notification_outcomes",
)
_RECORDING = ("upload_url",)
PENDING: dict[type[Section], tuple[str, ...]] = {Assistant: _ASSISTANT, Recording: _RECORDING}
"""Their names, by where they stand."""


def pending(attempt: Attempt, assistant: Assistant, within: str) -> Iterator[str]:
    """A warning for each such field that is set. `within` is the path the assistant stands at."""
    places = (
        *(f"{within}.{name}" if within else name for name in _set(assistant, _ASSISTANT)),
        *(f"recording.{name}" for name in _set(attempt.recording or Recording(), _RECORDING)),
    )
    return (f"{place} does nothing yet" for place in places)


def _set(section: Section, names: tuple[str, ...]) -> Iterator[str]:
    fields = type(section).model_fields
    return (name for name in names if getattr(section, name) != fields[name].get_default(call_default_factory=True))
