"""OpenAI's client, without its copy of every request.

The SDK's `create` walks through all messages and tools and rebuilds them by their annotations, in case a field is
spelled otherwise in JSON. Of chat completions none is, and with 20 messages and a tool it took 5 ms of a call's loop,
before every answer and growing with the call. What is given here as it is to be sent is sent so.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from openai import AsyncOpenAI, Omit, omit
from openai.resources.chat import AsyncChat, AsyncCompletions


class Client(AsyncOpenAI):
    """As OpenAI's own."""

    @cached_property
    def chat(self) -> AsyncChat:
        """Chat completions."""
        return _Chat(self)


class _Chat(AsyncChat):
    @cached_property
    def completions(self) -> AsyncCompletions:
        return _Completions(self._client)


class _Completions(AsyncCompletions):
    async def create(  # type: ignore[override]  # all other parameters are as they were
        self,
        *,
        messages: Iterable[Mapping[str, Any]],
        tools: Iterable[Mapping[str, Any]] | Omit = omit,
        extra_body: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        body: dict[str, Any] = {**(extra_body or {}), "messages": list(messages)}
        if not isinstance(tools, Omit):
            body["tools"] = list(tools)
        return await super().create(messages=[], extra_body=body, **options)
