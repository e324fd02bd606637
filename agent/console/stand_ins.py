"""The stand-ins of a console, where any provider is one or a tool is served by them."""

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent.console.loading import Behind, import_stand_ins
from agent.plan import Plan

if TYPE_CHECKING:
    from agent.standins.process import StandIns

TOOLS_HOST = "tools.stand-in"
"""As `agent.standins.pointing` has it, which is slow to import."""


class NoStandIns(Exception):
    """The stand-ins are wanted and not there; the text says why."""


def serve_tools_of(plan: Plan) -> bool:
    """Whether a tool of the plan is one of the examples', which only the stand-ins serve."""
    return TOOLS_HOST in {urlsplit(tool.url).hostname for tool in plan.tools}


async def started(stack: AsyncExitStack) -> "StandIns":
    """The stand-in process, which ends with the stack. Raises `NoStandIns`."""
    await Behind("import stand-ins", import_stand_ins).result()
    from agent.standins.process import StandInsFailed, running  # noqa: PLC0415

    try:
        return await stack.enter_async_context(running())
    except StandInsFailed as error:
        raise NoStandIns(str(error)) from None
