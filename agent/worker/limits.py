"""How much one trunk is asked to carry: calls at once, and new calls a second.

The limits are this worker's own: its share of a trunk that other workers may use too. An attempt beyond them is over.
It is reported as `too_many_calls`, without having rung, and stays claimed; passed on, it would vanish unreported where
no other worker takes it. The scheduler tries again with a new attempt, as it does where the carrier says the same. A
worker that is full by its load is another matter: the server asks the next one by itself.
"""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Caps:
    """The limits of every trunk; 0 is none."""

    at_once: int = 0
    per_second: float = 0.0

    @property
    def burst(self) -> int:
        """New calls that may begin within `window`."""
        return max(1, int(self.per_second))

    @property
    def window(self) -> float:
        """Seconds."""
        return self.burst / self.per_second


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a trunk takes no further call now."""

    limit: Literal["at_once", "per_second"]
    sentence: str


@dataclass(slots=True)
class _Trunk:
    live: set[str] = field(default_factory=set)
    begun: deque[float] = field(default_factory=deque)
    """When the latest calls began, as many as may begin within the window."""


class Limits:
    """Counts the calls of this worker, trunk by trunk. `now` gives monotonic seconds."""

    def __init__(self, caps: Caps, now: Callable[[], float]) -> None:
        self._caps = caps
        self._now = now
        self._trunks: dict[str, _Trunk] = defaultdict(_Trunk)

    def begin(self, trunk: str, call: str) -> Refusal | None:
        """Count a call, or say why it may not begin now. A call that is already counted is not counted twice."""
        carrying = self._trunks[trunk]
        if call in carrying.live:
            return None
        refusal = self._refusal(carrying)
        if refusal is None:
            carrying.live.add(call)
            carrying.begun.append(self._now())
        return refusal

    def end(self, trunk: str, call: str) -> None:
        """The call no longer uses the trunk. Safe to say twice, and of a call that was refused."""
        self._trunks[trunk].live.discard(call)

    def _refusal(self, trunk: _Trunk) -> Refusal | None:
        caps = self._caps
        if caps.at_once and len(trunk.live) >= caps.at_once:
            return Refusal("at_once", f"the trunk carries {len(trunk.live)} of {caps.at_once} calls at once")
        if not caps.per_second:
            trunk.begun.clear()
            return None
        while trunk.begun and trunk.begun[0] <= self._now() - caps.window:
            trunk.begun.popleft()
        if len(trunk.begun) >= caps.burst:
            return Refusal("per_second", f"the trunk takes {caps.per_second:g} new calls a second")
        return None
