"""Ten thousand events, while whoever carries them is killed again and again and the line to the broker is cut."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from django.db import connection, transaction

from core.ids import uuid7
from core.tests.threads import in_parallel
from events.audit import verify_audit
from events.broker import Broker
from events.documents.models import AuditLog, BusinessEvent
from events.inbox import KILLED, MOST_DEATHS
from events.models import Event, InboxItem, InboxState
from events.queries import pipeline_status
from events.services import record
from events.tests.bad_line import BadLine
from fundsite.tests.processes import PATIENCE, ROOT, Process, database_url, environment, wait_until

EVENTS, THREADS, HOLDERS = 10_000, 4, 10  # holders per thread; each transaction has one event of each
ROLLED_BACK_EVERY, CUT_EVERY = 7, 125  # transactions


@dataclass
class Told:
    """What happened to each holder, in order; and what did not, for its transaction was rolled back."""

    happened: dict[uuid.UUID, list[uuid.UUID]]
    undone: list[uuid.UUID]


def tell(cut: Callable[[], object]) -> Told:
    """One thread's share of the events: each transaction is about several holders, and some come to nothing."""
    told = Told({uuid7(): [] for _ in range(HOLDERS)}, [])
    for number in range(EVENTS // THREADS // HOLDERS):
        if number % ROLLED_BACK_EVERY == 0:
            with transaction.atomic():
                told.undone += [sign_in(holder) for holder in told.happened]
                transaction.set_rollback(True)
        with transaction.atomic():
            ids = {holder: sign_in(holder) for holder in told.happened}
        for holder, event_id in ids.items():
            told.happened[holder].append(event_id)
        if number % CUT_EVERY == CUT_EVERY // 2:
            cut()
    return told


def sign_in(user_id: uuid.UUID) -> uuid.UUID:
    return record("accounts.login_succeeded", {"user_id": user_id}, actor_id=user_id)


@pytest.fixture
def nurseries(behind_the_line: Broker, tmp_path: Path) -> Iterator[list[Process]]:
    """Two relays and two consumers, living short lives behind a bad line."""
    broker = behind_the_line
    env = environment(
        DATABASE_URL=database_url(), BROKER_URL=broker.url, EVENTS_EXCHANGE=broker.exchange, LOG_LEVEL="ERROR"
    )
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE crash_tally (event_id uuid NOT NULL, place bigserial)")
    started = [
        Process([sys.executable, "-m", "fundsite.tests.nursery", role], cwd=ROOT, env=env, log=tmp_path / f"{role}{n}")
        for n in range(2)
        for role in ("relay", "documents")
    ]
    yield started
    for process in started:
        process.kill_group()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE crash_tally")


def test_every_event_arrives_exactly_once_and_in_order_whoever_dies(
    real_commits: None, nurseries: list[Process], line: BadLine
) -> None:
    wait_until(lambda: line.users >= len(nurseries), "all are at work")
    outcomes = in_parallel([partial(tell, line.cut)] * THREADS)
    told = [one for one in outcomes if isinstance(one, Told)]
    assert len(told) == THREADS, outcomes
    total = Event.objects.count()
    assert total >= EVENTS

    cuts = count()

    def archived() -> bool:
        if next(cuts) in range(20, 201, 40):  # every other second at first
            line.cut()
        return AuditLog.objects.count() == total

    wait_until(archived, "all is archived")
    wait_until(lambda: pipeline_status(["documents"]).consumers[0].behind == 0, "all is noted as handled")
    assert [process.stop() for process in nurseries] == [0] * 4, [process.said() for process in nurseries]
    assert all(deaths(process) > 3 for process in nurseries), [deaths(process) for process in nurseries]

    everything = set(Event.objects.values_list("id", flat=True))
    assert set(AuditLog.objects.values_list("id", flat=True)) == everything
    assert set(BusinessEvent.objects.values_list("id", flat=True)) == everything
    assert everything.isdisjoint(event for one in told for event in one.undone)
    assert tallied() == (total, total), "done twice, or undone"
    for holder, ids in ((holder, ids) for one in told for holder, ids in one.happened.items()):
        kept = BusinessEvent.objects.filter(holder_id=holder).order_by("position").values_list("id", flat=True)
        assert list(kept) == ids
    assert handled_out_of_order() == 0
    report = verify_audit()
    assert report.ok, report.findings
    assert (report.checked, report.pending, report.parked, report.unsealed) == (total, 0, 0, 0)


def test_without_a_broker_an_event_that_kills_is_parked_and_the_others_arrive(
    real_commits: None, tmp_path: Path
) -> None:
    holder = uuid7()
    before, deadly, after = [sign_in(holder) for _ in range(20)], sign_in(holder), [sign_in(holder) for _ in range(20)]
    env = environment(DATABASE_URL=database_url(), LOG_LEVEL="CRITICAL")
    command = [sys.executable, "-m", "fundsite.tests.deadly", str(deadly)]
    process = Process(command, cwd=ROOT, env=env, log=tmp_path / "deadly")
    try:
        assert process.popen.wait(PATIENCE) == 0, process.said()
    finally:
        process.kill_group()
    assert deaths(process) == MOST_DEATHS
    kept = BusinessEvent.objects.filter(holder_id=holder).order_by("position").values_list("id", flat=True)
    assert list(kept) == before + after
    parked = InboxItem.objects.exclude(state=InboxState.DONE).get()
    assert (parked.event_id, parked.state, parked.attempts) == (deadly, InboxState.PARKED, MOST_DEATHS)
    assert parked.reason == KILLED
    assert (pipeline_status().unpublished, verify_audit().parked) == (0, 1)


def deaths(process: Process) -> int:
    return int(process.said().rpartition("deaths: ")[2])


def tallied() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT event_id) FROM crash_tally")
        found: tuple[int, int] = cursor.fetchone()
    return found


def handled_out_of_order() -> int:
    """How many events were handled before an earlier one of the same holder."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM (
                   SELECT place, lag(place) OVER (PARTITION BY holder_id ORDER BY position) AS earlier
                   FROM business_events JOIN crash_tally ON event_id = _id WHERE holder_id IS NOT NULL) AS handled
               WHERE place < earlier"""
        )
        return int(cursor.fetchone()[0])
