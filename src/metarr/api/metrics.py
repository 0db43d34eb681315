"""`/metrics`: the installation in numbers, as Prometheus reads them. A key comes as `Authorization: Bearer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

import metarr
from metarr.actions import figures, system
from metarr.api.deps import House
from metarr.web.access import READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from metarr.actions.figures import Counted
    from metarr.actions.installation import Installation
    from metarr.actions.system import System

router = Router(include_in_schema=False)


@router.get("/metrics", dependencies=[READ])
async def metrics(request: Request, house: House) -> Response:
    """Queue, phases, providers, cache, and how requests were answered."""
    return Response(await measured(request, house), media_type=CONTENT_TYPE_LATEST)


async def measured(request: Request, house: Installation) -> bytes:
    """All figures, as they are served."""
    registry = CollectorRegistry()
    registry.register(_Now(await system.report(house), await figures.count(house)))
    served: CollectorRegistry = request.app.state.metering.registry
    return generate_latest(registry) + generate_latest(served)


class _Now(Collector):
    """What was counted for one answer."""

    def __init__(self, found: System, counted: Counted) -> None:
        self._found = found
        self._counted = counted

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Every figure."""
        found, counted = self._found, self._counted
        yield _gauge(
            "metarr_info",
            "The version that runs.",
            ("version", "database"),
            [((metarr.__version__, found.database), 1)],
        )
        yield _gauge("metarr_uptime_seconds", "Since it was started.", (), [((), found.uptime.total_seconds())])
        yield _gauge("metarr_jobs", "Jobs by phase and state.", ("kind", "state"), _pairs(counted.jobs))
        yield _gauge("metarr_jobs_per_minute", "Jobs that ended, over ten minutes.", ("kind",), _ones(counted.pace))
        yield _gauge("metarr_items", "Items by kind and identity.", ("kind", "identity"), _pairs(counted.items))
        yield _gauge("metarr_database_bytes", "Size of the database.", (), [((), found.sizes.database)])
        yield _gauge("metarr_cache_bytes", "Size of the cache.", (), [((), found.sizes.cache)])
        yield _gauge("metarr_cache_files", "Files in the cache.", (), [((), found.sizes.blobs)])
        yield _gauge("metarr_recycle_bin_bytes", "What the recycle bin keeps.", (), [((), counted.bin_bytes)])
        yield _gauge("metarr_recycle_bin_files", "Files in it.", (), [((), counted.bin_files)])
        if found.free is not None:
            yield _gauge("metarr_free_bytes", "Free where the cache lies.", (), [((), found.free)])
        busy = [((one["id"], one["host"]), one["running"]) for one in found.workers]
        yield _gauge("metarr_worker_jobs", "Jobs that a worker runs.", ("worker", "host"), busy)
        used = [one for one in counted.providers if one.has_key]
        well = [((one.name,), int(one.state == "ok")) for one in used]
        yield _gauge("metarr_provider_up", "Whether a provider answers.", ("provider",), well)
        calls = [((one.name,), one.calls_today) for one in used]
        yield _gauge("metarr_provider_calls_today", "Calls of this process, since midnight UTC.", ("provider",), calls)


def _gauge(
    name: str, words: str, labels: Iterable[str], values: Iterable[tuple[Iterable[str], float]]
) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, words, labels=list(labels))
    for of, value in values:
        gauge.add_metric([str(one) for one in of], value)
    return gauge


def _pairs(counts: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[tuple[str, str], int]]:
    for outer, inner in counts.items():
        for name, count in inner.items():
            yield (outer, name), count


def _ones(values: Mapping[str, float]) -> Iterator[tuple[tuple[str], float]]:
    for name, value in values.items():
        yield (name,), value
