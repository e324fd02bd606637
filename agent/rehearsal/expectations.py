"""What a line file expects of a call, and which expectations cannot both hold. Pure.

`agent.rehearsal.verdicts` says whether a call was as expected.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, model_validator

from agent.models.report import DialError, EndedBy, EndReason, Result, Status
from agent.problems import ErrorCode
from agent.rehearsal.fields import Section, listed, pattern
from agent.rehearsal.matching import covers, folded, includes, is_pattern

END_CALL = "end_call"
"""The worker's own tool that hangs up."""


def _phrase(value: str) -> str:
    if is_pattern(value):
        pattern(value[1:-1])
    elif not folded(value):
        raise ValueError("expected a phrase with words in it")
    return value


def _argument(value: JsonValue) -> JsonValue:
    match value:
        case str() if is_pattern(value):
            pattern(value[1:-1])
        case dict():
            for each in value.values():
                _argument(each)
        case list():
            for each in value:
                _argument(each)
        case _:
            pass
    return value


Phrase = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_phrase)]
"""Words, or a regular expression between slashes: see `agent.rehearsal.matching`."""
Phrases = Annotated[tuple[Phrase, ...], BeforeValidator(listed, json_schema_input_type=Phrase | list[Phrase])]
Arguments = dict[str, Annotated[JsonValue, AfterValidator(_argument)]]

E = TypeVar("E", bound=StrEnum)


def _any_of(kind: type[E]) -> Callable[[Any], tuple[E, ...]]:
    """One of some values, or a list of those that are all right."""
    known = [member.value for member in kind]

    def widen(value: Any) -> tuple[E, ...]:
        values = listed(value)
        if not values or not all(isinstance(each, str) and each in known for each in values):
            raise ValueError(f"expected {', '.join(known[:-1])} or {known[-1]}, or a list of some of them")
        return tuple(map(kind, values))

    return widen


class Over(StrEnum):
    """How an attempt that is over stands."""

    COMPLETED = Status.COMPLETED.value
    ERROR = Status.ERROR.value


class Count(Section):
    """How often; the short form is the exact number."""

    short: ClassVar[Mapping[str, JsonValue]] = {"type": "integer", "minimum": 0}

    at_least: Annotated[int, Field(ge=0)] | None = None
    """So often or more."""
    at_most: Annotated[int, Field(ge=0)] | None = None
    """So often or less."""

    @classmethod
    def lengthened(cls, value: Any) -> Any:
        """As `Section.lengthened`."""
        if isinstance(value, int) and not isinstance(value, bool):
            return {"at_least": value, "at_most": value}
        return _object(value, "a whole number, or at_least, at_most or both")

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        _check_range(self.at_least, self.at_most)
        return self

    def holds(self, number: int) -> bool:
        """Whether so many are all right."""
        return _within(self.at_least, number, self.at_most)

    def __str__(self) -> str:
        return _ranged(self.at_least, self.at_most)


class Span(Section):
    """How many seconds."""

    at_least: Annotated[float, Field(ge=0)] | None = None
    """So many seconds or more."""
    at_most: Annotated[float, Field(ge=0)] | None = None
    """So many seconds or less."""

    @classmethod
    def lengthened(cls, value: Any) -> Any:
        """As `Section.lengthened`."""
        return _object(value, "at_least, at_most or both")

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        _check_range(self.at_least, self.at_most)
        return self

    def holds(self, seconds: float) -> bool:
        """Whether so many seconds are all right."""
        return _within(self.at_least, seconds, self.at_most)

    def __str__(self) -> str:
        return _ranged(self.at_least, self.at_most)


def _object(value: Any, what: str) -> Any:
    if isinstance(value, dict):
        return value
    raise ValueError(f"expected {what}")


def _check_range(low: float | None, high: float | None) -> None:
    if low is None and high is None:
        raise ValueError("expected at_least, at_most or both")
    if low is not None and high is not None and low > high:
        raise ValueError(beside("at_least", "at_most"))


def _within(low: float | None, value: float, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _ranged(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    if high is None:
        return f"at least {low:g}"
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


class ToolCall(Section):
    """A call of a tool; the short form is its name alone."""

    short: ClassVar[Mapping[str, JsonValue]] = {"type": "string", "minLength": 1, "maxLength": 100}

    tool: Annotated[str, Field(min_length=1, max_length=100)]
    """Its name; the worker's own, such as `end_call`, too."""
    arguments: Arguments = Field(default_factory=dict)
    """Those that count; others are let be unless `only` says otherwise."""
    only: bool = False
    """No other arguments than these were given."""
    failed: bool | None = None
    """Whether the tool failed; None: it does not matter."""

    @classmethod
    def lengthened(cls, value: Any) -> Any:
        """As `Section.lengthened`."""
        return {"tool": value} if isinstance(value, str) else value

    def includes(self, other: "ToolCall") -> bool:
        """Whether every call that is as the other says is as this says, as far as that can be told."""
        return (
            self.tool == other.tool
            and includes(self.arguments, other.arguments)
            and self.failed in (None, other.failed)
            and (not self.only or (other.only and self.arguments.keys() == other.arguments.keys()))
        )


class ToolCalls(ToolCall):
    """Calls of a tool."""

    times: Count = Count(at_least=1)
    """How often: an exact number, or `at_least` and `at_most`. Default: once or more."""

    @model_validator(mode="after")
    def _is_called(self) -> Self:
        if self.times.at_most == 0:
            raise ValueError("expected times to be more than 0, or else the tool in never_calls")
        return self

    @property
    def least(self) -> int:
        """So often it must be called at the least."""
        return 1 if self.times.at_least is None else self.times.at_least


class Answers(Section):
    """How soon the agent is heard after the callee's turns; the short form is `each`."""

    short: ClassVar[Mapping[str, JsonValue]] = {"type": "number", "exclusiveMinimum": 0, "maximum": 3600}

    each: Annotated[float, Field(gt=0, le=3600)] | None = None
    """Seconds, of the slowest."""
    median: Annotated[float, Field(gt=0, le=3600)] | None = None
    """Seconds, of half of them."""

    @classmethod
    def lengthened(cls, value: Any) -> Any:
        """As `Section.lengthened`."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return {"each": value}
        return _object(value, "a number of seconds, or each, median or both")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.each is None and self.median is None:
            raise ValueError("expected each, median or both")
        return self


class Expectations(Section):
    """What must have happened when a call is over; what is not given does not matter."""

    status: Annotated[tuple[Over, ...], BeforeValidator(_any_of(Over), json_schema_input_type=Over | list[Over])] = ()
    """How the attempt stands, or a list of what is all right, as the next five."""
    dial_error: Annotated[
        tuple[DialError, ...], BeforeValidator(_any_of(DialError), json_schema_input_type=DialError | list[DialError])
    ] = ()
    """Why the dial ended without an answer."""
    error: Annotated[
        tuple[ErrorCode, ...], BeforeValidator(_any_of(ErrorCode), json_schema_input_type=ErrorCode | list[ErrorCode])
    ] = ()
    """The code of the attempt's error."""
    result: Annotated[
        tuple[Result, ...], BeforeValidator(_any_of(Result), json_schema_input_type=Result | list[Result])
    ] = ()
    """Who or what answered."""
    ended_by: Annotated[
        tuple[EndedBy, ...], BeforeValidator(_any_of(EndedBy), json_schema_input_type=EndedBy | list[EndedBy])
    ] = ()
    """Who ended the call."""
    end_reason: Annotated[
        tuple[EndReason, ...], BeforeValidator(_any_of(EndReason), json_schema_input_type=EndReason | list[EndReason])
    ] = ()
    """Why the call ended."""
    says: Phrases = ()
    """What the agent said, as far as it was heard."""
    never_says: Phrases = ()
    """What the agent did not say."""
    hears: Phrases = ()
    """What the callee said, as the recogniser understood it."""
    calls: Annotated[
        tuple[ToolCalls, ...], BeforeValidator(listed, json_schema_input_type=ToolCalls | list[ToolCalls])
    ] = ()
    """A tool that was called: its name, or an object; or a list, in which each must hold."""
    never_calls: Annotated[
        tuple[ToolCall, ...], BeforeValidator(listed, json_schema_input_type=ToolCall | list[ToolCall])
    ] = ()
    """A tool that was not called like that: its name, or an object; or a list."""
    answers_within: Answers | None = None
    """Seconds from the end of each of the callee's turns to the agent's first sound, or an object."""
    never_silent_for: Annotated[float, Field(gt=0, le=3600)] | None = None
    """Seconds in which neither side is heard."""
    turns: Count | None = None
    """Turns of the callee's that the agent took."""
    lasts: Span | None = None
    """Seconds from the answer to the end."""

    @model_validator(mode="after")
    def _can_hold(self) -> Self:
        found = list(_contradictions(self))
        if found:
            raise ValueError("; ".join(found))
        return self

    def of_an_answer(self) -> tuple[str, ...]:
        """The fields that expect something only an answered call has."""
        wanted = {
            "status": self.status == (Over.COMPLETED,),
            "result": bool(self.result),
            "ended_by": bool(self.ended_by) and EndedBy.SYSTEM not in self.ended_by,
            "end_reason": bool(self.end_reason) and _UNANSWERED.isdisjoint(self.end_reason),
            "says": bool(self.says),
            "hears": bool(self.hears),
            "calls": bool(self.calls),
            "answers_within": self.answers_within is not None,
            "turns": self.turns is not None and bool(self.turns.at_least),
            "lasts": self.lasts is not None and bool(self.lasts.at_least),
        }
        return tuple(name for name, needed in wanted.items() if needed)


def beside(one: str, other: str, why: str = "") -> str:
    """The sentence about two fields that cannot both hold."""
    return f"expected no contradiction, but {one} and {other} contradict each other" + (f": {why}" if why else "")


_UNANSWERED = frozenset({EndReason.USER_REJECTED, EndReason.USER_UNAVAILABLE})
_ENDERS = {
    EndReason.TOOL_END_CALL: EndedBy.AGENT,
    EndReason.CLIENT_INITIATED: EndedBy.USER,
    EndReason.MAX_DURATION: EndedBy.SYSTEM,
    EndReason.USER_INACTIVE: EndedBy.SYSTEM,
    EndReason.USER_REJECTED: EndedBy.SYSTEM,
    EndReason.USER_UNAVAILABLE: EndedBy.SYSTEM,
    EndReason.CONNECTION_TIMEOUT: EndedBy.SYSTEM,
    EndReason.PARTICIPANT_REMOVED: EndedBy.SYSTEM,
}
"""Who ends a call that ends for a reason; a reason that is not here leaves it open."""


def _contradictions(expect: Expectations) -> Iterator[str]:
    yield from _phrases(expect)
    yield from _tools(expect)
    yield from _endings(expect)
    yield from _answer(expect)
    yield from _turns(expect)


def _phrases(expect: Expectations) -> Iterator[str]:
    for index, said in enumerate(expect.says):
        for other, unsaid in enumerate(expect.never_says):
            if covers(unsaid, said):
                yield beside(f"says[{index}]", f"never_says[{other}]")


def _tools(expect: Expectations) -> Iterator[str]:
    for index, called in enumerate(expect.calls):
        for other, uncalled in enumerate(expect.never_calls):
            if called.least and uncalled.includes(called):
                yield beside(f"calls[{index}]", f"never_calls[{other}]")
    if expect.end_reason == (EndReason.TOOL_END_CALL,):
        for other, uncalled in enumerate(expect.never_calls):
            if uncalled.includes(ToolCall(tool=END_CALL)):
                yield beside("end_reason", f"never_calls[{other}]")


def _endings(expect: Expectations) -> Iterator[str]:
    if expect.ended_by and expect.end_reason:
        possible = (_ENDERS[reason] if reason in _ENDERS else None for reason in expect.end_reason)
        if not any(who is None or who in expect.ended_by for who in possible):
            yield beside("ended_by", "end_reason")
    if expect.status == (Over.COMPLETED,):
        for name in ("dial_error", "error"):
            if getattr(expect, name):
                yield beside("status", name)
    if expect.dial_error and expect.error and ErrorCode.DIAL_ERROR not in expect.error:
        yield beside("dial_error", "error")


def _answer(expect: Expectations) -> Iterator[str]:
    """A call that nobody answered has none of what only an answered one has."""
    unanswered = {
        "dial_error": bool(expect.dial_error),
        "error": expect.error == (ErrorCode.DIAL_ERROR,),
        "end_reason": bool(expect.end_reason) and _UNANSWERED.issuperset(expect.end_reason),
    }
    name = next((name for name, given in unanswered.items() if given), None)
    if name is not None:
        told = {"ended_by", "end_reason"} if name == "end_reason" else {"status"}
        for field in expect.of_an_answer():
            if field not in told:
                yield beside(name, field, "only a call that was answered has it")


def _turns(expect: Expectations) -> Iterator[str]:
    if expect.turns is None or expect.turns.at_most != 0:
        return
    needing: Iterable[tuple[str, bool]] = (
        ("calls", any(called.least for called in expect.calls)),
        ("answers_within", expect.answers_within is not None),
        ("result", expect.result == (Result.HUMAN,)),
    )
    for name, given in needing:
        if given:
            yield beside("turns", name, "it takes a turn of the callee's")
