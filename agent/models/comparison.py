"""What came of a comparison of two assistants, as `compare --json` prints it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Interval(_Part):
    """A figure and, 95 times of 100, what it may be instead."""

    value: float
    """As the runs have it."""
    low: float
    """The least it may be."""
    high: float
    """The most it may be."""


class Waits(_Part):
    """Milliseconds from the end of the callee's voice to the agent's."""

    replies: int
    """That were measured."""
    median: float | None
    """null without a reply, as the next."""
    p95: float | None
    """What 95 % of the replies were quicker than."""


class PerCall(_Part):
    """The mean of the calls that were answered."""

    seconds: float
    """From the answer to the end."""
    agent_turns: float
    """How often the agent had the word."""
    agent_words: float
    """That were heard of the agent."""
    llm_input_tokens: float
    """Tokens the model read."""
    llm_output_tokens: float
    """Tokens the model wrote."""
    tts_characters: float
    """Characters spoken."""
    stt_secs: float
    """Sound recognised."""
    cost: float | None
    """Of the model's tokens, in the currency of `VOICE_WORKER_PRICES`; null where those do not know the model."""


class Worst(_Part):
    """The expectation that failed most."""

    expectation: str
    """In words."""
    runs: int
    """In so many it failed."""


class Measure(_Part):
    """One side, on one line or on all."""

    runs: int
    """That were judged."""
    passed: int
    """Of those."""
    rate: Interval | None
    """Share of the runs that passed, from 0 to 1; null without a run."""
    errors: int
    """Runs that could not be conducted."""
    voice_to_voice_ms: Waits
    """How long the callee waited for replies."""
    answered: int
    """Calls that were."""
    per_call: PerCall | None
    """null without a call that was answered."""
    ends: dict[str, int]
    """How often the calls ended for which reason."""
    fails_most: Worst | None
    """null where everything came as expected."""


class Ends(_Part):
    """How often the calls of either side ended so."""

    a: int
    """Of A's."""
    b: int
    """Of B's."""


class Versus(_Part):
    """Both sides, on one line or on all."""

    finding: Literal["better", "worse", "undecided", "nothing"]
    """Whether B passes more often. `undecided`: these runs cannot show it; `nothing`: one side has none."""
    words: str
    """The same in a sentence."""
    difference: Interval | None
    """B's rate less A's, from -1 to 1; null where either has no run."""
    a: Measure
    """What A's runs came to."""
    b: Measure
    """What B's runs came to."""
    ends_differ: dict[str, Ends]
    """Reasons for which calls ended more often on one side; the greatest difference first."""


class Line(Versus):
    """Both sides on one line."""

    line: str
    """Its name."""


class Side(_Part):
    """What was compared."""

    file: str
    """The assistant's or the attempt's."""
    in_attempt_of: str | None
    """File of the attempt whose assistant it took the place of; null: of none."""
    attempt: str
    """The attempt's id."""
    model: str
    """Its name."""
    voice: str
    """Provider and model."""
    folder: str
    """Where its calls are."""
    index: str | None
    """Page of its calls; null: there is none."""


class Comparison(_Part):
    """The whole."""

    format: Literal[1]
    """Changes when a reader of the one before would misunderstand it."""
    a: Side
    """The first."""
    b: Side
    """The second."""
    repeat: int
    """Runs of each line, of either side."""
    seed: int
    """Of the first run of each line."""
    jobs: int
    """Calls at once."""
    whole: bool
    """Whether every run was done and judged."""
    all: Versus
    """All lines together."""
    lines: tuple[Line, ...]
    """In the order of the suite."""
    remarks: tuple[str, ...]
    """What to know before the figures are believed."""
