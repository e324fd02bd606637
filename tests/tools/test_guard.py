from collections.abc import Sequence

import httpx
import pytest

from tests.tools.server import Names, ToolServer, fine, serving
from tools.guard import AddressRefused, GuardedTransport, Resolver, resolve, tls_context

TIMEOUT = httpx.Timeout(2).as_dict()


async def get(url: str, *, allowed: Sequence[str] = (), resolver: Resolver = resolve) -> int:
    async with GuardedTransport(tls_context(), frozenset(allowed), resolver) as transport:
        request = httpx.Request("GET", url, extensions={"timeout": TIMEOUT})
        response = await transport.handle_async_request(request)
        await response.aread()
        await response.aclose()
        return response.status_code


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0", "[::1]", "[::ffff:127.0.0.1]", "[::]"]
)
async def test_no_spelling_of_loopback_is_reached(host: str) -> None:
    async with serving(fine) as server:
        with pytest.raises((AddressRefused, httpx.ConnectError)):
            await get(f"http://{host}:{server.port}/")
        assert server.asked == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "fd00::1", "::ffff:10.0.0.1"])
async def test_a_name_for_a_private_address_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        await get("http://tool.example/", resolver=Names({"tool.example": [address]}).resolve)


async def test_one_private_address_among_public_ones_refuses_them_all() -> None:
    with pytest.raises(AddressRefused):
        await get("http://tool.example/", resolver=Names({"tool.example": ["8.8.8.8", "127.0.0.1"]}).resolve)


async def test_an_allowed_host_is_reached_at_the_address_that_was_resolved() -> None:
    names = Names({"crm.internal": ["127.0.0.1"]})
    async with serving(fine) as server:
        assert await get(f"http://crm.internal:{server.port}/", allowed=["crm.internal"], resolver=names.resolve) == 200
        assert host_of(server) == f"crm.internal:{server.port}"
    assert names.asked == ["crm.internal"]


async def test_a_host_allowed_for_one_port_is_refused_on_another() -> None:
    async with serving(fine) as one, serving(fine) as other:
        assert await get(one.url, allowed=[one.authority]) == 200
        with pytest.raises(AddressRefused):
            await get(other.url, allowed=[one.authority])


async def test_every_connection_is_checked_anew() -> None:
    async with serving(fine) as server:
        answers = iter([["127.0.0.1"], ["127.0.0.1"]])

        async def rebinding(host: str, port: int) -> Sequence[str]:
            return next(answers)

        async with GuardedTransport(tls_context(), frozenset({server.authority}), rebinding) as transport:
            for _ in range(2):
                request = httpx.Request("GET", server.url, extensions={"timeout": TIMEOUT})
                response = await transport.handle_async_request(request)
                await response.aclose()
        assert next(answers, None) is None


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    names = Names({"crm.internal": ["127.0.0.2", "127.0.0.1"]})
    async with serving(fine) as server:
        url = f"http://crm.internal:{server.port}/"
        assert await get(url, allowed=["crm.internal"], resolver=names.resolve) == 200


@pytest.mark.parametrize("known", [{}, {"tool.example": []}])
async def test_a_name_that_does_not_resolve_is_a_connect_error(known: dict[str, list[str]]) -> None:
    with pytest.raises(httpx.ConnectError):
        await get("http://tool.example/", resolver=Names(known).resolve)


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(fine) as proxy, serving(fine) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        assert await get(server.url, allowed=[server.authority]) == 200
        assert (len(proxy.asked), len(server.asked)) == (0, 1)


def host_of(server: ToolServer) -> str:
    (asked,) = server.asked
    return asked.headers["Host"]
