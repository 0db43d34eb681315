"""What the program logs while tests run, in the form that costs least: pytest shows it with what failed."""

from __future__ import annotations

import structlog


def log_plainly() -> None:
    """structlog's default draws every exception with the frames' variables: a great part of a run with faults."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    )
