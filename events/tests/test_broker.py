"""Events through a real RabbitMQ: nothing is lost on the way, nothing is believed that was not sealed here."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace

import pytest

from core.ids import uuid7
from core.tests.threads import Background, eventually
from events.broker import Broker, BrokerTransport, Outgoing, to_everybody
from events.envelope import Envelope, with_hash
from events.inbox import MOST_ATTEMPTS, Unavailable
from events.models import InboxItem, InboxState, Lane, Seal
from events.queries import pipeline_status
from events.receiver import run_consumer
from events.relay import drain, run
from events.tests.bad_line import BadLine
from events.tests.diary import Diary, Kept, login
from events.tests.posts import consume, dead, publish, running, waiting

pytestmark = pytest.mark.usefixtures("real_commits")


def test_what_was_published_before_the_consumer_first_started_reaches_it_whole(broker: Broker) -> None:
    ids = [login() for _ in range(5)]
    assert publish(broker) > 5
    diary = Diary()
    consume(diary, broker)
    assert set(ids) <= {one.id for one in diary.seen}
    assert len(diary.seen) == Seal.objects.count()
    assert [one.sealed_hash() for one in diary.seen] == [one.hash for one in diary.seen]
    assert pipeline_status(["diary"]).consumers[0].behind == 0


def test_events_of_one_holder_arrive_in_the_order_in_which_they_happened(broker: Broker) -> None:
    holders = [uuid7() for _ in range(6)]
    ids = {holder: [] for holder in holders}
    for _ in range(20):
        for holder in holders:
            ids[holder].append(login(holder))
    publish(broker)
    diary = Diary()
    consume(diary, broker)
    for holder in holders:
        assert [one.id for one in diary.seen if one.payload.get("user_id") == str(holder)] == ids[holder]


def test_a_message_that_comes_twice_is_handled_once(broker: Broker) -> None:
    login()
    publish(broker)
    Lane.objects.update(position=0)  # as if the relay had died between the broker's answer and its own note
    assert publish(broker) > 0
    diary = Diary()
    consume(diary, broker)
    assert len({one.id for one in diary.seen}) == len(diary.seen) == Seal.objects.count()
    assert waiting(broker) == 0


def test_a_poisoned_event_is_parked_with_its_reason_and_holds_up_nobody(broker: Broker) -> None:
    diary = Diary()
    first, bad, last = login(), login(), login()
    diary.bad = {bad}
    publish(broker)
    consume(diary, broker)
    seen = {one.id for one in diary.seen}
    assert {first, last} <= seen
    assert bad not in seen
    item = InboxItem.objects.get(event_id=bad)
    assert (item.state, item.attempts) == (InboxState.PARKED, MOST_ATTEMPTS)
    assert "cannot read this" in item.reason
    [(body, headers)] = dead(broker)
    assert str(bad).encode() in body
    assert headers == {"consumer": "diary", "reason": "ValueError: cannot read this"}
    assert waiting(broker) == 0


def sealed() -> Envelope:
    transport = Kept()
    login()
    drain(transport)
    return transport.envelopes[-1]


def _forged(genuine: Envelope) -> Envelope:
    forged = replace(genuine, id=uuid7(), payload={"user_id": str(uuid7())})
    return with_hash(forged, forged.sealed_hash())


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (lambda one: b"what?", "not an envelope"),
        (lambda one: b"[]", "not an envelope"),
        (lambda one: one.to_json().replace(b'"position":', b'"position":1e99, "x":'), "not an envelope"),
        (lambda one: b'{"position": 1}', "not an envelope"),
        (lambda one: replace(one, payload={"user_id": str(uuid7())}).to_json(), "never sealed here"),
        (lambda one: _forged(one).to_json(), "never sealed here"),
        (lambda one: replace(one, position=one.position + 1000).to_json(), "never sealed here"),
    ],
)
def test_what_no_relay_of_ours_sealed_is_a_dead_letter(
    broker: Broker, body: Callable[[Envelope], bytes], reason: str
) -> None:
    genuine = sealed()
    with broker.session() as session:
        session.declare(["diary"])
        message = Outgoing(broker.exchange, genuine.name, body(genuine), "some-id", {})
        session.publish([message, to_everybody(broker, genuine)])
    diary = Diary()
    consume(diary, broker)
    assert [one.id for one in diary.seen] == [genuine.id]
    assert InboxItem.objects.count() == 1
    [(_, headers)] = dead(broker)
    assert headers["reason"].startswith(reason)


def test_while_the_consumers_store_is_down_events_wait_and_then_all_arrive(broker: Broker) -> None:
    publish(broker)
    diary = Diary()
    with running(lambda stopped: run_consumer(diary, broker, stopped=stopped)):
        eventually(lambda: pipeline_status(["diary"]).consumers[0].behind == 0, "the start is handled")
        diary.down = True
        ids = [login() for _ in range(3)]
        publish(broker)
        lag = pipeline_status(["diary"]).consumers[0]
        assert lag.behind == 3
        assert lag.behind_seconds > 0
        diary.down = False
        eventually(lambda: pipeline_status(["diary"]).consumers[0].behind == 0, "the rest is handled")
    assert set(ids) <= {one.id for one in diary.seen}
    assert not InboxItem.objects.exclude(state=InboxState.DONE).exists()
    assert dead(broker) == []


def test_stopping_does_not_wait_for_a_store_that_is_down(broker: Broker) -> None:
    diary = Diary()
    diary.down = True
    login()
    publish(broker)
    with running(lambda stopped: run_consumer(diary, broker, stopped=stopped)):
        eventually(lambda: waiting(broker) == 0, "the message is with the consumer")
    assert waiting(broker) == Seal.objects.count()
    diary.down = False
    consume(diary, broker)
    assert len(diary.seen) == Seal.objects.count()


def test_the_relay_publishes_what_waited_once_there_is_a_broker(broker: Broker) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nowhere = Broker(f"amqp://guest:guest@127.0.0.1:{taken.getsockname()[1]}//", broker.exchange)
        login()
        with pytest.raises(Unavailable):
            publish(nowhere)
    assert pipeline_status().unpublished == Seal.objects.count() > 0
    publish(broker)
    assert pipeline_status().unpublished == 0
    assert waiting(broker) == Seal.objects.count()


def test_without_a_queue_nothing_counts_as_published(broker: Broker) -> None:
    login()
    with pytest.raises(Unavailable, match="no queue takes"):
        drain(BrokerTransport(broker, []))
    assert pipeline_status().unpublished == Seal.objects.count()


def test_what_was_sent_and_not_confirmed_does_not_count_as_published(
    broker: Broker, behind_the_line: Broker, line: BadLine
) -> None:
    transport = BrokerTransport(behind_the_line, ["diary"])
    before = drain(transport) and Seal.objects.count()
    line.lossy = True
    login()
    relay = Background(lambda: drain(transport))
    eventually(lambda: line.lost > 0, "it is sent")
    line.cut()
    assert isinstance(relay.result(), Unavailable)
    assert pipeline_status().unpublished == 1
    assert waiting(broker) == before
    line.lossy = False
    assert drain(transport) == 1
    assert waiting(broker) == before + 1


def test_a_consumer_whose_line_is_cut_goes_on_by_itself(broker: Broker, behind_the_line: Broker, line: BadLine) -> None:
    diary = Diary()
    publish(broker)
    with running(lambda stopped: run_consumer(diary, behind_the_line, stopped=stopped)):
        for _ in range(3):
            eventually(lambda: pipeline_status(["diary"]).consumers[0].behind == 0, "all is handled")
            line.cut()
            login()
            publish(broker)
        eventually(lambda: pipeline_status(["diary"]).consumers[0].behind == 0, "all is handled")
    assert len(diary.seen) == Seal.objects.count()


def test_two_relays_at_once_publish_everything_in_order(broker: Broker) -> None:
    holders = [uuid7() for _ in range(8)]
    diary = Diary()

    def relay(stopped: Callable[[], bool]) -> None:
        run(BrokerTransport(broker, ["diary"]), stopped=stopped)

    with running(relay), running(relay):
        for n in range(200):
            login(holders[n % 8])
        eventually(lambda: pipeline_status().unsealed == pipeline_status().unpublished == 0, "all is published")
    consume(diary, broker)
    assert len(diary.seen) == Seal.objects.count()
    for holder in holders:
        positions = [one.position for one in diary.seen if one.payload.get("user_id") == str(holder)]
        assert positions == sorted(positions)
        assert len(positions) == 25


@pytest.mark.parametrize("url", ["", "redis://localhost", "memory://", "localhost:5672"])
def test_a_broker_is_a_rabbitmq(url: str) -> None:
    with pytest.raises(ValueError, match="amqp://"):
        Broker(url, "x")
