"""The command line. Each command imports what it needs when it runs, so that `metarr identify` starts at once."""

from __future__ import annotations

import sys
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer
from typer.main import get_command_name

import metarr
from metarr.cli import (
    artwork,
    auditing,
    backups,
    channels,
    config,
    doctor,
    identities,
    items,
    jobs,
    libraries,
    looking,
    mappings,
    memory,
    players,
    providers,
    reading,
    schedules,
    supporting,
    undoing,
    users,
    verifying,
)
from metarr.cli.common import Data, Json, load, run, show, tell
from metarr.errors import MetarrError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer.models import CommandInfo

    from metarr.cli.report import Report
    from metarr.cli.work import Phase, Run

app = typer.Typer(
    name="metarr",
    help="Scans, enriches, publishes and protects the metadata and artwork of a media library.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(jobs.app, name="jobs")
app.add_typer(artwork.app, name="artwork")
app.command()(artwork.explain)
app.add_typer(reading.nfo, name="nfo")
app.command()(reading.probe)
app.add_typer(undoing.app, name="bin")
app.command()(undoing.undo)
app.command()(undoing.release)
app.command()(verifying.verifications)
app.command()(identities.review)
app.command()(identities.identity)
app.command()(identities.local)
app.command()(identities.order)
app.add_typer(items.app, name="items")
app.command()(items.edit)
app.command()(items.monitor)
app.command()(items.unmonitor)
app.command()(items.people)
app.command()(items.collections)
app.command()(looking.activity)
app.command()(auditing.audit)
app.command()(looking.system)
app.command()(looking.clean)
app.command()(doctor.doctor)
app.command()(supporting.support_bundle)
app.command()(backups.backup)
app.command()(backups.restore)
app.command()(backups.migrate_database)
app.add_typer(schedules.app, name="schedules")
app.add_typer(mappings.app, name="mappings")
app.add_typer(players.app, name="players")
app.add_typer(libraries.app, name="library")
app.add_typer(providers.app, name="providers")
app.add_typer(config.app, name="config")
app.add_typer(users.app, name="user")
app.add_typer(users.keys, name="key")
app.add_typer(channels.app, name="channels")
Target = Annotated[str, typer.Argument(help="An item's number, a path, or a library's name.")]
Only = Annotated[bool, typer.Option("--only", help="Do this phase only, nothing after it.")]


def main() -> None:
    """The program. Errors that were foreseen are one line; 0 is success, 1 an error, 2 bad usage, 3 something waits."""
    memory.arrange()
    try:
        _asked(sys.argv[1:])()
    except MetarrError as error:
        tell(f"metarr: {error}")
        sys.exit(1)


def _asked(arguments: Sequence[str]) -> typer.Typer:
    """The command that is asked for, alone: Typer works out all hundred otherwise, a tenth of a start."""
    name = arguments[0] if arguments else ""
    commands = [one for one in app.registered_commands if _named(one) == name]
    groups = [one for one in app.registered_groups if one.name == name]
    if not commands and not groups:
        return app
    one = copy(app)
    one.registered_commands, one.registered_groups = commands, groups
    return one


def _named(command: CommandInfo) -> str:
    return command.name or get_command_name(command.callback.__name__ if command.callback is not None else "")


def _version(*, is_wanted: bool) -> None:
    if is_wanted:
        show(f"metarr {metarr.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=lambda value: _version(is_wanted=value), is_eager=True)
    ] = False,
) -> None:
    """Options before any command; `--version` ends the program before it gets here."""


@app.command()
def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0: all.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0: any.")] = None,
    data: Data = None,
) -> None:
    """Run the server: jobs, API and the web page."""
    from metarr.cli import session

    config = load(data)
    config = replace(config, host=host or config.host, port=config.port if port is None else port)
    folder = config.data

    def say(url: str, code: str | None) -> None:
        tell(f"Metarr {metarr.__version__} is at {url} (data: {folder})")
        if code is not None:
            tell(f"Nobody has an account yet. Open {url}/setup; from another machine it asks for the setup code {code}")

    run(session.serve(config, say))


@app.command()
def worker(
    *,
    kinds: Annotated[
        str | None, typer.Option(help="Only jobs of these kinds: scan,enrich (METARR_WORKER_KINDS).")
    ] = None,
    libraries: Annotated[
        str | None, typer.Option(help="Only jobs of these libraries, by name (METARR_WORKER_LIBRARIES).")
    ] = None,
    data: Data = None,
) -> None:
    """Work on jobs beside a server, from any machine that reaches its PostgreSQL."""
    from metarr.cli import session
    from metarr.config import listed

    config = load(data)
    config = replace(
        config,
        worker_kinds=config.worker_kinds if kinds is None else listed(kinds),
        worker_libraries=config.worker_libraries if libraries is None else listed(libraries),
    )
    run(session.work(config, lambda: tell(f"Metarr {metarr.__version__} works on jobs (cache: {config.cache})")))


@app.command("run")
def run_chain(
    path: Annotated[str, typer.Argument(help="The library's folder, or a folder in a library.")],
    *,
    kind: Annotated[str, typer.Option(help="What the library holds.")] = "movies",
    auto_select: Annotated[bool, typer.Option("--auto-select", help="Choose artwork automatically.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Replace files that Metarr did not write; each is backed up first.")
    ] = False,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """Scan a folder and see everything in it through to the players."""
    from metarr.cli.client import absolute
    from metarr.cli.work import Run

    _do(Run(absolute(path), kind, auto_select, yes, tell), data, is_json=is_json)


@app.command()
def scan(
    target: Target,
    *,
    only: Only = False,
    accept_missing: Annotated[
        bool, typer.Option("--accept-missing", help="Believe that what is missing is gone, however much it is.")
    ] = False,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """Look for what is new, changed or gone."""
    _phase("scan", target, only=only, data=data, is_json=is_json, is_forced=accept_missing)


@app.command()
def enrich(target: Target, *, only: Only = False, data: Data = None, is_json: Json = False) -> None:
    """Ask the metadata providers again."""
    _phase("enrich", target, only=only, data=data, is_json=is_json)


@app.command()
def publish(target: Target, *, only: Only = False, data: Data = None, is_json: Json = False) -> None:
    """Write NFO files and artwork into the library."""
    _phase("publish", target, only=only, data=data, is_json=is_json)


@app.command()
def sync(target: Target, *, only: Only = False, data: Data = None, is_json: Json = False) -> None:
    """Tell the players, and read back what they show."""
    _phase("sync", target, only=only, data=data, is_json=is_json)


@app.command()
def verify(
    target: Target,
    *,
    deep: Annotated[
        bool, typer.Option("--deep", help="Read every byte, of a library but for files that were read this week.")
    ] = False,
    only: Only = False,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """Compare the library with what was published, and repair what differs."""
    from metarr.cli.work import Phase

    _do(Phase("verify", target, only, is_deep=deep), data, is_json=is_json)


@app.command()
def plan(target: Target, *, data: Data = None, is_json: Json = False) -> None:
    """Show what publishing would do. Changes nothing."""
    from metarr.cli import work
    from metarr.cli.session import connected

    plans = run(connected(load(data), lambda client: work.plans(client, target), is_looking=True))
    for one in plans:
        for line in [one.model_dump_json(by_alias=True)] if is_json else work.plan_lines(one):
            show(line)


@app.command()
def identify(
    paths: Annotated[list[str], typer.Argument(help="Paths, which need not exist; `-`: read them from stdin.")],
    *,
    is_json: Json = False,
    is_nul: Annotated[bool, typer.Option("-0", help="Paths on stdin end with NUL, not with a newline.")] = False,
) -> None:
    """Say what names mean, one line each (JSON unless on a terminal). Needs no database and no server."""
    from metarr.cli import identifying

    identifying.run(paths, is_json=is_json or not sys.stdout.isatty(), is_nul=is_nul)


@app.command()
def demo(*, data: Annotated[str, typer.Option(help="The demo's own folder.")] = "metarr-demo") -> None:
    """Try everything offline: open movies, a provider and a player that run inside this program."""
    from metarr.cli import demonstration

    code = run(demonstration.play(data))
    if code:
        raise typer.Exit(code)


def _phase(kind: str, target: str, *, only: bool, data: Data, is_json: bool, is_forced: bool = False) -> None:
    from metarr.cli.work import Phase

    _do(Phase(kind, target, only, is_forced), data, is_json=is_json)


def _do(work: Phase | Run, data: Data, *, is_json: bool) -> None:
    """Do it, show what it came to, and end with the code that says so."""
    from metarr.cli import report
    from metarr.cli.session import connected

    done: Report = run(connected(load(data), work))
    for line in [done.model_dump_json(by_alias=True)] if is_json else report.lines(done):
        show(line)
    if done.exit_code:
        raise typer.Exit(done.exit_code)
