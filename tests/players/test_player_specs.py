"""Every request that the players send, and every answer of the doubles, against the servers' OpenAPI descriptions."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
import yaml  # type: ignore[import-untyped]  # it has no types of its own, and one function is used

from media_double import put_episode, put_film
from media_servers import film, opened
from metarr.model.media import ItemId, ItemKind
from metarr.players.base import Change

if TYPE_CHECKING:
    from pathlib import Path

    from aiohttp import web

    from media_double import Received
    from media_servers import Stage

pytestmark = pytest.mark.realdata


class Description:
    """An OpenAPI document as a judge of requests and answers."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._known: dict[str, Any] = {}
        self._paths = [
            (re.compile(re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(path)) + "$"), re.findall(r"{(\w+)}", path), item)
            for path, item in sorted(document["paths"].items(), key=lambda pair: pair[0].count("{"))
        ]

    def judge(self, one: Received, answer: web.Response) -> None:
        """Fails where the request or the answer is not as described."""
        operation, places = self._operation(one)
        parameters = [self._resolved(each) for each in operation.get("parameters", ())]
        by_name = {(each["in"], each["name"]): each for each in parameters}  # some are there twice; the nearer counts
        headers = {name.lower(): value for name, value in one.headers.items()}
        sent = {"path": places, "query": dict(one.query), "header": headers}
        free = False
        for each in by_name.values():
            name, where = each["name"], each["in"]
            is_query = self._resolved(each["schema"]).get("additionalProperties") is False and each.get("explode")
            free = free or bool(is_query)
            text = sent[where].pop(name.lower() if where == "header" else name, None)
            assert text is not None or not each.get("required"), f"{one.method} {one.path} lacks {name}"
            if text is not None:
                self._fit(self._value(text, each["schema"]), each["schema"], f"{one.method} {one.path} {name}")
        for scheme in self._document["components"]["securitySchemes"].values():
            assert headers.get(scheme["name"].lower()), f"{one.method} {one.path} lacks {scheme['name']}"
        assert free or not sent["query"], f"{one.method} {one.path} has {sent['query']}"
        self._judge_body(one, operation)
        self._judge_answer(one, operation, answer)

    def _operation(self, one: Received) -> tuple[dict[str, Any], dict[str, str]]:
        for pattern, names, item in self._paths:
            found = pattern.match(one.path)
            if found and one.method.lower() in item:
                own = item[one.method.lower()]
                shared = item.get("parameters", [])
                return {**own, "parameters": [*shared, *own.get("parameters", [])]}, dict(
                    zip(names, found.groups(), strict=True)
                )
        pytest.fail(f"no operation {one.method} {one.path}")

    def _judge_body(self, one: Received, operation: dict[str, Any]) -> None:
        described = operation.get("requestBody", {}).get("content", {}).get("application/json")
        assert (one.body is None) == (described is None), f"{one.method} {one.path}: a body or none"
        if described is not None:
            assert one.headers["content-type"] == "application/json"
            self._fit(one.body, described["schema"], f"body of {one.path}")

    def _judge_answer(self, one: Received, operation: dict[str, Any], answer: web.Response) -> None:
        described = self._resolved(operation["responses"][str(answer.status)])
        schema = described.get("content", {}).get("application/json", {}).get("schema")
        if schema is not None:
            # without formats: Jellyfin describes ids as UUIDs and writes them without their dashes
            self._fit(json.loads(answer.text or ""), schema, f"answer to {one.method} {one.path}", formats=False)

    def _value(self, text: str, schema: dict[str, Any]) -> Any:
        """A text of an address as what it stands for."""
        match self._type(schema):
            case "integer":
                return int(text)
            case "number":
                return float(text)
            case "boolean":
                return {"true": True, "false": False}[text]
            case "array":
                inner = self._resolved(schema)["items"]
                return [self._value(part, inner) for part in text.split(",")]
            case _:
                return text

    def _type(self, schema: dict[str, Any]) -> str:
        schema = self._resolved(schema)
        if "type" in schema:
            return str(schema["type"])
        return self._type(schema["allOf"][0]) if "allOf" in schema else "string"

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            target: Any = self._document
            for part in node["$ref"].split("/")[1:]:
                target = target[part]
            node = target
        return node

    def _fit(self, value: Any, schema: dict[str, Any], what: str, *, formats: bool = True) -> None:
        key = f"{formats} {json.dumps(schema, sort_keys=True)}"
        if key not in self._known:
            whole = {"allOf": [schema], "components": {"schemas": self._document["components"]["schemas"]}}
            self._known[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=formats)
        faults = [
            f"{list(fault.instance_path)}: {fault.message[:200]}" for fault in self._known[key].iter_errors(value)
        ]
        assert not faults, f"{what}: {faults[:5]}"


@pytest.fixture(scope="session")
def described(shared_data: Path) -> dict[str, Description]:
    """Read once: the files are large."""
    folder = shared_data / "6_specs"
    jellyfin = json.loads((folder / "jellyfin_openapi" / "jellyfin-openapi-stable.json").read_text("utf-8"))
    plex = (folder / "plex_openapi" / "plex-api-spec.yaml").read_text("utf-8")
    plain = json.loads(json.dumps(yaml.load(plex, yaml.CSafeLoader), default=str))
    return {"jellyfin": Description(jellyfin), "plex": Description(plain)}


@pytest.mark.parametrize("manner", ["as usual", "a trash that stays", "ids of its own", "deaf"])
@pytest.mark.parametrize("kind", ["jellyfin", "plex"])
async def test_requests_and_answers_are_as_described(
    described: dict[str, Description], tmp_path: Path, kind: str, manner: str
) -> None:
    for name in ("films", "shows"):
        (tmp_path / name).mkdir()
    put_film(tmp_path / "films", "Heat (1995)", art=("poster", "fanart", "clearlogo"))
    put_film(tmp_path / "films", "Ronin (1998)")
    put_film(tmp_path / "films", "Alien (1979)")
    put_episode(tmp_path / "shows", "Keepers", 1, 2)
    manners: dict[str, Any] = {}
    if (kind, manner) == ("plex", "a trash that stays"):
        manners = {"empties_trash": False}
    if (kind, manner) == ("jellyfin", "ids of its own"):
        manners = {"has_own_ids": True}
    async with opened(kind, tmp_path, **manners) as stage:
        if manner == "deaf" and kind == "jellyfin":
            stage.server.is_deaf = True  # type: ignore[union-attr]  # Jellyfin's alone
        await _everything(stage)
        assert len(stage.server.answered) > 20
        for one, answer in stage.server.answered:
            described[kind].judge(one, answer)


async def _everything(stage: Stage) -> None:
    """All that a player does."""
    stage.watch("Heat")
    stage.server.forgets_on_refresh = True
    await stage.player.check()
    await stage.player.activity()
    await stage.player.sees([str(stage.films)])
    heat = stage.films / "Heat (1995)"
    (heat / "Heat (1995).mkv").rename(heat / "Heat remux.mkv")
    (heat / "Heat (1995).nfo").rename(heat / "Heat remux.nfo")
    shutil.rmtree(stage.films / "Alien (1979)")
    put_film(stage.films, "Ronin (1998)", title="Ronin, restored")
    show = put_episode(stage.shows, "Keepers", 2, 1)
    video = show / "Season 02" / "Keepers S02E01.mkv"
    told: dict[str, Any] = {"title": "Keepers", "year": 2010}
    await stage.sync(
        film(heat, is_removed=True),
        film(heat, video="Heat remux"),
        film(stage.films / "Alien (1979)", item=3, is_removed=True),
        film(stage.films / "Ronin (1998)", item=4, title="Ronin, restored"),
        Change(ItemId(5), str(show), (str(video),), kind=ItemKind.EPISODE, season=2, episode=1, **told),
        Change(ItemId(6), str(show), (), kind=ItemKind.SEASON, season=2, **told),
        Change(ItemId(7), str(show), (), kind=ItemKind.SERIES, **told),
        film(stage.films / "Nothing (2000)", item=8),
    )
    stage.watch("Ronin, restored")
    await stage.sync(film(stage.films / "Ronin (1998)", item=4, title="Ronin, restored"))
