"""The log: one event per fact, with the job, phase and item that it is about.

On standard error for people, or as JSON for whoever collects logs; beside that always as JSON into files of the data
folder, of which only so many are kept. `actions/logs.py` reads those.
"""

from __future__ import annotations

import logging
import sys
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING, Any, Final

import structlog

from metarr.errors import InvalidInput
from metarr.model.logged import FILE, FILES_KEPT, LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from structlog.typing import Processor

FORMATS: Final = ("text", "json")
_LARGEST = 5_000_000  # bytes of one file
_COMMON: Sequence[Processor] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
)
# Plain: a traceback with the frames' variables would show keys and passwords.
_PLAIN = structlog.dev.plain_traceback


def configure(level: str, form: str = "text", folder: Path | None = None) -> None:
    """Where this program's log and the libraries' warnings go. `folder`: for files; None: there are none.

    Raises InvalidInput for a level or a form that there is not.
    """
    if level not in LEVELS:
        raise InvalidInput(f"METARR_LOG_LEVEL must be one of {', '.join(LEVELS)}, not {level!r}.")
    if form not in FORMATS:
        raise InvalidInput(f"METARR_LOG_FORMAT must be one of {', '.join(FORMATS)}, not {form!r}.")
    number = getattr(logging, level.upper())
    console = _Console()
    console.setFormatter(_formatter(_as_json() if form == "json" else _as_text()))
    handlers: list[logging.Handler] = [console]
    if folder is not None:
        handlers.append(_file(folder))
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old, _Console | _File):
            root.removeHandler(old)
            old.close()
    for handler in handlers:
        handler.setLevel(number)
        root.addHandler(handler)
    root.setLevel(logging.WARNING)  # of libraries, whatever is logged of it: what Apprise warns of is read
    logging.getLogger("metarr").setLevel(number)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_COMMON, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=lambda *_: logging.getLogger("metarr"),
        cache_logger_on_first_use=False,
    )


class _Console(logging.StreamHandler[Any]):
    """Standard error, looked up each time: a progress bar puts itself in its place while it is shown."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:  # noqa: ANN401  whatever stands there
        return sys.stderr


class _File(RotatingFileHandler):
    """A file that nobody else reads."""


def _file(folder: Path) -> _File:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = _File(folder / FILE, maxBytes=_LARGEST, backupCount=FILES_KEPT, encoding="utf-8", errors="replace")
    except OSError as error:
        raise InvalidInput(f"The log cannot be written into {folder}: {error.strerror}.") from error
    handler.setFormatter(_formatter(_as_json()))
    return handler


def _formatter(last: Sequence[Processor]) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *_COMMON],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )


def _as_text() -> Sequence[Processor]:
    return (
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_PLAIN),
    )


def _as_json() -> Sequence[Processor]:
    return (
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    )
