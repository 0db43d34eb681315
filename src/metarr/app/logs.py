"""The log: one event per fact on standard error, for people."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from metarr.errors import InvalidInput

LEVELS = ("debug", "info", "warning", "error", "critical")


def configure(level: str) -> None:
    """Send this program's log and the libraries' warnings to standard error. Raises InvalidInput."""
    if level not in LEVELS:
        raise InvalidInput(f"METARR_LOG_LEVEL must be one of {', '.join(LEVELS)}, not {level!r}.")
    number = getattr(logging, level.upper())
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr, format="%(name)s: %(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
            # Plain: a traceback with the frames' variables would show keys and passwords.
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_to_stderr,
        cache_logger_on_first_use=False,
    )


def _to_stderr(*_: Any) -> structlog.PrintLogger:  # noqa: ANN401  structlog's own signature
    """Looked up each time: a progress bar puts itself in place of standard error while it is shown."""
    return structlog.PrintLogger(sys.stderr)
