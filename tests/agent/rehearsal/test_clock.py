import asyncio
import time

from agent.rehearsal.clock import HostClock


async def test_the_hosts_clock_waits_for_its_moment() -> None:
    clock = HostClock()
    began = clock.now()
    await clock.sleep_until(began + 0.05)
    assert 0.049 <= time.monotonic() - began < 2.0


async def test_a_moment_that_has_passed_still_lets_others_run() -> None:
    ran: list[bool] = []
    asyncio.get_running_loop().call_soon(ran.append, True)
    await HostClock().sleep_until(0.0)
    assert ran == [True]
