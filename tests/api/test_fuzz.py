"""The whole API under what nobody would send: whatever is asked, nothing breaks, and every answer is as described.

Schemathesis (https://schemathesis.readthedocs.io) makes requests from the description that the running program gives
of itself: a few for each operation here, and with `--long` every boundary, hundreds by chance, and chains of requests
that use each other's answers, on both databases. What it cannot write, as it is no JSON or no Unicode, stands before.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from furnished import furnished, island
from metarr.api import application
from metarr.web import BASE
from running import TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from postgres import PostgresServer
    from running import Running

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("island"),
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning"),  # Apprise's
]
__all__ = ["island"]
DOCUMENT = application.description()
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# Endless: tests of events read it. Nothing else is left out, as the key of this start cannot be taken back by anybody.
ENDLESS = f"{BASE}/events"
BRIEFLY = ("--phases=examples,fuzzing", "--max-examples=2", "--generation-deterministic")
AT_LENGTH = ("--phases=examples,coverage,fuzzing,stateful", "--max-examples=200", "--continue-on-failure")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    """One installation for the whole module: it may be spoilt by then, but never broken."""
    base = tmp_path_factory.mktemp("fuzz")
    (base / "data").mkdir()
    (base / "data" / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    return base


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(folder: Path) -> AsyncIterator[Running]:
    async with furnished(folder / "data", folder) as found:
        yield found


def _operations() -> Iterator[tuple[str, str, Any]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


async def test_a_picture_that_cannot_be_had_is_a_matter_of_its_address(house: Running) -> None:
    films = await house.get("/items", kind="movie", search="sintel")
    address = f"/items/{films['items'][0]['id']}/artwork/poster/fetch"
    status, answer = await house.ask("POST", address, json={"url": "https://pictures.example/a.jpg"})
    assert (status, "cannot be had" in answer["detail"]) == (422, True), answer


async def test_the_orders_that_are_known_are_told_with_who_cannot_be_asked(house: Running) -> None:
    [show] = (await house.get("/items", kind="series"))["items"]
    status, answer = await house.ask("PATCH", "/providers/tvdb/settings", json={"enabled": True, "apiKey": "any"})
    assert status == 200, answer
    answer = await house.get(f"/items/{show['id']}/episode-orders")
    assert answer["orders"][0] == {"key": "aired", "name": "as first aired"}
    assert set(answer["faults"]) == {"tvdb"}


ROUGH = {
    "nothing": b"",
    "half of it": b'{"a":',
    "no UTF-8": b'{"a":"\xff\xfe"}',
    "deeper than anybody reads": b"[" * 50_000,
    "a number of five thousand digits": b"9" * 5000,
    "half a pair of surrogates": rb'"\ud800"',
    "NUL": rb'"\u0000"',
    "no number": b"NaN",
    "null": b"null",
    "a list of itself": b"[[]]",
    "one key twice": b'{"a":1,"a":2}',
}
NASTY: tuple[Any, ...] = ("\0", "\ud800", "/\udcff", "", 2**63, -1, float("inf"), None, [])


def _bodies() -> Iterator[Any]:
    for path, method, operation in _operations():
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            yield pytest.param(method, path, content["application/json"]["schema"], id=f"{method} {path}")


@pytest.mark.parametrize(("method", "path", "schema"), list(_bodies()))
async def test_no_body_breaks_it(house: Running, method: str, path: str, schema: Mapping[str, Any]) -> None:
    spoilt = {repr(one): json.dumps(one).encode() for example in _examples(schema) for one in _spoilt(example)}
    address = _address(path)
    for name, body in (ROUGH | spoilt).items():
        await _check(house, method, address, f"{method} {path} with {name}", body)


async def _check(house: Running, method: str, address: str, what: str, body: bytes) -> None:
    url, headers = f"{house.app.url}{address}", {"Content-Type": "application/json"}
    async with house.client.request(method, url, data=body, headers=headers) as answer:
        text = await answer.text()
        assert answer.status < 500, f"{what}: {text}"
        if answer.status >= 400:
            assert answer.content_type == "application/problem+json", what


def _address(path: str) -> str:
    """An address of the route that names something there is, where numbers do."""
    names = {"kind": "scan", "name": "tmdb", "source": "radarr", "instance": "one", "sha256": "0" * 64}
    return re.sub(r"\{([^}]+)\}", lambda found: names.get(found[1], "1"), path)


def _examples(schema: Mapping[str, Any]) -> Iterator[Any]:
    """What the description gives as examples of a body, else what it says of its fields."""
    reference = schema.get("$ref")
    found = DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema
    yield from found.get("examples", ())
    for one in found.get("anyOf", ()):
        yield from _examples(one)
    if "properties" in found:
        yield dict.fromkeys(found["properties"], "x")


def _spoilt(example: Any) -> Iterator[Any]:
    """The example with one value, however deep, replaced by what nobody would send."""
    yield from NASTY
    if isinstance(example, dict):
        for key, value in example.items():
            yield from ({**example, key: one} for one in _spoilt(value))
    elif isinstance(example, list):
        for place, value in enumerate(example):
            yield from ([*example[:place], one, *example[place + 1 :]] for one in _spoilt(value))


@pytest.mark.parametrize(
    ("body", "kind", "status", "problem"),
    [
        (b'{"name":', "application/json", 400, "malformed"),
        (b"\xff", "application/json", 400, "malformed"),
        (b'{"name":"x"}', "text/plain", 415, "unsupported-type"),
        (b"<name/>", "application/xml; charset=utf-8", 415, "unsupported-type"),
        (b"{}", "application/json", 422, "invalid-input"),
        (b"{}", "application/vnd.of-ours+json", 422, "invalid-input"),
        (b"", "application/json", 422, "invalid-input"),
    ],
    ids=["half of it", "no text", "a text", "XML", "too little", "JSON of another name", "nothing"],
)
async def test_a_refusal_says_what_is_wrong_with_the_body(
    house: Running, body: bytes, kind: str, status: int, problem: str
) -> None:
    found, answer = await house.ask("POST", "/users", data=body, headers={"Content-Type": kind})
    assert (found, answer["type"]) == (status, f"urn:metarr:problem:{problem}"), answer


async def test_every_address_says_which_methods_it_takes(house: Running) -> None:
    for path, methods in DOCUMENT["paths"].items():
        for method in ("HEAD", "OPTIONS"):
            async with house.client.request(method, f"{house.app.url}{_address(path)}") as answer:
                assert answer.status == 405, f"{method} {path}"
                assert set(answer.headers["Allow"].split(", ")) >= {one.upper() for one in methods}, path


# Last, as little is left of what was there.
async def test_every_operation_answers_as_it_says(house: Running, tmp_path: Path) -> None:
    await _fuzz(house, tmp_path, *BRIEFLY)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_every_operation_keeps_answering(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    if not request.config.getoption("--long"):
        pytest.skip("takes very long: --long")
    options: dict[str, Any] = {}
    if kind == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        name = f"test_{uuid.uuid4().hex}"
        server.create_database(name)
        options["database_url"] = server.url(name)
    async with furnished(tmp_path / "data", tmp_path, **options) as house:
        await _fuzz(house, tmp_path, *AT_LENGTH)


async def _fuzz(house: Running, folder: Path, *options: str) -> None:
    """In a process of its own, which leaves its files in the folder. It waits ten seconds for the description, which
    takes long to make the first time.
    """
    await house.get("/openapi.json")
    program = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{house.app.url}{BASE}/openapi.json",
        f"--header=X-Api-Key: {TOKEN}",
        f"--exclude-path={ENDLESS}",
        f"--checks={','.join(CHECKS)}",
        "--warnings=off",
        "--request-timeout=30",
        "--no-color",
        *options,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await program.communicate()
    words = said.decode()
    assert program.returncode == 0, words
    tested = re.search(r"Tested: (\d+)", words)
    assert tested is not None
    assert int(tested[1]) == sum(1 for path, _, _ in _operations() if path != ENDLESS), words
