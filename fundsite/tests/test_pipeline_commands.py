"""`manage.py relay`, `consume` and `events`: what operators say to the events' way."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from core.ids import uuid7
from core.tests.snapshots import snapshot
from events.broker import Broker
from events.documents.models import AuditLog
from events.models import Event, InboxItem, InboxState
from events.queries import pipeline_status
from events.tests.diary import Diary, login
from fundsite import pipeline
from fundsite.tests.processes import ROOT, Process, database_url, environment, wait_until

NOWHERE = "amqp://guest:guest@127.0.0.1:1//"


def said(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def diary(monkeypatch: pytest.MonkeyPatch) -> Diary:
    """The only consumer there is."""
    diary = Diary()
    monkeypatch.setattr(pipeline, "consumers", lambda: [diary])
    return diary


@pytest.mark.django_db
def test_without_a_broker_the_relay_feeds_the_consumers_itself(diary: Diary) -> None:
    login()
    assert said("relay", "--once").startswith("sealed and published: ")
    assert len(diary.seen) == Event.objects.count()
    assert said("relay", "--once") == "sealed and published: 0\n"


def test_with_a_broker_the_relay_publishes_and_a_consumer_consumes(
    real_commits: None, broker: Broker, settings: Settings, diary: Diary
) -> None:
    settings.BROKER_URL, settings.EVENTS_EXCHANGE = broker.url, broker.exchange
    login()
    said("relay", "--once")
    assert diary.seen == []
    found = json.loads(said("events", "status", "--json"))
    assert found["queues"] == {"diary": {"waiting": Event.objects.count(), "dead": 0}}
    assert found["consumers"][0]["behind"] == Event.objects.count()
    said("consume", "diary", "--once")
    assert len(diary.seen) == Event.objects.count()
    assert "queue of diary: 0 waiting, 0 dead letters" in said("events", "status")


@pytest.mark.django_db
def test_a_consumer_that_there_is_not_is_refused_with_those_that_there_are(diary: Diary) -> None:
    before = snapshot()
    for command in (("consume", "dairy"), ("events", "redrive", "--consumer", "dairy")):
        with pytest.raises(CommandError, match=r"no consumer 'dairy' here\. Known: diary"):
            call_command(*command)
    assert snapshot() == before


def test_consuming_without_a_broker_says_what_to_do(diary: Diary) -> None:
    with pytest.raises(CommandError, match="BROKER_URL=amqp://"):
        call_command("consume", "diary")


def test_a_broker_that_is_none_of_ours_is_refused(settings: Settings) -> None:
    settings.BROKER_URL = "redis://localhost"
    with pytest.raises(ImproperlyConfigured, match="RabbitMQ"):
        call_command("relay", "--once")


@pytest.mark.django_db
def test_a_relay_does_not_begin_by_a_pooled_connection(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The locks of its lanes would stay with whichever connection of the pool took them, and the lanes with nobody."""
    monkeypatch.setitem(settings.DATABASES["default"], "DISABLE_SERVER_SIDE_CURSORS", True)
    login()
    before = pipeline_status().unsealed
    with pytest.raises(ImproperlyConfigured, match="PGBOUNCER"):
        call_command("relay", "--once")
    assert pipeline_status().unsealed == before > 0


@pytest.mark.django_db
def test_a_broker_that_does_not_answer_is_an_error_once_and_a_line_of_the_state(settings: Settings) -> None:
    settings.BROKER_URL = NOWHERE
    login()
    with pytest.raises(CommandError, match="broker"):
        call_command("relay", "--once")
    assert pipeline_status().unpublished == Event.objects.count()
    assert "the broker does not answer" in said("events", "status")
    assert json.loads(said("events", "status", "--json"))["queues"] is None
    with pytest.raises(CommandError):
        call_command("events", "redrive")


@pytest.mark.django_db
def test_parked_events_are_shown_and_given_again(diary: Diary) -> None:
    bad = login()
    diary.bad = {bad}
    said("relay", "--once")
    assert "0 behind (0.0 s), 0 failed, 1 parked" in said("events", "status")
    assert json.loads(said("events", "redrive", "--id", str(uuid7()), "--json")) == {"redriven": {"diary": 0}}
    diary.bad = set()
    assert said("events", "redrive", "--consumer", "diary", "--id", str(bad)) == "diary: 1 given again\n"
    assert not InboxItem.objects.exclude(state=InboxState.DONE).exists()


@pytest.mark.django_db
def test_pruning_asks_for_a_sensible_age(diary: Diary) -> None:
    said("relay", "--once")
    assert said("events", "prune", "--days", "1") == "forgotten: 0\n"
    assert json.loads(said("events", "prune", "--days", "1", "--json")) == {"pruned": 0}
    before = snapshot()
    for days in ("0", "-1", "900000", "999999999999"):
        with pytest.raises(CommandError, match="1 or more"):
            call_command("events", "prune", "--days", days)
    assert snapshot() == before


@pytest.mark.parametrize("arguments", [["events"], ["events", "stop"], ["events", "prune"], ["consume"]])
def test_what_a_command_lacks_is_said(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command(*arguments)


@pytest.fixture
def manage(broker: Broker, tmp_path: Path) -> Callable[..., Process]:
    """Starts `manage.py` as a process of its own, on the database and the broker of the test."""

    def start(*arguments: str) -> Process:
        env = environment(DATABASE_URL=database_url(), BROKER_URL=broker.url, EVENTS_EXCHANGE=broker.exchange)
        command = [sys.executable, "manage.py", *arguments]
        return Process(command, cwd=ROOT, env=env, log=tmp_path / f"{arguments[0]}.log")

    return start


def test_the_processes_do_their_work_and_end_well_when_asked(
    real_commits: None, manage: Callable[..., Process]
) -> None:
    started = [manage("relay"), manage("consume", "documents")]
    try:
        for _ in range(3):
            login()
        wait_until(lambda: AuditLog.objects.count() == Event.objects.count(), "all is archived", started[1])
        assert [process.stop() for process in started] == [0, 0], [process.said() for process in started]
        assert pipeline_status(["documents"]).consumers[0].behind == 0
    finally:
        for process in started:
            process.kill_group()
