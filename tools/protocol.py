"""The one way by which a tool reaches the call it is used in."""

from typing import Protocol


class Call(Protocol):
    """What a tool may ask of its call."""

    async def end(self) -> None:
        """Say the closing sentence, if there is one, and hang up.

        Returns once the ending is under way, not once it is over. Asking again changes nothing.
        """
        ...
