"""`metarr config …`: what is set and where it comes from, what can be set, and setting it. Secrets are never shown."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from metarr.cli.common import Data, Json, load, run, show, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metarr.actions.settings import Setting
    from metarr.api.settings_shapes import ProviderSettings
    from metarr.cli.client import Client
    from metarr.config import Config
    from metarr.store.db import Tx

app = typer.Typer(help="Settings and configuration: show, set, explain.", no_args_is_help=True)
HIDDEN = "(hidden)"
PROCESS, PROVIDERS = "process", "providers"


class Line(NamedTuple):
    """One thing that is set. `part`: a provider's name, by which it can be asked for, too."""

    section: str
    part: str
    key: str
    value: Any
    source: str


@app.command("show")
def show_config(
    section: Annotated[
        str | None, typer.Argument(help="Only this section: `process`, `providers`, a provider, or one of settings.")
    ] = None,
    *,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """Show everything that is set, and where each value comes from: default, file, environment, database."""
    from metarr.cli.session import connected
    from metarr.errors import NotFound

    config = load(data)
    everything = [*_process(config), *run(connected(config, _stored, is_looking=True))]
    wanted = [line for line in everything if section in {None, line.section, line.part}]
    if not wanted:
        names = dict.fromkeys(name for line in everything for name in (line.section, line.part))
        raise NotFound(f"There is no section {section!r}; there are {', '.join(names)}.")
    for line in wanted:
        shown = {"section": line.section, "key": line.key, "value": line.value, "source": line.source}
        show(json.dumps(shown, ensure_ascii=False) if is_json else _words(line))


@app.command("set")
def change_setting(
    key: Annotated[str, typer.Argument(help="As `config keys` names it: jobs.maxAttempts, tmdb.apiKey.")],
    value: Annotated[
        str, typer.Argument(help="Text or JSON; `null`: back to the default; `-`: from standard input, for secrets.")
    ],
    *,
    data: Data = None,
) -> None:
    """Set something, with effect at once, in a server that runs as well."""
    from metarr.cli.session import connected

    text = sys.stdin.readline().rstrip("\n") if value == "-" else value
    path, patch = _patch(key, text)
    run(connected(load(data), lambda client: client.send("PATCH", path, patch), is_looking=True))
    tell(f"{key} is set.")


@app.command("keys")
def list_keys(*, is_json: Json = False) -> None:
    """List what can be set, with default and meaning. Needs no server."""
    for key, default, words in known_keys():
        line = {"key": key, "default": default, "help": words}
        show(json.dumps(line, ensure_ascii=False) if is_json else f"{key} = {json.dumps(default)}\n    {words}")


@app.command("forget-secrets")
def forget_secrets(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Really: there is no way back.")] = False,
    data: Data = None,
) -> None:
    """Remove every sealed key and password from the database, when the secret key is lost. No server may run."""
    from metarr.cli.lock import DataLock
    from metarr.cli.session import held
    from metarr.errors import InvalidInput
    from metarr.model.audit import COMMAND_LINE, Deed
    from metarr.store import audit, sealed
    from metarr.store.opening import opened

    def body(tx: Tx) -> None:
        sealed.forget(tx)
        audit.record(tx, Deed.SECRETS_FORGOTTEN, by=COMMAND_LINE)

    if not yes:
        raise InvalidInput("This removes all keys and passwords from the database. Say --yes if you mean it.")
    config = load(data)
    with DataLock(config.data) as lock:
        if not lock.is_ours:
            raise held(lock)
        store = opened(config.data / "metarr.db", config.database_url)
        try:
            store.write_now(body)
        finally:
            store.close()
    tell("Everything sealed is removed. Enter the keys of providers, the passwords of players and the channels again.")


def known_keys() -> Iterator[tuple[str, Any, str]]:
    """Everything that `config set` takes: its key, default and meaning."""
    from metarr.actions.provider_settings import described
    from metarr.actions.settings import described as sections

    for group in sections():
        yield from ((f"{group.name}.{one.key}", one.default, one.help) for one in group.settings)
    for provider, one in described():
        if one.can_change:
            yield f"{provider}.{one.key}", one.default, one.help


def _patch(key: str, text: str) -> tuple[str, dict[str, Any]]:
    """The address and the body that set one key."""
    from metarr.actions.settings import patch_of
    from metarr.providers import PROVIDERS

    provider, _, name = key.partition(".")
    if provider in PROVIDERS:
        return f"/providers/{provider}/settings", {name: _value(text, is_text=name.lower().endswith(("key", "pin")))}
    section, patch = patch_of(key, _value(text, is_text=False))
    return f"/settings/{section}", patch


def _value(text: str, *, is_text: bool) -> Any:  # noqa: ANN401  any JSON
    """What was meant: JSON where it is some, else the text itself."""
    if is_text and text != "null":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _process(config: Config) -> Iterator[Line]:
    """What this process was configured with, by environment and file."""
    from metarr.actions.provider_settings import without_user
    from metarr.config import is_secret

    for key in sorted(config.given):
        source = "file" if key in config.in_file else "environment"
        value = HIDDEN if is_secret(key) else without_user(config.given[key])
        yield Line(PROCESS, PROCESS, f"METARR_{key.upper()}", value, source)


async def _stored(client: Client) -> list[Line]:
    from metarr.actions.settings import described, key_of
    from metarr.api.settings_shapes import Everything, ProviderSettings
    from metarr.providers import PROVIDERS

    values = (await client.get("/settings", Everything)).model_dump(by_alias=True)
    lines = [_setting(group.name, one, values[key_of(group.name)]) for group in described() for one in group.settings]
    for name in PROVIDERS:
        lines += _of_provider(await client.get(f"/providers/{name}/settings", ProviderSettings))
    return lines


def _setting(section: str, setting: Setting, values: Any) -> Line:  # noqa: ANN401  any JSON
    for part in setting.key.split("."):
        values = values[part]
    source = "default" if values == setting.default else "database"
    return Line(section, section, f"{section}.{setting.key}", values, source)


def _of_provider(provider: ProviderSettings) -> Iterator[Line]:
    for one in provider.settings:
        value = HIDDEN if one.is_secret and one.is_set else one.value
        key, source = f"{provider.name}.{one.key}", one.fixed_by or one.source.value
        yield Line(PROVIDERS, provider.name, key, value, source)


def _words(line: Line) -> str:
    text = line.value if isinstance(line.value, str) and line.value else json.dumps(line.value, ensure_ascii=False)
    return f"{line.key} = {text}  ({line.source})"
