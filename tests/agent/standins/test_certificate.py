"""The certificate that stand-ins show over TLS, and who trusts it."""

import ssl

import aiohttp
import pytest

from agent.standins.certificate import made
from agent.standins.config import CallConfig
from agent.standins.process import StandIns

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_only_a_client_that_was_given_the_certificate_trusts_it(stand_ins: StandIns) -> None:
    call = await stand_ins.open_call(CallConfig())
    trusting = ssl.create_default_context(cadata=call.certificate)
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{call.google_url}/nothing", ssl=trusting) as response:
            assert response.status == 404
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get(f"{call.google_url}/nothing")


async def test_every_process_has_a_certificate_of_its_own() -> None:
    assert made()[1] != made()[1]
    assert "PRIVATE" not in made()[1]
