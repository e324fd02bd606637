"""The phases of a call and the moves between them."""

from enum import StrEnum, unique


@unique
class Phase(StrEnum):
    """Where a call stands."""

    PREPARING = "preparing"
    """Nothing has been dialled."""
    RINGING = "ringing"
    """Dialled, not answered; the pipeline warms up and the first sentence is rendered meanwhile."""
    OPENING = "opening"
    """Answered; the first sentence is due, waits for the callee's greeting, or is in its first moments."""
    TALKING = "talking"
    """The model answers the callee's turns."""
    CLOSING = "closing"
    """The last sentence is due or being said; the callee's speech changes nothing any more."""
    HANGING_UP = "hanging-up"
    """The line is being released."""
    OVER = "over"
    """The line is free."""


MOVES: dict[Phase, frozenset[Phase]] = {
    Phase.PREPARING: frozenset({Phase.RINGING, Phase.OVER}),
    Phase.RINGING: frozenset({Phase.OPENING, Phase.HANGING_UP, Phase.OVER}),
    Phase.OPENING: frozenset({Phase.TALKING, Phase.CLOSING, Phase.HANGING_UP, Phase.OVER}),
    Phase.TALKING: frozenset({Phase.CLOSING, Phase.HANGING_UP, Phase.OVER}),
    Phase.CLOSING: frozenset({Phase.HANGING_UP, Phase.OVER}),
    Phase.HANGING_UP: frozenset({Phase.OVER}),
    Phase.OVER: frozenset(),
}
"""From each phase, the phases that may follow."""
