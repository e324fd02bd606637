"""A call on paper: the callee of a line file and the stand-in model of the line, with nothing between them.

Words take 0.3 s each, nobody is misheard, and the agent never interrupts: what is left is who says what after whom.
"""

import numpy as np

from agent import events as e
from agent.rehearsal.callee import KeyPressed, Left, SpeechBegan
from agent.rehearsal.rendering import render
from agent.rehearsal.script import LineScript
from agent.rehearsal.scripted import ScriptedCallee
from agent.standins.config import ModelScript
from agent.standins.dialogue import END_CALL, OfferedTool, Turn
from agent.standins.script import respond
from audio.frames import RATE, Pcm, samples, silence
from audio.ledger import SpokenWord
from tests.agent.rehearsal.fakes import WORD, tone, voice

STEP = samples(0.1)
ANSWERED = 100.0
"""Seconds on the events' clock."""
PATIENCE = samples(6)
"""Of silence, after which the call ends."""
TOOLS = (OfferedTool(END_CALL, description=""),)


class Paper:
    """One call, from the answer to the end."""

    def __init__(self, callee: ScriptedCallee, model: ModelScript, language: str, *, greets: bool = True) -> None:
        """`greets`: the agent has a first sentence; else the callee's first words are a turn."""
        self.callee = callee
        self.events: list[e.Event] = [
            e.Accepted(
                at=98,
                utc="2026-03-09T12:00:00+00:00",
                attempt_id="a",
                call_id="c",
                attempt_number=1,
                direction="outbound",
                phone_number=None,
            ),
            e.Dialled(at=99),
            e.Answered(at=ANSWERED),
        ]
        self._model = model
        self._language = language
        self._history: list[Turn] = []
        self._sound: Pcm = silence(0)
        self._words: list[SpokenWord] = []
        self._greets_at = samples(1.5) if greets else None
        self._agent_until = 0
        self._callee_until = 0
        self._unanswered: list[str] = []
        self._over_at: int | None = None
        self._ending: tuple[e.EndedBy, str] = ("system", "user_inactive")

    def run(self) -> list[e.Event]:
        """Live through it."""
        now = 0
        while self._over_at is None or now < self._over_at:
            if now == self._greets_at:
                self._unanswered.clear()
                self._greets_at = None
                self._say("Hello, this is Emma.", now, "opening")
            _, heard = self.callee.step(now, self._frame(now), self._spoken(now + STEP))
            now += STEP
            for event in heard:
                self._take(event)
            if self._over_at is None:
                self._answer(now)
        who, why = self._ending
        self.events.append(e.Ended(at=ANSWERED + now / RATE, ended_by=who, end_reason=why))
        return self.events

    def _take(self, event: SpeechBegan | KeyPressed | Left) -> None:
        match event:
            case SpeechBegan(words):
                start, self._callee_until = words[0].start, words[-1].end
                at = ANSWERED + self._callee_until / RATE
                text = " ".join(word.text for word in words)
                self._unanswered.append(text)
                self.events += [
                    e.CalleeStarted(at=at, sample=start),
                    e.CalleeStopped(at=at, sample=self._callee_until),
                    e.CalleeHeard(at=at, text=text),
                ]
            case Left(at):
                self._over_at, self._ending = at, ("user", "client_initiated")
            case KeyPressed():
                pass

    def _answer(self, now: int) -> None:
        quiet = now - max(self._agent_until, self._callee_until)
        if quiet > PATIENCE:
            self._over_at = now
        if (
            self._greets_at is not None
            or not self._unanswered
            or quiet < samples(0.4)
            or not self.callee.turn_over(now)
        ):
            return
        self.events.append(e.TurnTaken(at=ANSWERED + now / RATE))
        self._history.append(Turn("callee", " ".join(self._unanswered)))
        self._unanswered.clear()
        reply = respond(self._history, self._model, self._language, TOOLS)
        if reply.text:
            self._say(reply.text, now + samples(0.3), "reply")
        if reply.call is not None:
            at = ANSWERED + now / RATE
            self.events.append(e.ToolCalled(at=at, id="t", name=reply.call.tool, arguments="{}"))
            self.events.append(e.ToolReturned(at=at, id="t", name=reply.call.tool, output="", is_error=False))
            self._say("Goodbye.", max(now, self._agent_until) + samples(0.3), "goodbye")
            self._over_at, self._ending = self._agent_until, ("agent", "tool_end_call")
        self._history.append(Turn("model", reply.text))

    def _say(self, text: str, at: int, kind: e.SpeechKind) -> None:
        length = samples(WORD)
        for index, word in enumerate(text.split()):
            self._words.append(SpokenWord(word, at + index * length, at + (index + 1) * length))
        self._agent_until = at + len(text.split()) * length
        gap = silence(max(0, at - len(self._sound)))
        self._sound = np.concatenate([self._sound, gap, tone((self._agent_until - at) / RATE)])
        name, start, stop = f"a{len(self.events)}", ANSWERED + at / RATE, ANSWERED + self._agent_until / RATE
        self.events += [
            e.AgentStarted(at=start, id=name, kind=kind, sample=at),
            e.AgentStopped(at=stop, id=name, kind=kind, text=text, cut=False, start=at, stop=self._agent_until),
        ]

    def _frame(self, now: int) -> Pcm:
        frame = silence(STEP)
        sound = self._sound[now : now + STEP]
        frame[: len(sound)] = sound
        return frame

    def _spoken(self, until: int) -> list[SpokenWord]:
        """As a real leg does it: a word is listed once half of it went out, its end moving on meanwhile."""
        return [
            SpokenWord(word.text, word.start, min(word.end, until))
            for word in self._words
            if (word.start + word.end) / 2 <= until
        ]


async def on_paper(script: LineScript, language: str, *, greets: bool = True) -> Paper:
    """A call on this line in this language; `run` it."""
    callee = ScriptedCallee(script, await render(script, language, voice))
    return Paper(callee, script.config(language).model, language, greets=greets)
