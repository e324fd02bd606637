"""What the forkserver imports once: the job with all it imports, and what is slow at first use.

Every job process begins as a copy of the forkserver's memory: what is touched here is warm in all, and shared. Whatever
holds a thread, a socket or an event loop does not belong here.
"""

from importlib import import_module

from agent import locale
from agent.worker import job
from tools.guard import tls_context

__all__ = ["job"]

_LAZY = (
    "anyio._backends._asyncio",
    "anyio.streams.tls",
    "httpcore2",
    "livekit.agents.llm.async_toolset",
    "openai.resources.chat",
    "openai.resources.models",
    "phonenumbers.timezone",
    "phonenumbers.tzdata",
    "truststore",
)
"""What the SDKs import at the first call, 100 ms in all; by name, for most of it is their own affair."""

for _name in _LAZY:
    import_module(_name)
locale.detect("Hello, this is a first sentence.", "")
tls_context()
