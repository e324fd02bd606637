"""From an attempt to the plan of its call: every choice made, every variable filled in, nothing left to look up."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from agent import variables
from agent.locale import Locale, locale_of
from agent.models.assistant import Assistant, CustomTool
from agent.models.attempt import Attempt
from agent.numbers import refusal
from agent.pending import pending
from agent.plan import Clip, Endpointing, Opening, Patience, Plan, SipPlan, Sounds
from agent.problems import ErrorCode, InputInvalid, Problem
from agent.providers import Providers
from agent.selection import Findings, Heard, model_of, own_voice, recogniser_of, reserve_of, voice_of
from agent.settings import Settings
from tools.custom import CustomTool as Tool
from tools.custom import ToolInput
from tools.request import body_is_sound

_REFUSED_TYPES = ("multi-step", "sub-assistant")
_GREETING = "Greet the person who has just answered and say who you are and why you call."


@dataclass(frozen=True, slots=True)
class Examined:
    """What becomes of an attempt."""

    plan: Plan
    """Fit to be conducted only if there are no problems. Its own warnings are not filled in."""
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]


def prepare(attempt: Attempt, assistant: Assistant, settings: Settings, providers: Providers, now: datetime) -> Plan:
    """The plan of the call.

    `assistant` is the attempt's own, or what its `assistant_url` gave. `now` is aware. Raises `InputInvalid` with
    every problem. The first call in a process may load a language model, which takes about half a second.
    """
    examined = examine(attempt, assistant, settings, providers, now, locale_of(attempt, assistant, settings))
    problems = (*_unidentified(attempt), *examined.problems)
    if problems:
        raise InputInvalid(problems)
    return replace(examined.plan, warnings=examined.warnings)


def examine(
    attempt: Attempt,
    assistant: Assistant,
    settings: Settings,
    providers: Providers,
    now: datetime,
    locale: Locale,
    within: str = "assistant",
) -> Examined:
    """Prepare an attempt and keep what is found. `within` is the path the assistant stands at, empty for the top."""
    found = Findings()
    callee_number, own_number = _numbers(attempt, assistant)
    values = variables.common(
        attempt.prompt_variables,
        direction=attempt.direction,
        user_number=callee_number,
        agent_number=own_number,
        call_id=attempt.call_id or "",
        timezone=locale.timezone,
        now=now,
    )
    filled, unresolved = variables.resolve(assistant, values, attempt.prompt_variables, within)
    path = f"{within}." if within else ""
    found.problems += _unsupported(assistant, path)
    found.problems += _unsound(assistant, path)
    found.problems += _refused(attempt, assistant, path, settings)
    found.problems += [missing.problem() for missing in unresolved]
    plan = _plan(attempt, filled, _Setup(settings, providers, locale, path), found)
    found.warnings += pending(attempt, assistant, within)
    return Examined(plan, tuple(found.problems), tuple(found.warnings))


@dataclass(frozen=True, slots=True)
class _Setup:
    """What a plan is made with, beside the attempt."""

    settings: Settings
    providers: Providers
    locale: Locale
    path: str
    """Prefix of the assistant's fields."""


def _plan(attempt: Attempt, assistant: Assistant, setup: _Setup, found: Findings) -> Plan:
    settings, providers, locale, path = setup.settings, setup.providers, setup.locale, setup.path
    callee_number, own_number = _numbers(attempt, assistant)
    chosen = attempt.llm_model or assistant.llm_model
    model = model_of(chosen, settings, providers.llm, found)
    own = own_voice(model, settings, providers.tts, found)
    heard = Heard(settings, locale.language, providers.stt)
    return Plan(
        attempt_id=attempt.attempt_id or "",
        call_id=attempt.call_id or "",
        attempt_number=attempt.attempt_number,
        direction=attempt.direction,
        callee_number=callee_number,
        agent_number=own_number,
        assistant_id=assistant.id,
        organization_id=attempt.organization_id,
        campaign=attempt.campaign.model_dump() if attempt.campaign else None,
        metadata=attempt.metadata,
        language=locale.language,
        timezone=locale.timezone,
        prompt=assistant.prompt,
        model=model,
        voice=own or voice_of(assistant, settings, providers.tts, found),
        recogniser=recogniser_of(assistant, path, heard, found),
        reserve=reserve_of(assistant, model, heard, providers, found),
        opening=_opening(attempt, assistant, path, found),
        goodbye=assistant.end_of_call_sentence.strip() or None,
        limit_message=assistant.max_duration_end_message.strip() or None,
        tools=tuple(_tool(tool) for tool in assistant.custom_tools),
        variables=attempt.prompt_variables,
        patience=Patience(
            ringing=attempt.sip.ringing_timeout_secs,
            limit=assistant.max_call_duration_secs,
            silences=settings.inactivity_secs,
            wordless=settings.wordless_secs,
            reply=settings.reply_secs,
        ),
        sounds=_sounds(assistant),
        endpointing=Endpointing(longest=settings.endpointing_secs, speech_ahead=settings.speech_ahead),
        report_prompt=settings.report_prompt,
        sip=SipPlan(attempt.sip.trunk_id or settings.sip_trunk_id, attempt.sip.headers),
        recorded=_recorded(attempt, settings),
        final_url=assistant.webhook_url if attempt.callback is None or attempt.callback.url is None else None,
    )


def _sounds(assistant: Assistant) -> Sounds:
    return Sounds(
        background=_clip(assistant.background_sound, assistant.background_sound_volume),
        thinking=_clip(assistant.thinking_sound, assistant.thinking_sound_volume),
        thinking_probability=assistant.thinking_sound_probability,
    )


def _clip(name: str | None, volume: float) -> Clip | None:
    return Clip(name, volume) if name is not None and volume > 0 else None


def _recorded(attempt: Attempt, settings: Settings) -> bool:
    chosen = attempt.recording.enabled if attempt.recording is not None else None
    return settings.recording if chosen is None else chosen


def _numbers(attempt: Attempt, assistant: Assistant) -> tuple[str, str | None]:
    """The callee's number, empty if a caller withheld it, and the agent's, if it is known."""
    if attempt.direction == "inbound":
        return attempt.from_phone_number or "", attempt.to_phone_number
    return attempt.to_phone_number or "", attempt.from_phone_number or assistant.from_phone_number


def _unidentified(attempt: Attempt) -> Iterator[Problem]:
    for name in ("call_id", "attempt_id"):
        if getattr(attempt, name) is None:
            yield Problem(name, "expected a value: here is no SIP call to take it from")


def _unsupported(assistant: Assistant, path: str) -> Iterator[Problem]:
    if assistant.type in _REFUSED_TYPES:
        yield Problem(
            f"{path}type",
            f"expected an assistant that stands alone, not one that is {' or '.join(_REFUSED_TYPES)}",
            ErrorCode.UNSUPPORTED_ASSISTANT_TYPE,
        )


def _unsound(assistant: Assistant, path: str) -> Iterator[Problem]:
    """Bodies of custom tools that no values could make complete."""
    for index, tool in enumerate(assistant.custom_tools):
        if not body_is_sound(_tool(tool)):
            expected = "expected JSON, with placeholders as values or within strings"
            yield Problem(f"{path}custom_tools[{index}].body_template", expected)


def _refused(attempt: Attempt, assistant: Assistant, path: str, settings: Settings) -> Iterator[Problem]:
    """Numbers that this call would dial, now or by transfer, and may not."""
    dialled = {
        "to_phone_number": attempt.to_phone_number if attempt.direction == "outbound" else None,
        f"{path}transfer_phone_number": assistant.transfer_phone_number,
    }
    for index, destination in enumerate(assistant.transfer_destinations):
        dialled[f"{path}transfer_destinations[{index}].phone_number"] = destination.phone_number
    for place, number in dialled.items():
        reason = refusal(number, settings.allowed_countries) if number is not None else None
        if reason is not None:
            yield Problem(place, reason, ErrorCode.NUMBER_NOT_ALLOWED)


def _opening(attempt: Attempt, assistant: Assistant, path: str, found: Findings) -> Opening:
    delayed = attempt.first_sentence_delay_ms
    delay = max(0, assistant.first_sentence_delay_ms if delayed is None else delayed) / 1000
    text = assistant.first_sentence.strip()
    mode = assistant.first_sentence_mode or ("static" if text else "none")
    if mode == "static" and not text:
        found.warnings.append(f"{path}first_sentence is empty, so the callee speaks first")
        mode = "none"
    match mode:
        case "static":
            return Opening("static", assistant.first_sentence, delay)
        case "generated":
            return Opening("generated", text or _GREETING, delay)
        case "none":
            return Opening("none", "", delay)
        case _:
            assert_never(mode)


def _tool(tool: CustomTool) -> Tool:
    return Tool(
        name=tool.name,
        description=tool.description,
        method=tool.method,
        url=tool.url,
        headers=tuple((pair.key, pair.value) for pair in tool.headers),
        query_params=tuple((pair.key, pair.value) for pair in tool.query_params),
        body_template=tool.body_template,
        inputs=tuple(
            ToolInput(entry.name, entry.type, entry.required, entry.description, entry.enum_options)
            for entry in tool.input_schema
        ),
    )
