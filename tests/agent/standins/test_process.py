"""The life of the stand-in process."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from agent.standins.config import CallConfig
from agent.standins.process import StandIns, StandInsFailed, attached, running

ROOT = Path(__file__).resolve().parents[3]
PARENT = """
import asyncio
from agent.standins.process import running

async def main():
    async with running() as stand_ins:
        print(stand_ins.base_url, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""
WITHOUT_ESPEAK = """
import asyncio, sys
sys.modules["espeakng_loader"] = None
from agent.standins.server import serve
sys.exit(asyncio.run(serve()))
"""


async def gone(base_url: str) -> bool:
    """Whether the process stops answering within two seconds."""
    port = int(base_url.rpartition(":")[2])
    for _ in range(40):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return True
        writer.close()
        await asyncio.sleep(0.05)
    return False


@pytest.mark.asyncio(loop_scope="package")
async def test_the_callee_speaks_words_with_times(stand_ins: StandIns) -> None:
    call = await stand_ins.open_call(CallConfig())
    speech = await call.voice("Yes, speaking.", language="en", speed=1.2)

    assert [word.text for word in speech.words] == ["Yes,", "speaking."]
    assert 0.5 < speech.length < 2
    assert speech.pcm.dtype == "int16"


@pytest.mark.asyncio(loop_scope="package")
async def test_every_call_has_a_token_and_urls_of_its_own(stand_ins: StandIns) -> None:
    one, other = await stand_ins.open_call(CallConfig()), await stand_ins.open_call(CallConfig())

    assert one.token != other.token
    assert one.openai_url == f"{stand_ins.base_url}/{one.token}/openai/v1"
    await one.close()
    await one.close()


async def test_a_process_that_dies_is_noticed_and_named() -> None:
    async with running() as stand_ins:
        call = await stand_ins.open_call(CallConfig())
        os.kill(stand_ins.pid, signal.SIGKILL)
        async with asyncio.timeout(2):
            await stand_ins.died.wait()
        with pytest.raises(StandInsFailed, match=r"^The stand-in process has died\.$"):
            await call.voice("Hello", language="en")
        await call.close()


@pytest.mark.asyncio(loop_scope="package")
async def test_another_process_opens_calls_in_one_that_runs(stand_ins: StandIns) -> None:
    async with attached(stand_ins.address) as same:
        call = await same.open_call(CallConfig())
        speech = await call.voice("Yes.", language="en")
        await call.close()

    assert (same.base_url, same.pid, same.address) == (stand_ins.base_url, stand_ins.pid, stand_ins.address)
    assert call.openai_url == f"{stand_ins.base_url}/{call.token}/openai/v1"
    assert speech.length > 0.1
    assert not same.died.is_set()
    assert not stand_ins.died.is_set()


async def test_whoever_is_attached_is_told_of_the_end() -> None:
    async with running() as stand_ins, attached(stand_ins.address) as same:
        os.kill(same.pid, signal.SIGKILL)
        async with asyncio.timeout(2):
            await same.died.wait()
        with pytest.raises(StandInsFailed, match=r"^The stand-in process has died\.$"):
            await same.open_call(CallConfig())


async def test_the_process_ends_at_once_although_somebody_is_attached() -> None:
    async with AsyncExitStack() as stack:
        async with running() as stand_ins:
            same = await stack.enter_async_context(attached(stand_ins.address))
            began = time.monotonic()
        assert time.monotonic() - began < 2
        async with asyncio.timeout(2):
            await same.died.wait()


@pytest.mark.asyncio(loop_scope="package")
async def test_an_address_where_nobody_answers_is_one_sentence(stand_ins: StandIns) -> None:
    with pytest.raises(StandInsFailed, match=r"^The stand-in process does not answer\.$"):
        async with attached("http://127.0.0.1:1/secret/"):
            pass
    with pytest.raises(StandInsFailed, match=r"^The stand-in process refused a request \(404\)\.$"):
        async with attached(f"{stand_ins.base_url}/another-secret/"):
            pass


async def test_the_process_ends_with_the_context() -> None:
    began = time.monotonic()
    async with running() as stand_ins:
        started = time.monotonic() - began
        base_url = stand_ins.base_url

    assert started < 5
    assert await gone(base_url)


async def test_the_process_ends_when_its_parent_is_killed() -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    base_url = (await parent.stdout.readline()).decode().strip()
    parent.kill()
    await parent.wait()

    assert await gone(base_url)


async def test_a_missing_library_is_one_sentence() -> None:
    with pytest.raises(StandInsFailed) as failed:
        async with running((sys.executable, "-c", WITHOUT_ESPEAK)):
            pass

    assert "espeakng-loader" in str(failed.value)
    assert "\n" not in str(failed.value)


async def test_a_process_that_ends_at_once_is_one_sentence() -> None:
    with pytest.raises(StandInsFailed, match=r"^The stand-in process ended before it was ready\.$"):
        async with running((sys.executable, "-c", "")):
            pass


def test_the_process_does_not_import_livekit() -> None:
    code = "import sys, agent.standins.server; sys.exit(any(name.startswith('livekit') for name in sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
