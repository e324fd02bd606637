"""What the forkserver imports once: the job with all it imports, and what is slow at first use.

Every job process begins as a copy of the forkserver's memory: what is touched here is warm in all, and shared. Whatever
holds a thread, a socket or an event loop does not belong here.
"""

import asyncio
import gc
import platform
from importlib import import_module
from typing import get_args

import uvloop
from livekit.agents.llm import AgentConfigUpdate

from agent import locale, pipeline, settings
from agent.ambience import path_of
from agent.models.assistant import BackgroundSound, ThinkingSound
from agent.worker import job
from audio.loops import loop_of
from tools import guard

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
if settings.load().google_api_key is not None:
    import_module("agent.realtime.google")  # two seconds, which a call that is ringing does not have
locale.detect("Hello, this is a first sentence.", "")
guard.tls_context()
pipeline.tls_context()
for _sound in (*get_args(BackgroundSound), *get_args(ThinkingSound)):
    loop_of(path_of(_sound))  # 0.2 s and 1 MB each, which no call has to wait for
platform.platform()  # the OpenAI client names it to the server, and a process is started to find it out
AgentConfigUpdate(instructions="")
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # a third less CPU for a call
gc.collect()
gc.freeze()  # else the collector goes through all of it during a call, which stops for 150 ms
