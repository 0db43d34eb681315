"""What the API takes and gives about accounts, sessions and keys. No secret is ever given but a new key, once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue, SecretStr

from metarr.actions.passwords import LONGEST, SHORTEST
from metarr.api.shapes import Shape
from metarr.model.access import Right, Role

Password = Annotated[SecretStr, Field(description=f"At least {SHORTEST} characters, at most {LONGEST} bytes.")]
UserName = Annotated[str, Field(description="1 to 64 printable characters without a colon; capitals do not count.")]


def _example(**values: JsonValue) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class Login(Shape):
    model_config = _example(name="alex", password="correct horse battery")  # noqa: S106  an example

    name: UserName
    password: Password


class Setup(Shape):
    model_config = _example(name="alex", password="correct horse battery", code="")  # noqa: S106  an example

    name: UserName
    password: Password
    code: str = ""
    """From another machine: what `metarr serve` prints when it starts."""


class PasswordChange(Shape):
    model_config = _example(old="correct horse battery", new="purple monkey dishwasher")

    old: SecretStr
    new: Password


class Me(Shape):
    """Who is asking. `userId` and `role` are null for keys and for this machine itself."""

    name: str
    user_id: int | None
    role: Role | None
    rights: list[Right]


class User(Shape):
    passing = frozenset({"logged_in_at"})

    id: int
    name: str
    role: Role
    is_disabled: bool
    """Whether they may not come in for now."""
    created_at: datetime
    logged_in_at: datetime | None


class NewUser(Shape):
    model_config = _example(name="sam", password="correct horse battery", role="viewer")  # noqa: S106  an example

    name: UserName
    password: Password
    role: Role = Role.VIEWER


class UserPatch(Shape):
    """What is not named stays as it is. A new password, or `isDisabled`, ends the user's sessions."""

    model_config = _example(role="editor", isDisabled=False)

    role: Role | None = None
    password: Password | None = None
    is_disabled: bool | None = None


class Session(Shape):
    """Where one is logged in. `agent`: what the browser calls itself."""

    id: int
    address: str
    agent: str
    created_at: datetime
    seen_at: datetime
    is_this: bool = False
    """Whether it is the one that asks."""


class NewApiKey(Shape):
    """`name`: what will use it."""

    model_config = _example(name="Radarr", scopes=["webhook"])

    name: str
    scopes: Annotated[list[Right], Field(min_length=1, max_length=len(Right))]


class ApiKey(Shape):
    """A key without the key. `hint`: its last characters."""

    id: int
    name: str
    hint: str
    scopes: list[Right]
    created_by: str
    created_at: datetime
    used_at: datetime | None


class AddedApiKey(ApiKey):
    key: str
    """The key itself. It is shown this once; only a hash of it is kept."""
