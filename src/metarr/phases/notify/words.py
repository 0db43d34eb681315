"""What a message says: one per batch of events, made by templates that the owner may change.

Templates are Jinja's, in its sandbox: https://jinja.palletsprojects.com/en/stable/sandbox/. Events of one type are told
of together, failures first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from metarr.errors import InvalidInput
from metarr.jobs import policy
from metarr.model.event import EventType
from metarr.model.words import counted
from metarr.notifiers.base import Message, Severity
from metarr.settings import MessageTemplate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jinja2 import Template

    from metarr.model.event import Event

DEFAULT: Final = MessageTemplate(
    title="{{ event }}{% if count > 1 %} ({{ count }}){% endif %}",
    body=(
        "{% for one in items[:10] %}"
        "{{ [one.title, one.detail] | select | join(': ') }}{{ '\n' if not loop.last }}"
        "{% endfor %}{% if count > 10 %}\n… and {{ count - 10 }} more{% endif %}"
    ),
)
_NAMES: Final = frozenset({"event", "type", "count", "items", "first"})
_LONGEST: Final = 4000  # characters of a message; more is read nowhere, and Discord takes no more
_environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, trim_blocks=False)
_WARNINGS: Final = frozenset({EventType.VERIFICATION_COMPLETED})
_SUCCESSES: Final = frozenset({EventType.DOWNLOAD_COMPLETED, EventType.UPGRADE_COMPLETED, EventType.WORKFLOW_COMPLETED})


@dataclass(frozen=True, slots=True)
class Told:
    """An event with what people call the things that it is about."""

    event: Event
    title: str = ""
    year: int | None = None
    library: str = ""


def compose(news: Sequence[Told], templates: Mapping[EventType, MessageTemplate]) -> Message:
    """One message for all of it: a part for each type of event, the failures first.

    A template that breaks on what it is given is replaced by our own for that message.
    """
    ordered = sorted(news, key=lambda one: (not _is_failure(one.event.type), one.event.type, one.event.id))
    parts = [
        _part(kind, tuple(group), templates.get(kind, DEFAULT))
        for kind, group in groupby(ordered, key=lambda one: one.event.type)
    ]
    severity = max((_severity(one) for one in news), key=list(Severity).index)
    if len(parts) == 1:
        title, body = parts[0]
    else:
        title = f"Metarr: {counted(len(news), 'event')}"
        body = "\n\n".join(f"{head}\n{text}" if text else head for head, text in parts)
    return Message(title, body[:_LONGEST], severity)


def check(template: MessageTemplate) -> None:
    """Raise InvalidInput where a template is none, or names what there is not. What `data` holds differs by event."""
    for text in (template.title, template.body):
        try:
            unknown = meta.find_undeclared_variables(_environment.parse(text)) - _NAMES
        except TemplateError as error:
            raise _unusable(str(error)) from error
        if unknown:
            raise _unusable(f"there is no {min(unknown)!r}")


def preview(kind: EventType, template: MessageTemplate, real: Sequence[Told] = ()) -> Message:
    """What a template makes of real events of that type, or of an example where there are none. Raises InvalidInput."""
    news = tuple(real) or (_example(kind),)
    title, body = _rendered(template, _variables(kind, news))
    return Message(title, body[:_LONGEST], max((_severity(one) for one in news), key=list(Severity).index))


def in_words(kind: EventType) -> str:
    """The event's name for people."""
    return kind.value.replace("_", " ").capitalize()


def _part(kind: EventType, news: Sequence[Told], template: MessageTemplate) -> tuple[str, str]:
    variables = _variables(kind, news)
    try:
        return _rendered(template, variables)
    except InvalidInput:
        return _rendered(DEFAULT, variables)


def _rendered(template: MessageTemplate, variables: Mapping[str, Any]) -> tuple[str, str]:
    try:
        title = _compiled(template.title or DEFAULT.title).render(variables)
        body = _compiled(template.body or DEFAULT.body).render(variables)
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise _unusable(str(error)) from error
    return " ".join(title.split()), body.strip()


def _unusable(reason: str) -> InvalidInput:
    known = ", ".join((*sorted(_NAMES), "and of each of the items: title, year, library, detail, data"))
    return InvalidInput(f"The template cannot be used: {reason}. There are {known}.")


@lru_cache(maxsize=64)
def _compiled(text: str) -> Template:
    return _environment.from_string(text)


def _variables(kind: EventType, news: Iterable[Told]) -> dict[str, Any]:
    items = [
        {
            "title": _named(one),
            "year": one.year,
            "library": one.library,
            "detail": str(one.event.data.get("error") or one.event.data.get("summary") or ""),
            "data": dict(one.event.data),
        }
        for one in news
    ]
    return {"event": in_words(kind), "type": kind.value, "count": len(items), "items": items, "first": items[0]}


def _named(one: Told) -> str:
    return f"{one.title} ({one.year})" if one.title and one.year else one.title or one.library


def _example(kind: EventType) -> Told:
    from metarr.model.event import Event

    data = {"error": "The folder is read-only."} if _is_failure(kind) else {"summary": "3 files written"}
    return Told(Event(kind, data=data), "Sintel", 2010, "Films")


def _severity(one: Told) -> Severity:
    kind = one.event.type
    if _is_failure(kind):
        return Severity.ERROR
    if kind in _WARNINGS or one.event.data.get("has_problems"):
        return Severity.WARNING
    return Severity.SUCCESS if kind in _SUCCESSES else Severity.INFO


def _is_failure(kind: EventType) -> bool:
    return kind in policy.FAILED_EVENT.values()
