"""While any part of the events' way is down, money moves as ever; afterwards everything arrives."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection

from conftest import Cast
from core.tests.threads import eventually, other_session
from events.broker import Broker, BrokerTransport
from events.inbox import Unavailable
from events.models import Event, InboxItem, InboxState
from events.queries import ConsumerStatus, pipeline_status
from events.receiver import run_consumer
from events.relay import drain, run
from events.tests.diary import Diary
from events.tests.posts import running
from events.transport import Direct
from tests.api import Api


def diary_status() -> ConsumerStatus:
    return pipeline_status(["diary"]).consumers[0]


def caught_up() -> bool:
    status = pipeline_status(["diary"])
    return (status.unsealed, status.unpublished, status.consumers[0].behind) == (0, 0, 0)


def subscribes(cast: Cast) -> str:
    """Ana's subscription, and that it moved her money."""
    ana = Api(cast.ana.user)
    before = float(ana.balance())
    answer = ana.subscribe()
    assert answer.status_code == 201, answer.content
    assert float(ana.balance()) == before - 125000
    return str(answer.json()["transaction_id"])


def assert_told_once(diary: Diary, *transactions: str) -> None:
    told = [str(one.payload["transaction_id"]) for one in diary.seen if one.name == "funds.subscribed"]
    assert told == list(transactions)
    assert len(diary.seen) == Event.objects.count()
    assert not InboxItem.objects.exclude(state=InboxState.DONE).exists()


def test_while_the_documents_store_is_down(real_commits: None, cast: Cast, broker: Broker) -> None:
    diary, transport = Diary(), BrokerTransport(broker, ["diary"])
    with (
        running(lambda stopped: run(transport, stopped=stopped)),
        running(lambda stopped: run_consumer(diary, broker, stopped=stopped)),
    ):
        eventually(caught_up, "the start is handled")
        diary.down = True
        transactions = [subscribes(cast), subscribes(cast)]
        eventually(lambda: diary_status().behind >= 2, "the lag shows")
        assert diary_status().behind_seconds > 0
        diary.down = False
        eventually(caught_up, "everything has arrived")
    assert_told_once(diary, *transactions)


def test_while_the_broker_is_down(real_commits: None, cast: Cast, broker: Broker) -> None:
    with pytest.raises(Unavailable):
        drain(BrokerTransport(replace(broker, url="amqp://guest:guest@127.0.0.1:1//"), ["diary"]))
    transaction = subscribes(cast)
    assert pipeline_status().unsealed > 0
    assert pipeline_status().unpublished > 0
    diary, transport = Diary(), BrokerTransport(broker, ["diary"])
    with (
        running(lambda stopped: run(transport, stopped=stopped)),
        running(lambda stopped: run_consumer(diary, broker, stopped=stopped)),
    ):
        eventually(caught_up, "everything has arrived")
    assert_told_once(diary, transaction)


def test_when_the_database_has_hung_up_on_them(real_commits: None, cast: Cast, broker: Broker) -> None:
    diary, transport = Diary(), BrokerTransport(broker, ["diary"])
    with (
        running(lambda stopped: run(transport, stopped=stopped)),
        running(lambda stopped: run_consumer(diary, broker, stopped=stopped)),
    ):
        eventually(caught_up, "the start is handled")
        hang_up()
        transaction = subscribes(cast)
        eventually(caught_up, "everything has arrived")
    assert_told_once(diary, transaction)


def hang_up() -> None:
    """End every connection to this database but this thread's own."""
    connection.ensure_connection()
    session = other_session()
    session.autocommit = True
    session.cursor().execute(
        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)""",
        [connection.connection.info.backend_pid],
    )
    session.close()


def test_without_a_broker_a_store_that_is_down_holds_up_events_alone(real_commits: None, cast: Cast) -> None:
    diary = Diary()
    diary.down = True
    with running(lambda stopped: run(Direct([diary]), stopped=stopped)):
        transaction = subscribes(cast)
        eventually(lambda: pipeline_status().unpublished > 0, "the lag shows")
        assert diary.seen == []
        diary.down = False
        eventually(caught_up, "everything has arrived")
    assert_told_once(diary, transaction)
