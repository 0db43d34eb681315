"""What follows an attempt: tables of the decisions, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.errors import BadCredentials, InvalidInput, NotFound, Permanent, Transient, Wait
from metarr.jobs import policy
from metarr.jobs.policy import GiveUp, Retry
from metarr.model.event import EventType
from metarr.model.job import Job, JobId, JobKind, Snooze
from metarr.model.media import Identity, ItemId, ItemKind, ItemNeeds, LibraryId
from metarr.settings import JobSettings, PublishingSettings
from stages import ALL_ON, conditions

SETTINGS = JobSettings()
HEAT = ItemId(7)


def job(kind: JobKind = JobKind.SCAN, **rest: Any) -> Job:
    fields: dict[str, Any] = {
        "id": JobId(1),
        "kind": kind,
        "priority": 8,
        "item_id": None,
        "library_id": LibraryId(3),
        "payload": {},
        "is_bulk": False,
        "is_forced": False,
        "is_alone": False,
        "attempt": 1,
        "claim": "c",
        "parent_id": None,
        "root_id": JobId(1),
    }
    return Job(**{**fields, **rest})


def need(**rest: Any) -> ItemNeeds:
    fields: dict[str, Any] = {
        "item_id": HEAT,
        "kind": ItemKind.MOVIE,
        "identity": Identity.IDENTIFIED,
        "is_monitored": True,
        "is_held": False,
        "is_missing": False,
        "was_enriched": False,
        "is_published": False,
        "is_synced": False,
    }
    return ItemNeeds(**{**fields, **rest})


def phases(**config: Any) -> policy.Conditions:
    return conditions(phase_config={"playerSync": {"autoSync": True}, **config})


DONE = {"was_enriched": True, "is_published": True, "is_synced": True}


@pytest.mark.parametrize(
    ("lacking", "now", "expected"),
    [
        ({}, ALL_ON, JobKind.ENRICH),
        ({"was_enriched": True}, ALL_ON, JobKind.PUBLISH),
        ({"was_enriched": True, "is_published": True}, ALL_ON, JobKind.SYNC),
        (DONE, ALL_ON, None),
        ({}, phases(enrichment={"enabled": False}), JobKind.PUBLISH),
        ({}, conditions(providers={}), JobKind.PUBLISH),
        ({"was_enriched": True}, phases(publishing={"enabled": False}), JobKind.SYNC),
        ({"was_enriched": True, "is_published": True}, conditions(), None),
        ({"was_enriched": True, "is_published": True}, phases(playerSync={"enabled": False, "autoSync": True}), None),
        ({"is_monitored": False}, ALL_ON, JobKind.SYNC),
        ({"identity": Identity.REVIEW}, ALL_ON, JobKind.SYNC),
        ({"identity": Identity.GUESSED}, ALL_ON, JobKind.ENRICH),
        ({"identity": Identity.GUESSED, "was_enriched": True, "is_synced": True}, ALL_ON, None),
        ({"identity": Identity.LOCAL}, ALL_ON, JobKind.PUBLISH),
        ({"was_enriched": True, "is_held": True}, ALL_ON, JobKind.SYNC),
        ({"is_missing": True}, ALL_ON, JobKind.SYNC),
    ],
    ids=[
        "a new item is enriched",
        "an enriched one is published",
        "a published one is synced",
        "one that lacks nothing is left alone",
        "enrichment off: straight to publishing",
        "no provider has a key: straight to publishing",
        "publishing off: straight to the players",
        "automatic sync is off by default",
        "sync off",
        "not monitored: only the players hear of its files",
        "not identified: only the players hear of its files",
        "guessed: enrichment searches for it",
        "guessed and searched in vain: waits for a person",
        "home video: no provider is asked",
        "held after an undo: not published again",
        "missing: the players hear that it is gone",
    ],
)
def test_the_first_thing_an_item_lacks(
    lacking: dict[str, Any], now: policy.Conditions, expected: JobKind | None
) -> None:
    assert policy.lacks(need(**lacking), now) is expected
    followers = policy.successors(job(), [need(**lacking)], now)
    assert [new.kind for new in followers] == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("kind", "item", "expected"),
    [
        (JobKind.ENRICH, need(was_enriched=True), [JobKind.PUBLISH]),
        (JobKind.ENRICH, need(was_enriched=True, is_published=True), [JobKind.PUBLISH]),
        (JobKind.ENRICH, need(), [JobKind.PUBLISH]),
        (JobKind.ENRICH, need(identity=Identity.GUESSED), []),
        (JobKind.ENRICH, need(identity=Identity.REVIEW), [JobKind.SYNC]),
        (JobKind.PUBLISH, need(**DONE), [JobKind.SYNC]),
        (JobKind.SYNC, need(), []),
        (JobKind.VERIFY, need(), []),
        (JobKind.NOTIFY, need(), []),
        (JobKind.CLEAN, need(), []),
    ],
    ids=[
        "enriched: publish",
        "enriched again: publish again",
        "enrichment passed through: publish",
        "nothing was found for a guess: not enriched in a circle",
        "in doubt: the players only",
        "published: sync",
        "sync ends the chain",
        "verify stands apart",
        "notify stands apart",
        "clean stands apart",
    ],
)
def test_what_follows_a_phase(kind: JobKind, item: ItemNeeds, expected: list[JobKind]) -> None:
    assert [new.kind for new in policy.successors(job(kind, item_id=HEAT), [item], ALL_ON)] == expected


INNER = [ItemKind.SEASON, ItemKind.EPISODE]


@pytest.mark.parametrize("kind", INNER)
def test_what_belongs_to_a_show_waits_until_the_show_is_enriched(kind: ItemKind) -> None:
    waiting = need(kind=kind, is_show_enriched=False)
    assert policy.lacks(waiting, ALL_ON) is None
    assert policy.successors(job(), [waiting], ALL_ON) == []
    assert policy.lacks(need(kind=kind), ALL_ON) is JobKind.ENRICH


def test_an_enriched_show_is_followed_by_what_belongs_to_it_and_lacks_it() -> None:
    show = need(kind=ItemKind.SERIES, was_enriched=True)
    inner = [
        need(item_id=ItemId(8), kind=ItemKind.SEASON),
        need(item_id=ItemId(9), kind=ItemKind.EPISODE),
        need(item_id=ItemId(10), kind=ItemKind.EPISODE, was_enriched=True),
        need(item_id=ItemId(11), kind=ItemKind.EPISODE, is_missing=True),
    ]
    bulk = job(JobKind.ENRICH, item_id=HEAT, is_bulk=True, priority=10)
    new = policy.successors(bulk, [show, *inner], ALL_ON)
    assert [(one.kind, one.item_id, one.priority, one.is_bulk) for one in new] == [
        (JobKind.PUBLISH, HEAT, 5, True),
        (JobKind.ENRICH, 8, 5, True),
        (JobKind.ENRICH, 9, 5, True),
        (JobKind.PUBLISH, 10, 5, True),
        (JobKind.SYNC, None, 5, True),
    ]


def test_a_movie_s_set_is_enriched_after_it() -> None:
    both = [need(was_enriched=True), need(item_id=ItemId(8), kind=ItemKind.COLLECTION)]
    new = policy.successors(job(JobKind.ENRICH, item_id=HEAT), both, ALL_ON)
    assert [(one.kind, one.item_id) for one in new] == [(JobKind.PUBLISH, HEAT), (JobKind.ENRICH, 8)]


def test_what_players_are_not_told_of_is_published_and_goes_no_further() -> None:
    item = need(kind=ItemKind.COLLECTION, was_enriched=True)
    assert policy.successors(job(JobKind.PUBLISH, item_id=HEAT), [item], ALL_ON) == []
    assert policy.lacks(replace(item, is_published=True), ALL_ON) is None


@pytest.mark.parametrize("kind", [ItemKind.SERIES, *INNER])
def test_players_are_told_of_a_show_with_all_that_was_published_of_it(kind: ItemKind) -> None:
    """One job notes it for them, a moment later, however many episodes there are."""
    item = need(kind=kind, was_enriched=True, is_published=True)
    assert policy.lacks(item, ALL_ON) is JobKind.SYNC
    for parent in (job(JobKind.PUBLISH, item_id=HEAT, library_id=LibraryId(3)), job(library_id=LibraryId(3))):
        [sync] = policy.successors(parent, [item], ALL_ON)
        assert (sync.item_id, sync.library_id, sync.is_bulk, sync.delay) == (None, 3, False, timedelta(seconds=2))


def test_an_episode_has_no_job_that_would_only_pass_through() -> None:
    now = conditions()
    found = [policy.successors(job(JobKind.PUBLISH), [need(kind=kind)], now) for kind in (ItemKind.MOVIE, *INNER)]
    assert [len(one) for one in found] == [1, 0, 0]


@pytest.mark.parametrize(("folder", "expected"), [("", None), ("Sets", JobKind.PUBLISH)])
def test_a_set_is_published_where_the_owner_named_a_folder_for_sets(folder: str, expected: JobKind | None) -> None:
    settings = ALL_ON.settings.model_copy(update={"publishing": PublishingSettings(movie_sets_folder=folder)})
    item = need(kind=ItemKind.COLLECTION, was_enriched=True)
    assert policy.lacks(item, replace(ALL_ON, settings=settings)) is expected


def test_only_kinds_that_some_provider_knows_are_enriched() -> None:
    tv_only = conditions(providers={"tvmaze": frozenset({ItemKind.SERIES, *INNER})})
    assert policy.lacks(need(), tv_only) is JobKind.PUBLISH
    assert policy.lacks(need(kind=ItemKind.SERIES), tv_only) is JobKind.ENRICH


@pytest.mark.parametrize(
    ("kind", "library", "is_bulk", "is_stopped"),
    [
        (JobKind.ENRICH, 3, True, True),
        (JobKind.ENRICH, 4, True, False),
        (JobKind.ENRICH, 3, False, False),
        (JobKind.SCAN, 3, True, False),
    ],
    ids=["a bulk one", "of another library", "a click", "another phase"],
)
def test_a_paused_library_holds_up_its_bulk_enrichment_and_nothing_else(
    kind: JobKind, library: int, *, is_bulk: bool, is_stopped: bool
) -> None:
    now = replace(ALL_ON, paused=frozenset({LibraryId(3)}))
    waits = policy.is_paused(job(kind, library_id=LibraryId(library), is_bulk=is_bulk), now)
    assert (waits is not None) is is_stopped


@pytest.mark.parametrize("kind", list(JobKind))
def test_nothing_follows_a_phase_that_was_asked_for_alone(kind: JobKind) -> None:
    assert policy.successors(job(kind, is_alone=True), [need()], ALL_ON) == []


@pytest.mark.parametrize(
    ("parent", "priority"),
    [
        (job(priority=8), 8),
        (job(priority=10), 10),
        (job(priority=10, is_bulk=True), 5),
        (job(priority=3, is_bulk=True), 3),
    ],
    ids=["webhook", "click", "library scan asked for by a person", "nightly work"],
)
def test_successors_inherit_urgency_except_from_library_wide_work(parent: Job, priority: int) -> None:
    [new] = policy.successors(parent, [need()], ALL_ON)
    assert (new.priority, new.is_bulk, new.item_id) == (priority, parent.is_bulk, HEAT)


def test_players_are_told_of_a_bulk_workflow_library_by_library() -> None:
    published = job(JobKind.PUBLISH, is_bulk=True)
    new = policy.successors(published, [need(item_id=1), need(item_id=2)], ALL_ON)
    assert {(sync.item_id, sync.library_id, sync.dedupe_key) for sync in new} == {(None, 3, "sync:library:3")}


@pytest.mark.parametrize(
    ("kind", "parent", "now", "passes"),
    [
        (JobKind.ENRICH, None, ALL_ON, False),
        (JobKind.ENRICH, None, phases(enrichment={"enabled": False}), True),
        (JobKind.ENRICH, None, conditions(providers={}), True),
        (JobKind.PUBLISH, None, ALL_ON, False),
        (JobKind.PUBLISH, None, phases(publishing={"enabled": False}), True),
        (JobKind.SYNC, 1, ALL_ON, False),
        (JobKind.SYNC, 1, conditions(), True),
        (JobKind.SYNC, None, conditions(), True),
        (JobKind.SYNC, "by hand", conditions(), False),
        (JobKind.SYNC, None, conditions(can_sync=False), True),
        (JobKind.SYNC, None, phases(playerSync={"enabled": False}), True),
        (JobKind.SCAN, None, phases(enrichment={"enabled": False}), False),
        (JobKind.VERIFY, None, conditions(providers={}), False),
    ],
    ids=[
        "enrichment on",
        "enrichment off",
        "no provider",
        "publishing on",
        "publishing off",
        "chained sync with autoSync",
        "chained sync without autoSync",
        "and so one that nobody asked for",
        "sync by hand always works",
        "no player",
        "sync off",
        "scans always run",
        "verification needs no provider",
    ],
)
def test_disabled_phases_are_passed_through_with_a_reason(
    kind: JobKind, parent: int | str | None, now: policy.Conditions, *, passes: bool
) -> None:
    reason = policy.passes_through(job(kind, library_id=LibraryId(3), is_forced=parent == "by hand"), now)
    assert bool(reason) is passes


@pytest.mark.parametrize(
    ("error", "attempt", "expected"),
    [
        (Transient("timeout"), 1, Retry(timedelta(seconds=5))),
        (Transient("timeout"), 2, Retry(timedelta(seconds=10))),
        (Transient("timeout"), 3, GiveUp()),
        (Transient("slow down", retry_after=timedelta(seconds=90)), 1, Retry(timedelta(seconds=90))),
        (Transient("slow down", retry_after=timedelta(seconds=1)), 2, Retry(timedelta(seconds=10))),
        (Permanent("gone"), 1, GiveUp()),
        (BadCredentials("key"), 1, GiveUp()),
        (InvalidInput("bad"), 1, GiveUp()),
        (NotFound("no item 3"), 1, GiveUp()),
        (KeyError("surprise"), 1, Retry(timedelta(seconds=5))),
        (KeyError("surprise"), 3, GiveUp()),
        (
            Wait("down", cause="tmdb:down", delay=timedelta(minutes=5)),
            3,
            Snooze(timedelta(minutes=5), "down", "tmdb:down"),
        ),
    ],
    ids=[
        "a passing fault",
        "twice as long the second time",
        "three attempts, then the dead letter",
        "Retry-After is honoured",
        "but never shortens the pause",
        "permanent",
        "bad credentials",
        "invalid input",
        "not found",
        "an unforeseen fault may pass",
        "or not",
        "waiting spends no attempt",
    ],
)
def test_errors_decide(error: Exception, attempt: int, expected: Retry | GiveUp | Snooze) -> None:
    assert policy.after_error(error, attempt, SETTINGS, jitter=0.5) == expected


@given(st.integers(1, 12), st.floats(0, 1))
def test_the_pause_doubles_and_is_spread_by_a_quarter(attempt: int, jitter: float) -> None:
    middle = 5.0 * 2 ** (attempt - 1)
    assert 0.75 * middle - 1e-3 <= policy.backoff(attempt, SETTINGS, jitter).total_seconds() <= 1.25 * middle + 1e-3


@pytest.mark.parametrize(
    ("event", "data", "expected"),
    [
        pytest.param(EventType.PUBLISHING_COMPLETED, {}, True, id="one item"),
        pytest.param(EventType.PUBLISHING_COMPLETED, {"is_bulk": True}, False, id="one of thousands"),
        pytest.param(EventType.SCAN_COMPLETED, {"is_bulk": True}, True, id="the scan's summary"),
        pytest.param(EventType.VERIFICATION_COMPLETED, {"is_bulk": True}, True, id="the verification's summary"),
        pytest.param(EventType.VERIFICATION_COMPLETED, {"is_clean": True}, False, id="all is well"),
        pytest.param(EventType.ENRICHMENT_FAILED, {"is_bulk": True}, True, id="failures always"),
    ],
)
def test_channels_hear_of_what_matters_only(event: EventType, data: dict[str, Any], *, expected: bool) -> None:
    assert policy.is_notice(event, data) is expected


@pytest.mark.parametrize(
    ("kind", "report", "expected"),
    [
        (JobKind.VERIFY, {"found": 0, "problems": []}, True),
        (JobKind.VERIFY, {"found": 2}, False),
        (JobKind.VERIFY, {"found": 0, "problems": ["cannot be read"]}, False),
        (JobKind.SCAN, {}, False),
    ],
    ids=["nothing found", "differences", "problems", "other work"],
)
def test_only_a_verification_without_findings_is_clean(
    kind: JobKind, report: dict[str, Any], *, expected: bool
) -> None:
    assert policy.is_clean(kind, report) is expected


@pytest.mark.parametrize("kind", list(JobKind))
def test_every_kind_has_its_failure_event_and_its_patience(kind: JobKind) -> None:
    assert policy.FAILED_EVENT[kind]
    assert policy.PATIENCE[kind] > timedelta()
