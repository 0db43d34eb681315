"""OpenTelemetry traces, where the operator names a collector in the variables that all programs with traces know.

The spans of a workflow are one trace, whichever processes work on it: its id follows from the number of its first job
and from a mark that the database keeps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from metarr import config, tracing
from metarr.store import facts

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from metarr.store.db import Store

log = structlog.get_logger()


async def begin(stack: AsyncExitStack, store: Store) -> None:
    """Trace from now on, if it is wanted; the end of the stack sends what is left."""
    protocol = config.traces_by()
    if protocol is None:
        return
    if protocol != config.HTTP_PROTOBUF:
        log.warning("traces are sent as http/protobuf only; there will be none", asked_for=protocol)
        return
    try:
        from metarr.app import spans
    except ModuleNotFoundError as error:
        log.warning("traces were asked for (OTEL_…): install metarr[tracing]; there will be none", missing=error.name)
        return
    tracer = spans.exporting(await store.write(facts.mark))
    stack.push_async_callback(tracer.close)
    stack.callback(tracing.switch, None)
    tracing.switch(tracer)
