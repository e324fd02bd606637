"""What the stand-ins of models that hear and speak by themselves share: what they heard, say and forget."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from agent.standins.calls import Call
from agent.standins.config import CallConfig
from agent.standins.dialogue import OfferedTool, Reply, Turn
from agent.standins.espeak import Utterance
from agent.standins.listener import Listener, Report
from agent.standins.recogniser import Started
from agent.standins.script import respond
from agent.standins.speech import Speech
from agent.standins.synthesis import PACE, PIECE, Piece, pieces
from agent.standins.voices import Voices, speaker
from audio.frames import RATE

TOKENS_A_SECOND = 10
"""Of sound, as OpenAI counts what it hears."""


class Attention:
    """Hears one socket, and keeps the words until they are asked for."""

    def __init__(self, config: CallConfig, rate: int) -> None:
        quick = config.latency.model_copy(update={"stt_interim_ms": 0, "stt_final_ms": 0})
        self.listener = Listener(config.model_copy(update={"latency": quick}), rate, self._heard)
        self.over = asyncio.Event()
        """A stretch of speech has ended since this was last cleared."""
        self.started = asyncio.Event()
        """The callee has begun to speak since this was last cleared."""
        self._words: list[str] = []

    async def _heard(self, report: Report) -> None:
        if isinstance(report, Started):
            self.started.set()
        elif report.final:
            self._words.extend(word.text for word in report.words)
            self.over.set()

    def forget(self) -> None:
        """What was heard so far is no turn."""
        self.listener.forget()
        self._words.clear()

    async def words(self) -> str:
        """Everything that was said since the last time."""
        await self.listener.flush()
        text = " ".join(self._words)
        self._words.clear()
        return text


@asynccontextmanager
async def failing(call: Call, expire: Callable[[], Awaitable[None]], http: web.Request) -> AsyncIterator[None]:
    """What is to go wrong with the connection goes wrong in time."""

    async def fail() -> None:
        fault = await call.faults.next()
        if fault.kind == "expire":
            await expire()
        elif http.transport is not None:
            http.transport.abort()

    task = asyncio.create_task(fail(), name="faults")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@dataclass(frozen=True, slots=True)
class Voice:
    """How the model speaks."""

    voices: Voices
    name: str
    language: str

    async def say(self, text: str) -> Speech:
        """The text, spoken."""
        variant, pitch = speaker(self.name)
        return await self.voices.say(Utterance(text, self.language, variant, pitch=pitch))


async def paced(speech: Speech) -> AsyncIterator[Piece]:
    """The speech in pieces, eight times as fast as it is said."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    for piece in pieces(speech, 0.0, RATE):
        await asyncio.sleep(due - loop.time())
        yield piece
        due += PIECE / PACE


@dataclass(slots=True)
class Memory:
    """The conversation as the model knows it, each item under an id."""

    turns: dict[str, Turn] = field(default_factory=dict)

    def put(self, item: str, turn: Turn, after: str | None = None) -> None:
        """Add an item at the end, or after another; `root` is the beginning."""
        order = list(self.turns.items())
        place = len(order)
        if after == "root":
            place = 0
        elif after in self.turns:
            place = list(self.turns).index(after) + 1
        order.insert(place, (item, turn))
        self.turns = dict(order)

    def before(self, item: str) -> str | None:
        """The item that stands before this one."""
        order = list(self.turns)
        place = order.index(item)
        return order[place - 1] if place else None

    def answer(self, call: Call, tools: Sequence[OfferedTool]) -> Reply:
        """What the model says next."""
        return respond(_joined(self.turns.values()), call.config.model, call.config.language, tools)


def _joined(turns: Iterable[Turn]) -> list[Turn]:
    """The history; what was said on the way to a tool call is one turn with it."""
    history: list[Turn] = []
    for turn in turns:
        last = history[-1] if history else None
        if last is not None and turn.calls and not turn.text and last.speaker == "model" and not last.calls:
            history[-1] = Turn("model", last.text, turn.calls)
        elif turn.text or turn.calls or turn.speaker == "tool":
            history.append(turn)
    return history
