"""Traces: what arrives at a real collector on loopback, what does not, and what the program is without the extra."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from metarr import tracing
from metarr.app.spans import Spans
from metarr.app.tracing import begin
from metarr.config import traces_by
from metarr.store import facts
from metarr.tracing import Role
from running import enriching, make_film

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from metarr.store.db import Store

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TITLE = "Sintel"


@pytest.fixture(autouse=True)
def _silent_afterwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test's spans in the next one, and none of this machine's own settings."""
    for name in (ENDPOINT, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"):
        monkeypatch.delenv(name, raising=False)
    yield
    tracing.switch(None)


class Collector:
    """Takes spans as OTLP over HTTP, and says so."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []
        application = web.Application()
        application.router.add_post("/v1/traces", self._take)
        self.server = TestServer(application)

    async def _take(self, request: web.Request) -> web.Response:
        self.requests.append(ExportTraceServiceRequest.FromString(await request.read()))
        answer = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=answer, content_type="application/x-protobuf")

    @property
    def spans(self) -> list[Sent]:
        resources = [one for request in self.requests for one in request.resource_spans]
        return [span for one in resources for scope in one.scope_spans for span in scope.spans]


def noted(span: Sent) -> dict[str, Any]:
    return {fact.key: getattr(fact.value, fact.value.WhichOneof("value") or "") for fact in span.attributes}


async def test_a_workflow_is_one_trace_with_its_jobs_and_what_they_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_film(tmp_path / "films", f"{TITLE} (2010)")
    collector = Collector()
    async with collector.server:
        monkeypatch.setenv(ENDPOINT, str(collector.server.make_url("")))
        async with enriching(tmp_path / "data") as house:
            await house.ask("POST", "/libraries", json={"path": str(tmp_path / "films")})
            await house.ask("POST", "/libraries/1/scan")
            await house.until_idle()
    spans = {span.span_id: span for span in collector.spans}
    [root] = [span for span in spans.values() if span.name == "workflow" and noted(span)["metarr.workflow.id"] == 1]
    assert (root.kind, root.parent_span_id) == (Sent.SPAN_KIND_PRODUCER, b"")
    assert root.end_time_unix_nano >= root.start_time_unix_nano
    own = [span for span in spans.values() if span.trace_id == root.trace_id]
    jobs = {span.name: span for span in own if span.kind == Sent.SPAN_KIND_CONSUMER}
    assert {"job scan", "job enrich"} <= jobs.keys()
    assert {span.parent_span_id for span in jobs.values()} == {root.span_id}
    enrich = jobs["job enrich"]
    expected = {"metarr.job.kind": "enrich", "metarr.job.outcome": "completed", "metarr.job.attempt": 1}
    assert expected.items() <= noted(enrich).items()
    assert noted(enrich)["metarr.item.id"] > 0
    assert noted(enrich)["metarr.library.id"] == 1
    below = {span.span_id for span in own if span.kind == Sent.SPAN_KIND_CONSUMER}
    calls = [noted(span) for span in own if span.kind == Sent.SPAN_KIND_CLIENT and span.parent_span_id in below]
    expected = {"metarr.provider": "tmdb", "url.template": "/movie/{id}", "http.response.status_code": 200}
    assert [call for call in calls if expected.items() <= call.items()]
    answers = Counter(span.name for span in spans.values() if span.kind == Sent.SPAN_KIND_SERVER)
    assert any(name.startswith("POST /api/v1/libraries/{") for name in answers), answers
    everything = b"".join(request.SerializeToString() for request in collector.requests)
    for secret in (TITLE, "demo-key", "api_key", str(tmp_path)):
        assert secret.encode() not in everything, secret


async def test_without_a_collector_nothing_is_traced(store: Store) -> None:
    async with AsyncExitStack() as stack:
        await begin(stack, store)
        assert tracing.current() is None


def test_nothing_is_loaded_that_is_not_wanted() -> None:
    code = (
        "import sys, metarr.app.serve, metarr.app.hand; "
        "sys.exit(str([n for n in sys.modules if n.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))] or ''))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)
    assert not loaded.stderr.strip()


async def test_without_the_extra_the_program_says_so_and_works(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    monkeypatch.delitem(sys.modules, "metarr.app.spans")
    monkeypatch.delattr("metarr.app.spans")
    with structlog.testing.capture_logs() as logs:
        async with AsyncExitStack() as stack:
            await begin(stack, store)
            assert tracing.current() is None
    [line] = logs
    assert "install metarr[tracing]" in line["event"]


async def test_another_protocol_is_refused_in_words(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:4317")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with structlog.testing.capture_logs() as logs:
        async with AsyncExitStack() as stack:
            await begin(stack, store)
            assert tracing.current() is None
    assert "http/protobuf only" in logs[0]["event"]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({}, False, id="nothing is said"),
        pytest.param({ENDPOINT: "http://collector:4318"}, True, id="a collector is named"),
        pytest.param({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/v1/traces"}, True, id="one for traces alone"),
        pytest.param({ENDPOINT: " "}, False, id="an empty variable"),
        pytest.param({ENDPOINT: "http://c:4318", "OTEL_SDK_DISABLED": "True"}, False, id="switched off"),
        pytest.param({ENDPOINT: "http://c:4318", "OTEL_TRACES_EXPORTER": "none"}, False, id="traces are not exported"),
    ],
)
def test_traces_are_wanted_where_a_collector_is_named(environment: dict[str, str], expected: object) -> None:
    assert (traces_by(environment) is not None) is expected


async def test_an_installation_is_marked_once(store: Store) -> None:
    first = await store.write(facts.mark)
    assert len(first) == 32
    assert await store.write(facts.mark) == first


def test_processes_of_one_installation_agree_on_the_trace_of_a_workflow() -> None:
    exporter = InMemorySpanExporter()
    one, other, foreign = (Spans(mark, SimpleSpanProcessor(exporter)) for mark in ("a", "a", "b"))
    one.began(7, datetime.now(UTC), {})
    for spans in (one, other, foreign):
        with spans.span("job scan", Role.JOB, {}, 7):
            pass
    root, *jobs = exporter.get_finished_spans()
    assert root.context is not None
    assert [job.context is not None and job.context.trace_id == root.context.trace_id for job in jobs] == [
        True,
        True,
        False,
    ]
    assert [job.parent is not None and job.parent.span_id == root.context.span_id for job in jobs] == [
        True,
        True,
        False,
    ]


def test_an_error_is_noted_by_its_kind_alone() -> None:
    exporter = InMemorySpanExporter()
    tracing.switch(Spans("a", SimpleSpanProcessor(exporter)))
    with pytest.raises(ValueError, match="key=123"), tracing.span("job scan", Role.JOB, {}):
        raise ValueError("key=123")
    [span] = exporter.get_finished_spans()
    assert (span.attributes or {})["error.type"] == "ValueError"
    assert "123" not in span.to_json()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/movie/603", "/movie/{id}", id="a number"),
        pytest.param("/tv/1399/season/2/episode/3", "/tv/{id}/season/{id}/episode/{id}", id="numbers on the way"),
        pytest.param("/find/tt0133093", "/find/{id}", id="an id of another database"),
        pytest.param("/shows/82?embed=cast&api_key=secret", "/shows/{id}", id="a query goes"),
        pytest.param("/search/The%20Matrix", "/search/{id}", id="a title"),
        pytest.param("/Items/f27caa37e5142225cceded48f6553502", "/Items/{id}", id="a long id"),
        pytest.param("/", "/", id="the root"),
        pytest.param("", "/", id="nothing"),
    ],
)
def test_a_path_is_shown_without_what_it_is_about(path: str, expected: str) -> None:
    assert tracing.pattern(path) == expected
