"""Which names the server answers to, and what counts as this very machine."""

from __future__ import annotations

import pytest

from metarr.web.hosts import Hosts, is_loopback_address, is_loopback_name


@pytest.mark.parametrize(
    ("host", "is_answered"),
    [
        pytest.param("localhost", True, id="this machine"),
        pytest.param("LocalHost:7879", True, id="capitals and port do not matter"),
        pytest.param("192.168.1.5:7879", True, id="an address cannot be pointed elsewhere"),
        pytest.param("[fd00::5]:7879", True, id="an IPv6 address"),
        pytest.param("nas", True, id="a name without a dot is one of this network"),
        pytest.param("nas.local:7879", True, id="multicast DNS"),
        pytest.param("nas.lan", True, id="a router's own ending"),
        pytest.param("nas.home.arpa.", True, id="the home network's ending, fully qualified"),
        pytest.param("media.internal", True, id="the private ending"),
        pytest.param("media.example.org", True, id="the owner's own name"),
        pytest.param("evil.example", False, id="a stranger's name for our address"),
        pytest.param("media.example.org.evil.example", False, id="the owner's name in front of another"),
        pytest.param("evil-local", True, id="still a name without a dot"),
        pytest.param("evil.notlocal", False, id="an ending that only looks like a private one"),
        pytest.param("", False, id="no name at all"),
        pytest.param("[oops", False, id="no name that can be read"),
        pytest.param("user@localhost", True, id="what stands before an at-sign is no part of the name"),
        pytest.param("localhost@evil.example", False, id="a stranger's name behind an at-sign"),
    ],
)
def test_on_every_address(host: str, *, is_answered: bool) -> None:
    assert Hosts(("Media.Example.org",), is_local=False).answers_to(host) == is_answered


@pytest.mark.parametrize(
    ("host", "is_answered"),
    [
        pytest.param("127.0.0.1:7879", True, id="this machine"),
        pytest.param("[::1]", True, id="this machine in IPv6"),
        pytest.param("media.example.org", True, id="the name that a proxy on this machine has"),
        pytest.param("192.168.1.5", False, id="another machine's address"),
        pytest.param("nas.local", False, id="a name of the network, which is not served"),
    ],
)
def test_on_loopback_alone(host: str, *, is_answered: bool) -> None:
    hosts = Hosts(("media.example.org",), is_local=True)
    assert hosts.answers_to(host) == is_answered
    assert "METARR_HOSTS" in hosts.refusal(host)


@pytest.mark.parametrize(
    ("address", "is_this"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.168.1.5", False),
        ("::ffff:192.168.1.5", False),
        ("8.8.8.8", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_addresses_of_this_machine(address: str, *, is_this: bool) -> None:
    assert is_loopback_address(address) == is_this


@pytest.mark.parametrize(("host", "is_this"), [("localhost:1", True), ("127.0.0.1", True), ("nas", False), ("", False)])
def test_names_of_this_machine(host: str, *, is_this: bool) -> None:
    assert is_loopback_name(host) == is_this
