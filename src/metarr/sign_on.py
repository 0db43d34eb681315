"""The settings of single sign-on: who vouches for people, which of them come in, and what they may do."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from metarr.model.access import Role
from metarr.section import PlainText, Section

# What people may do whose groups say nothing; administrators are always named by a group.
Others = Literal["refused", "viewer", "editor"]


def _issuer(address: str) -> str:
    if not address:
        return address
    wrong = ValueError(f"{address!r} is no web address, such as https://auth.example.org")
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise wrong from error
    if not is_web or not address.isascii() or " " in address:
        raise wrong
    if parts.query or parts.fragment or "@" in parts.netloc or "\\" in address:
        raise ValueError(f"{address!r} has a user, a query or a fragment, which no issuer has")
    return address


def _host(name: str) -> str:
    if not name.isascii() or any(character in name for character in "/@?#\\ "):
        raise ValueError(f"{name!r} is no host, such as oauth2.example.org or oauth2.example.org:8443")
    return name.lower()


_Groups = Annotated[tuple[PlainText, ...], Field(max_length=100)]
_Claim = Annotated[str, Field(pattern=r"^[!-~]{1,200}$")]
_Scope = Annotated[str, Field(pattern=r"^[!#-\[\]-~]{1,200}$")]  # https://www.rfc-editor.org/rfc/rfc6749#section-3.3


class SingleSignOnSettings(Section):
    """Logging in through an identity provider (OpenID Connect), or a proxy that has asked already."""

    enabled: bool = False
    """Offer it on the login page. It needs the issuer and the client id, too."""
    issuer: Annotated[PlainText, AfterValidator(_issuer)] = ""
    """The provider's address, exactly as the provider calls itself: `https://auth.example.org`."""
    client_id: Annotated[PlainText, Field(title="Client ID")] = ""
    """What the provider calls this program."""
    scopes: Annotated[tuple[_Scope, ...], Field(max_length=50)] = ("openid", "profile")
    """What the provider is asked for; some need `groups` for the groups, or `email`. `openid` is always asked for."""
    name_claim: Annotated[_Claim, Field(title="Claim of the name")] = "preferred_username"
    """Which claim becomes the name of a new user here."""
    groups_claim: Annotated[_Claim, Field(title="Claim of the groups")] = "groups"
    """Which claim lists the groups; dots lead into nested ones, as in `realm_access.roles`."""
    administrators: _Groups = ()
    """Groups whose members are administrators. With any group named here or below, groups decide about everybody's role
    at each single sign-on."""
    editors: _Groups = ()
    """Groups whose members are editors."""
    viewers: _Groups = ()
    """Groups whose members are viewers."""
    others: Annotated[Others, Field(title="Everybody else")] = "refused"
    """What those may do who are in none of these groups. Where no group is named at all, it counts for new users."""
    create_users: bool = False
    """Create a user for somebody who comes for the first time; off: only people who have a user here come in."""
    link_by_name: bool = False
    """Let whom the provider calls `alex` be the user `alex` without asking for that user's password once. Only where
    nobody can choose or change their name at the provider."""
    session_hours: Annotated[int, Field(title="Log in again after", ge=1, le=24 * 365)] = 168
    """How long a single sign-on lasts; what changes at the provider counts from the next one on."""
    button: Annotated[PlainText, Field(title="Words of the button", max_length=60, min_length=1)] = "Single sign-on"
    """What the button on the login page says."""
    hide_password_form: bool = False
    """Leave the form for passwords out of the login page; it stays at `/login/local`."""
    further_hosts: Annotated[tuple[Annotated[PlainText, AfterValidator(_host)], ...], Field(max_length=20)] = ()
    """Other hosts that may be asked, where the provider's parts lie elsewhere: `oauth2.googleapis.com`. All else is
    asked at the issuer's own host."""

    @property
    def is_offered(self) -> bool:
        """Whether the login page has its button."""
        return self.enabled and bool(self.issuer and self.client_id)

    @property
    def groups_of(self) -> dict[Role, frozenset[str]]:
        """The groups of each role, the mightiest first."""
        return {
            Role.ADMINISTRATOR: frozenset(self.administrators),
            Role.EDITOR: frozenset(self.editors),
            Role.VIEWER: frozenset(self.viewers),
        }
