"""`end_call`: the model ends the conversation."""

from typing import Any, Final

from tools.protocol import Call

NAME: Final = "end_call"

DESCRIPTION: Final = (
    "End the call and hang up. Use it once the conversation has come to its end: the caller has said goodbye, "
    "has asked to stop, or everything they needed is done. Do not use it while the caller is waiting for an answer. "
    "Finish speaking before you use it; nothing you say afterwards is heard."
)

CLOSING: Final = "A closing sentence is said for you before the line is cut, so do not say goodbye yourself."
"""Added to the description where the assistant has an end-of-call sentence."""

ENDING: Final = "The call is ending. Say nothing more."
"""The tool's result."""


def declaration(*, closing: bool = False) -> dict[str, Any]:
    """The tool as function-calling models take it; `closing`: the worker says a closing sentence by itself."""
    return {
        "name": NAME,
        "description": f"{DESCRIPTION} {CLOSING}" if closing else DESCRIPTION,
        "parameters": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
    }


async def handle(call: Call) -> str:
    """End the call; the result is for the model."""
    await call.end()
    return ENDING
