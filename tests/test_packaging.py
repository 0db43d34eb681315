"""What is shipped is whole: wheel, image, compose files, unit and template name only what there is."""

from __future__ import annotations

import http.server
import os
import re
import runpy
import subprocess
import sys
import tarfile
import threading
import zipfile
from contextlib import closing
from fnmatch import fnmatch
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
import yaml  # type: ignore[import-untyped]  # it has no types of its own, and one function is used
from typer.main import get_command

from metarr.cli import app
from metarr.config import OWN_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[1]
PACKAGING = ROOT / "packaging"
COMPOSE = {name: yaml.safe_load((PACKAGING / name).read_text()) for name in ("compose.yaml", "compose.postgres.yaml")}
SERVICES = {
    f"{file}: {name}": service for file, content in COMPOSE.items() for name, service in content["services"].items()
}
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "metarr"}
KNOWN = (
    {"PUID", "PGID", "UMASK", "TZ"}
    | {f"METARR_{key.upper()}" for key in OWN_KEYS}
    | set(re.findall(r"METARR_[A-Z_]+", (ROOT / "docs" / "manual.md").read_text()))
)
COMMANDS = set(get_command(app).commands)  # type: ignore[attr-defined]  # a group, as the app has several commands
PROGRAM = "/opt/metarr/bin/metarr"


def _steps() -> list[Any]:
    """The Dockerfile as packaging/prove reads it."""
    return list(runpy.run_path(str(PACKAGING / "prove"))["steps"]((PACKAGING / "Dockerfile").read_text()))


def _pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "locks" / lock).read_text(), re.MULTILINE))


# ── wheel and source ──


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "--target",
        "wheel",
        "--target",
        "sdist",
        "--directory",
        str(folder),
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


def _ours() -> set[str]:
    """Every file of the program, from the checkout."""
    places = (place for place in (ROOT / "src").rglob("*") if place.is_file())
    return {str(place.relative_to(ROOT / "src")) for place in places if "__pycache__" not in place.parts}


def test_the_wheel_holds_every_file_of_the_program_and_its_licence(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    assert {name for name in names if ".dist-info/" not in name} == _ours()
    assert any(fnmatch(name, "*.dist-info/licenses/LICENSE") for name in names)
    for kind in ("*.html", "*.css", "*.js", "*.svg", "*/versions/0*.py", "*.mako", "metarr/py.typed"):
        assert any(fnmatch(name, kind) for name in names), kind


def test_the_source_is_enough_to_build_the_image_and_to_test(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as source:
        names = {name.partition("/")[2] for name in source.getnames()}
    assert {f"src/{name}" for name in _ours()} <= names
    wanted = {str(p.relative_to(ROOT)) for p in PACKAGING.iterdir() if p.is_file()}
    assert wanted | {"locks/run.txt", "locks/build.txt", "test", "tests/conftest.py", "docs/install.md"} <= names


def test_what_builds_the_wheel_is_pinned_as_for_the_tests() -> None:
    pins = _pins("build.txt")
    assert pins.items() <= _pins("dev.txt").items()
    assert "hatchling" in pins
    assert not pins.keys() & _pins("run.txt").keys()  # docs/install.md installs both at once


# ── the image ──


def test_the_image_copies_only_what_there_is_and_what_the_ignore_file_lets_through() -> None:
    ignoring = (PACKAGING / "Dockerfile.dockerignore").read_text().split("\n")
    allowed = {line[1:] for line in ignoring if line.startswith("!")}
    copied = {
        name for step in _steps() if step.word == "COPY" and "from" not in step.flags for name in step.rest.split()[:-1]
    }
    assert copied == allowed
    assert [name for name in sorted(copied) if not (ROOT / name).exists()] == []


def test_the_image_starts_from_python_alone_and_stops_as_the_program_does() -> None:
    steps = _steps()
    assert {step.rest.split()[0] for step in steps if step.word == "FROM"} == {"python:3.13-slim-bookworm"}
    said = {step.word: step for step in steps}
    targets = {step.rest.split()[-1] for step in steps if step.word == "COPY"}
    assert said["STOPSIGNAL"].rest == "SIGTERM"
    assert said["ENTRYPOINT"].command[0] in targets
    assert said["HEALTHCHECK"].command[1] in targets
    assert said["CMD"].command[0] in COMMANDS
    assert {pair.split("=")[0] for pair in said["ENV"].rest.split()} <= KNOWN


@pytest.mark.parametrize("step", [s for s in _steps() if s.word == "RUN"], ids=lambda step: step.rest[:30])
def test_the_image_installs_nothing_that_is_not_pinned(step: Any) -> None:
    for command in re.findall(r"pip \S*.*?install (.*?)(?:&&|$)", step.rest):
        assert "--require-hashes" in command or "--no-index" in command


class _Health(http.server.BaseHTTPRequestHandler):
    answer = 200

    def do_GET(self) -> None:
        self.send_response(self.answer if self.path == "/health/live" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: a test reads what it wants to know."""


@pytest.fixture
def server() -> Iterator[int]:
    with http.server.HTTPServer(("127.0.0.1", 0), _Health) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running.server_port
        running.shutdown()
        thread.join()


def _health(port: int) -> subprocess.CompletedProcess[str]:
    environment = {"METARR_PORT": str(port), "http_proxy": "http://127.0.0.1:9"}
    return subprocess.run(
        [sys.executable, PACKAGING / "alive.py"], env=environment, capture_output=True, text=True, check=False
    )


def test_the_health_check_passes_while_the_server_answers(server: int) -> None:
    assert _health(server).returncode == 0


def test_the_health_check_says_what_the_server_answers_instead(server: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Health, "answer", 503)
    done = _health(server)
    assert (done.returncode, done.stderr.strip()) == (1, "answered 503")


def test_the_health_check_fails_where_nobody_answers() -> None:
    with closing(http.server.HTTPServer(("127.0.0.1", 0), _Health).socket) as closed:
        port = closed.getsockname()[1]
    done = _health(port)
    assert done.returncode == 1
    assert done.stderr.startswith("no answer")


# ── the entrypoint ──


class Entrance:
    """The entrypoint beside programs that only write down how they were called."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "config"
        self._bin = folder / "bin"
        self._bin.mkdir()
        self._log = folder / "log"
        self._program = self._tell("metarr")
        self._tell("setpriv")
        self._tell("chown")
        self._script = folder / "entrypoint.sh"
        self._script.write_text((PACKAGING / "entrypoint.sh").read_text().replace(PROGRAM, str(self._program)))

    def _tell(self, name: str, code: int = 0) -> Path:
        tell = 'for word in "$(basename "$0")" "$@"; do printf "%s|" "$word"; done'
        return self._write(
            name, f'{{ {tell}; echo "umask=${{METARR_UMASK-}} home=$HOME"; }} >>"{self._log}"\nexit {code}'
        )

    def _write(self, name: str, script: str) -> Path:
        path = self._bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def start(
        self,
        *arguments: str,
        uid: int = 0,
        owner: str = "0:0",
        chown: int = 0,
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[int, list[list[str]], str]:
        """Exit code, the calls with their words, and what it says. Each call ends with the variables it saw."""
        self._write("id", f"echo {uid}")
        self._write("stat", f"echo {owner}")
        self._tell("chown", chown)
        environment = {"PATH": f"{self._bin}:{os.environ['PATH']}", "METARR_DATA": str(self.data), **variables}
        done = subprocess.run(
            ["/bin/sh", self._script, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        program = str(self._program)
        return done.returncode, [line.replace(program, "PROGRAM").split("|") for line in lines], done.stderr


@pytest.fixture
def entrance(tmp_path: Path) -> Entrance:
    return Entrance(tmp_path)


def _dropped(uid: int, gid: int) -> list[str]:
    words = f"setpriv --reuid {uid} --regid {gid} --clear-groups --inh-caps=-all --no-new-privs PROGRAM"
    return words.split()


def test_the_first_start_gives_the_data_folder_away_and_becomes_the_user(entrance: Entrance) -> None:
    code, (chown, setpriv), said = entrance.start("serve")
    assert (code, said) == (0, "")
    assert chown[:-1] == ["chown", "-R", "1000:1000", str(entrance.data)]
    assert setpriv[:-1] == [*_dropped(1000, 1000), "serve"]
    assert setpriv[-1] == f"umask= home={entrance.data}"
    assert entrance.data.is_dir()


def test_a_later_start_changes_no_owner(entrance: Entrance) -> None:
    _, calls, _ = entrance.start("serve", owner="1000:1000")
    assert [call[0] for call in calls] == ["setpriv"]


def test_other_ids_than_before_get_the_data_folder(entrance: Entrance) -> None:
    _, (chown, setpriv), _ = entrance.start("serve", owner="1000:1000", variables={"PUID": "99", "PGID": "100"})
    assert chown[2] == "99:100"
    assert setpriv[:-1] == [*_dropped(99, 100), "serve"]


def test_a_folder_that_cannot_be_given_away_is_told_and_no_obstacle(entrance: Entrance) -> None:
    code, calls, said = entrance.start("serve", chown=1)
    assert (code, calls[-1][0]) == (0, "setpriv")
    assert f"{entrance.data} cannot be given to 1000:1000" in said


def test_who_is_not_root_stays_who_they_are(entrance: Entrance) -> None:
    code, calls, _ = entrance.start("backup", "--to", "/a folder", uid=1234, variables={"PUID": "99", "UMASK": "002"})
    assert code == 0
    assert calls == [["metarr", "backup", "--to", "/a folder", f"umask=002 home={entrance.data}"]]


@pytest.mark.parametrize(
    ("variables", "seen"),
    [
        pytest.param({"UMASK": "002"}, "002", id="UMASK is that of the libraries"),
        pytest.param({"UMASK": "002", "METARR_UMASK": "027"}, "027", id="the program's own variable wins"),
        pytest.param({"UMASK": ""}, "", id="an empty one leaves it to the folders"),
    ],
)
def test_the_umask(entrance: Entrance, variables: dict[str, str], seen: str) -> None:
    _, calls, _ = entrance.start("serve", variables=variables)
    assert calls[-1][-1].startswith(f"umask={seen} ")


@pytest.mark.parametrize(("name", "value"), [("PUID", "nobody"), ("PGID", "-1"), ("UMASK", "rwx"), ("UMASK", "088")])
def test_what_is_no_number_is_refused_before_anything_is_done(entrance: Entrance, name: str, value: str) -> None:
    code, calls, said = entrance.start("serve", variables={name: value})
    assert (code, calls) == (2, [])
    assert f"{name} is {value}" in said


# ── compose files, unit, template ──


@pytest.mark.parametrize("service", OURS.values(), ids=OURS.keys())
def test_a_service_of_ours_names_only_settings_and_commands_that_exist(service: dict[str, Any]) -> None:
    assert service["environment"].keys() <= KNOWN
    assert set(service.get("command", ["serve"])) <= COMMANDS
    assert {volume.partition(":")[2] for volume in service["volumes"]} >= {"/config"}


def test_the_images_are_our_own_and_postgresql() -> None:
    assert {service["image"] for service in SERVICES.values()} == {"metarr", "postgres:17-bookworm"}
    for service in SERVICES.values():
        if "build" in service:
            assert (PACKAGING / service["build"]["context"] / service["build"]["dockerfile"]).exists()


@pytest.mark.parametrize("service", OURS.values(), ids=OURS.keys())
def test_a_service_of_ours_is_confined_as_the_proof_runs_it(service: dict[str, Any]) -> None:
    confined = runpy.run_path(str(PACKAGING / "prove"))["CONFINED"]
    given = ["-all", *(f"+{name.lower()}" for name in service["cap_add"])]
    assert f"--bounding-set={','.join(given)}" in confined
    assert (service["cap_drop"], service["read_only"]) == (["ALL"], True)
    assert ("no-new-privileges:true" in service["security_opt"]) == ("--no-new-privs" in confined)


def test_postgresql_has_one_server_and_two_workers_that_share_all_it_tells_them() -> None:
    services = COMPOSE["compose.postgres.yaml"]["services"]
    server, worker = services["server"], services["worker"]
    assert worker["deploy"]["replicas"] == 2
    assert (worker["command"], worker["healthcheck"]) == (["worker"], {"disable": True})
    assert (worker["environment"], worker["volumes"]) == (server["environment"], server["volumes"])
    assert "METARR_DATABASE_URL" in server["environment"]
    assert services.keys() >= {*server["depends_on"], *worker["depends_on"]}


def test_the_unit_starts_the_command_that_the_guide_installs() -> None:
    lines = (PACKAGING / "metarr.service").read_text().splitlines()
    said = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    program, command = said["ExecStart"].split()
    guide = (ROOT / "docs" / "install.md").read_text()
    assert program == PROGRAM
    assert f"python3 -m venv {Path(PROGRAM).parents[1]}\n" in guide
    assert command in COMMANDS
    name, folder = said["Environment"].split("=")
    assert name in KNOWN
    assert folder == f"/var/lib/{said['StateDirectory']}"
    assert said["ProtectSystem"] == "strict"
    assert said["EnvironmentFile"].removeprefix("-") in guide


def test_the_template_for_unraid_names_what_the_image_has() -> None:
    configs = ET.parse(PACKAGING / "unraid.xml").getroot().findall("Config")  # noqa: S314  it is our own
    targets = {
        kind: {c.get("Target") for c in configs if c.get("Type") == kind} for kind in ("Port", "Path", "Variable")
    }
    said = {step.word: step.rest for step in _steps()}
    assert targets["Port"] == {said["EXPOSE"]}
    assert said["VOLUME"] in targets["Path"]
    assert targets["Variable"] <= KNOWN
