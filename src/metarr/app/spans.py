"""Spans by OpenTelemetry's SDK. Only imported where traces are wanted and the extra `tracing` is installed."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from contextlib import contextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from metarr import __version__
from metarr.tracing import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span

    from metarr.tracing import Facts

_KINDS: Final = {Role.ANSWER: SpanKind.SERVER, Role.QUESTION: SpanKind.CLIENT, Role.JOB: SpanKind.CONSUMER}


def exporting(mark: str) -> Spans:
    """Sends to the collector that the environment names. `mark`: of the installation."""
    return Spans(mark, BatchSpanProcessor(OTLPSpanExporter()))


class _Ids(RandomIdGenerator):
    """By chance, but for the one span of a workflow that all its processes know the id of."""

    def __init__(self) -> None:
        self._next = threading.local()

    @contextmanager
    def given(self, trace: int, span: int) -> Iterator[None]:
        """The next span has these."""
        self._next.ids = (trace, span)
        try:
            yield
        finally:
            self._next.ids = None

    def generate_trace_id(self) -> int:
        ids = getattr(self._next, "ids", None)
        return super().generate_trace_id() if ids is None else int(ids[0])

    def generate_span_id(self) -> int:
        ids = getattr(self._next, "ids", None)
        return super().generate_span_id() if ids is None else int(ids[1])


class _Noted:
    """A span that runs."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def note(self, facts: Facts, name: str | None = None) -> None:
        self._span.set_attributes(dict(facts))
        if name is not None:
            self._span.update_name(name)


class Spans:
    """Where this process's spans go. Its provider is its own: libraries that trace by themselves are not heard."""

    def __init__(self, mark: str, processor: SpanProcessor) -> None:
        self._mark = mark
        self._ids = _Ids()
        self._provider = TracerProvider(resource=_resource(), id_generator=self._ids, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("metarr", __version__)

    @contextmanager
    def span(self, name: str, role: Role, facts: Facts, workflow: int | None) -> Iterator[_Noted]:
        """An error's text may name what is nobody's business; its kind does not."""
        within = None if workflow is None else self._within(workflow)
        with self._tracer.start_as_current_span(
            name, within, _KINDS[role], dict(facts), record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield _Noted(span)
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
                raise

    def began(self, workflow: int, since: datetime, facts: Facts) -> None:
        with self._ids.given(*self._ids_of(workflow)):
            span = self._tracer.start_span(
                "workflow", _NOWHERE, SpanKind.PRODUCER, dict(facts), start_time=int(since.timestamp() * 1e9)
            )
        span.end()

    async def close(self) -> None:
        """Send what is left; a collector that does not answer is not waited for beyond the exporter's patience."""
        await asyncio.to_thread(self._provider.shutdown)

    def _within(self, workflow: int) -> Context:
        trace, span = self._ids_of(workflow)
        parent = SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
        return set_span_in_context(NonRecordingSpan(parent))

    def _ids_of(self, workflow: int) -> tuple[int, int]:
        """Of the trace and its first span; neither is ever 0, which would be none."""
        digest = blake2b(f"{self._mark}/{workflow}".encode(), digest_size=24).digest()
        return int.from_bytes(digest[:16]) or 1, int.from_bytes(digest[16:]) or 1


_NOWHERE = set_span_in_context(NonRecordingSpan(SpanContext(0, 0, is_remote=False)))


def _resource() -> Resource:
    """What is said of this process; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word."""
    own = {
        "service.name": "metarr",
        "service.version": __version__,
        "service.instance.id": f"{socket.gethostname()}-{os.getpid()}",
    }
    return Resource.create({**own, **OTELResourceDetector().detect().attributes})
