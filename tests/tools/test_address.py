import pytest

from tools.address import is_allowed, is_public


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "100.63.255.255", "172.32.0.1", "2606:2800:220:1::1", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%eth0",
        "2606:2800:220:1::1%eth0",
        "fec0::1",
        "ff02::1",
        "not-an-address",
        "",
    ],
)
def test_everything_else_is_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    ("host", "port", "allowed"),
    [
        ("crm.internal", 443, "crm.internal"),
        ("CRM.internal", 8080, "crm.internal:8080"),
        ("::1", 8080, "[::1]:8080"),
        ("::1", 8080, "::1"),
        ("[::1]", 8080, "[::1]"),
    ],
)
def test_a_host_is_allowed_by_name_or_by_name_and_port(host: str, port: int, allowed: str) -> None:
    assert is_allowed(host, port, frozenset({allowed}))


@pytest.mark.parametrize("allowed", ["crm.internal:8081", "internal", "x.crm.internal", "127.0.0.1"])
def test_nothing_like_it_is(allowed: str) -> None:
    assert not is_allowed("crm.internal", 8080, frozenset({allowed}))
