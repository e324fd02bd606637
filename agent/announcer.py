"""The announcer: the fixed sentences of a call, rendered while it rings and played straight into the mixer.

They need no session, no model and no provider at the moment they are said, so they work while any of those hangs.
"""

from collections.abc import Callable
from typing import Any

from livekit.agents import llm, tts

from agent import events as e
from agent.fallback.model import Model
from agent.phrases import phrases
from agent.plan import Plan
from agent.voice import SilentVoice, Sound, render
from audio.mixer import Mixer

Tell = Callable[[e.Event], None]

ONLY_THE_OPENING = "Write only the first sentence you say on the call."


class Announcer:
    """Renders and says the fixed sentences."""

    def __init__(self, mixer: Mixer, tell: Tell, now: Callable[[], float]) -> None:
        self._mixer = mixer
        self._tell = tell
        self._now = now
        self._sounds: dict[e.AnnouncementKind, Sound] = {}

    async def prepare(self, kind: e.AnnouncementKind, text: str, voice: tts.TTS[Any]) -> None:
        """Render a sentence and tell `Rendered`. Raises `SilentVoice`, livekit's APIError."""
        self.keep(kind, await render(voice, text))

    def keep(self, kind: e.AnnouncementKind, sound: Sound) -> None:
        """Have a sentence ready that was rendered elsewhere, and tell `Rendered`."""
        self._sounds[kind] = sound
        self._tell(e.Rendered(at=self._now(), kind=kind, seconds=sound.seconds))

    def say(self, kind: e.AnnouncementKind, not_before: int = 0) -> None:
        """Say a rendered sentence before anything the model says, and no earlier than sample `not_before`."""
        utterance = self._sounds[kind].utterance(kind)
        utterance.not_before = not_before
        self._mixer.announcements.queue.append(utterance)

    def stop(self) -> None:
        """Stop what is being said."""
        self._mixer.cut(self._mixer.announcements)

    def conclude(self) -> None:
        """End what is being said with its present word."""
        self._mixer.conclude(self._mixer.announcements)


def sentences(plan: Plan) -> dict[e.AnnouncementKind, str]:
    """The plan's fixed sentences, as they may be needed; an opening that the model has yet to write left out."""
    opening = plan.opening.text if plan.opening.mode == "static" else None
    own = phrases(plan.language)
    every: dict[e.AnnouncementKind, str | None] = {
        "opening": opening,
        "goodbye": plan.goodbye or own.farewell,
        "limit": plan.limit_message,
        "apology": own.apology,
        "failure": own.failure,
        "reminder": own.reminder,
    }
    return {kind: text for kind, text in every.items() if text}


async def written_opening(plan: Plan, model: Model) -> str:
    """The first sentence as the model writes it. Raises `SilentVoice` for an empty one, livekit's APIError."""
    history = llm.ChatContext.empty()
    history.add_message(role="system", content=plan.prompt)
    history.add_message(role="system", content=f"{ONLY_THE_OPENING} {plan.opening.text}")
    async with model.aside(history) as stream:
        pieces = [chunk.delta.content async for chunk in stream if chunk.delta and chunk.delta.content]
    text = " ".join("".join(pieces).split())
    if not text:
        raise SilentVoice("the model wrote no first sentence")
    return text
