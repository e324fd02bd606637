"""A model that hears and speaks by itself, as the rest of the call deals with it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Literal

from livekit import rtc
from livekit.agents import llm

from agent.realtime.feed import Feed


class Talker(llm.RealtimeModel, rtc.EventEmitter[Literal["metrics_collected"]], ABC):
    """What the genuine plugins' models have in common here; emits the figures of all its sessions.

    The plugin's own model comes before this class among the bases of a subclass.
    """

    def __init__(self, *, capabilities: llm.RealtimeCapabilities) -> None:
        llm.RealtimeModel.__init__(self, capabilities=capabilities)
        rtc.EventEmitter.__init__(self)
        self.feed: Feed | None = None
        """Where the sound of the call comes from; None: a session is given none."""
        self.taken: Callable[[], object] = _nothing
        """Told when a model that takes turns itself has begun to answer one."""
        self.reconnected: Callable[[bool], None] = _ignored
        """Told when the call's session has connected anew, and whether it owes an answer that was lost on the way."""

    @property
    @abstractmethod
    def takes_turns(self) -> bool:
        """Whether it decides itself when the callee has finished."""

    def foresee(self, text: str) -> None:
        """The callee said this, after what was foreseen last, and may have finished: an answer may be prepared."""

    def unsaid(self) -> Sequence[str]:
        """Ids of what the model prepared to say since the last time this was asked, and what nobody will hear."""
        return ()

    @abstractmethod
    def understood(self, text: str) -> None:
        """The callee's turn that is being handed over, as the recogniser put it into words."""

    @abstractmethod
    def said(self, text: str) -> None:
        """Add what the callee heard of an answer that was broken off to what the model knows."""

    @abstractmethod
    def writer(self) -> llm.RealtimeSession[Any]:
        """A session beside the call's, which hears nothing."""

    def counted(self, session: llm.RealtimeSession[Any]) -> None:
        """Pass on the session's figures."""
        session.on("metrics_collected", self._count)

    def _count(self, figures: object) -> None:
        self.emit("metrics_collected", figures)


def _nothing() -> None:
    """Nobody is told."""


def _ignored(owing: bool) -> None:
    """Nobody is told."""
