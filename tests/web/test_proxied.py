"""What a proxy says of who is there: from whom it is believed, and in which form."""

from __future__ import annotations

import pytest

from metarr.actions.entrance import Proxied
from metarr.errors import InvalidInput
from metarr.web import proxied

RULES = proxied.rules(["172.18.0.0/16", "192.0.2.7", "2001:db8::/64"], "Remote-User", "Remote-Groups", ",")


@pytest.mark.parametrize(
    ("address", "is_believed"),
    [
        ("172.18.3.4", True),
        ("192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("2001:db8::1", True),
        ("192.0.2.8", False),
        ("127.0.0.1", False),
        ("::1", False),
        ("", False),
        ("proxy", False),
    ],
)
def test_only_the_named_are_believed(address: str, *, is_believed: bool) -> None:
    assert RULES.believes(address) is is_believed


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ([("remote-user", "ada")], Proxied("ada", frozenset())),
        ([("Remote-User", " ada "), ("remote-groups", "a, b,,c ")], Proxied("ada", frozenset({"a", "b", "c"}))),
        ([("remote-user", "jürgen")], Proxied("jürgen", frozenset())),
        ([("remote-user", "ada"), ("remote-groups", "a"), ("remote-groups", "b")], Proxied("ada", frozenset())),
        ([("remote-user", "ada"), ("remote-user", "eve")], None),
        ([("remote-user", "")], None),
        ([("remote-user", "a\tb")], None),
        ([("remote-user", "x" * 1001)], None),
        ([("remote_user", "ada")], None),
        ([("remote-groups", "admins")], None),
        ([], None),
    ],
    ids=[
        "a name",
        "a name and groups",
        "a name of letters beyond ASCII",
        "groups twice are none",
        "two names are none",
        "an empty name",
        "a name that cannot be printed",
        "a name that is too long",
        "another spelling",
        "groups of nobody",
        "nothing",
    ],
)
def test_what_is_told(headers: list[tuple[str, str]], told: Proxied | None) -> None:
    assert RULES.told([(name.encode(), value.encode()) for name, value in headers]) == told


def test_bytes_that_are_no_text_name_nobody() -> None:
    assert RULES.told([(b"remote-user", b"\xff")]) is None


def test_without_a_header_for_groups_nothing_is_said_of_them() -> None:
    rules = proxied.rules(["192.0.2.7"], "X-User", None, ",")
    assert rules.told([(b"x-user", b"ada"), (b"remote-groups", b"a")]) == Proxied("ada", None)


def test_groups_are_separated_as_the_proxy_does() -> None:
    rules = proxied.rules(["192.0.2.7"], "X-authentik-username", "X-authentik-groups", "|")
    told = rules.told([(b"x-authentik-username", b"ada"), (b"x-authentik-groups", b"a,admins|b")])
    assert told == Proxied("ada", frozenset({"a,admins", "b"}))


@pytest.mark.parametrize(
    ("proxies", "user", "groups", "separator", "named"),
    [
        ([], "Remote-User", None, ",", "METARR_PROXIES"),
        (["*"], "Remote-User", None, ",", "METARR_PROXIES"),
        (["proxy.lan"], "Remote-User", None, ",", "METARR_PROXIES"),
        (["0.0.0.0/0"], "Remote-User", None, ",", "everybody"),
        (["::/0"], "Remote-User", None, ",", "everybody"),
        (["192.0.2.7"], "Cookie", None, ",", "METARR_PROXY_USER_HEADER"),
        (["192.0.2.7"], "Remote User", None, ",", "METARR_PROXY_USER_HEADER"),
        (["192.0.2.7"], "Remote-User", "Host", ",", "METARR_PROXY_GROUPS_HEADER"),
        (["192.0.2.7"], "Remote-User", None, "", "METARR_PROXY_GROUPS_SEPARATOR"),
    ],
    ids=[
        "no proxy is named",
        "all are trusted",
        "a name",
        "everybody",
        "everybody, too",
        "a header that means something else",
        "no header",
        "groups in such a header",
        "nothing between groups",
    ],
)
def test_what_cannot_be_safe_is_refused(
    proxies: list[str], user: str, groups: str | None, separator: str, named: str
) -> None:
    with pytest.raises(InvalidInput, match=named):
        proxied.rules(proxies, user, groups, separator)
