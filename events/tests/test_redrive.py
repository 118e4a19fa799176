"""Events given again: parked ones once their reason is gone, dead letters, and those that never arrived."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from core.ids import uuid7
from core.tests.snapshots import snapshot
from events.broker import Broker, Outgoing
from events.inbox import Unavailable, deliver, prune
from events.models import InboxItem, InboxState, Progress, Seal
from events.queries import pipeline_status
from events.redrive import PipelineDown, redrive
from events.relay import drain
from events.tests.diary import Diary, Kept, login
from events.tests.posts import consume, dead, publish, waiting
from events.transport import Direct


def parked() -> tuple[Diary, list[uuid.UUID]]:
    """A diary that has been given everything without a broker, and the two events among it that it could not read."""
    bad = [login(), login()]
    login()
    diary = Diary()
    diary.bad = set(bad)
    drain(Direct([diary]))
    return diary, bad


@pytest.mark.django_db
def test_parked_events_are_handled_once_their_reason_is_gone() -> None:
    diary, bad = parked()
    diary.bad = set()
    before = len(diary.seen)
    assert redrive(consumer=diary, broker=None) == 2
    assert [one.id for one in diary.seen[before:]] == bad
    assert not InboxItem.objects.exclude(state=InboxState.DONE).exists()
    assert redrive(consumer=diary, broker=None) == 0
    assert len(diary.seen) == before + 2


@pytest.mark.django_db
def test_one_event_can_be_chosen() -> None:
    diary, bad = parked()
    diary.bad = set()
    assert redrive(consumer=diary, broker=None, event_id=bad[1]) == 1
    assert InboxItem.objects.get(event_id=bad[0]).state == InboxState.PARKED
    assert diary.seen[-1].id == bad[1]
    assert redrive(consumer=diary, broker=None, event_id=bad[1]) == 0
    assert redrive(consumer=diary, broker=None, event_id=uuid7()) == 0


@pytest.mark.django_db
def test_what_is_still_bad_is_parked_again() -> None:
    diary, bad = parked()
    assert redrive(consumer=diary, broker=None) == 2
    assert set(InboxItem.objects.filter(state=InboxState.PARKED).values_list("event_id", flat=True)) == set(bad)


@pytest.mark.django_db
def test_while_the_store_is_down_the_refusal_says_so_and_the_events_wait() -> None:
    diary, bad = parked()
    diary.down = True
    with pytest.raises(PipelineDown) as refusal:
        redrive(consumer=diary, broker=None)
    assert isinstance(refusal.value.__cause__, Unavailable)
    assert set(InboxItem.objects.exclude(state=InboxState.DONE).values_list("event_id", flat=True)) == set(bad)
    diary.down, diary.bad = False, set()
    assert redrive(consumer=diary, broker=None, event_id=bad[0]) == 1
    # What the refused call had taken up is still to be had: nobody but the next call comes back to it.
    assert redrive(consumer=diary, broker=None) == 1
    assert not InboxItem.objects.exclude(state=InboxState.DONE).exists()


@pytest.mark.django_db
def test_a_consumer_that_came_later_gets_what_was_before_it() -> None:
    ids = [login() for _ in range(3)]
    drain(Direct([]))
    later = Diary()
    assert redrive(consumer=later, broker=None) == 0
    assert redrive(consumer=later, broker=None, missing=True) == Seal.objects.count()
    assert [one.id for one in later.seen[-3:]] == ids
    assert pipeline_status(["diary"]).consumers[0].behind == 0
    assert redrive(consumer=later, broker=None, missing=True) == 0


def test_dead_letters_go_back_to_the_consumers_queue(real_commits: None, broker: Broker) -> None:
    diary, bad = Diary(), [login(), login()]
    diary.bad = set(bad)
    publish(broker)
    consume(diary, broker)
    diary.bad = set()
    assert redrive(consumer=diary, broker=broker, event_id=bad[1]) == 1
    assert [str(bad[0]).encode() in body for body, _headers in dead(broker)] == [True]
    assert redrive(consumer=diary, broker=broker) == 1
    assert dead(broker) == []
    assert waiting(broker) == 2
    consume(diary, broker)
    assert sorted(one.id for one in diary.seen[-2:]) == sorted(bad)
    assert not InboxItem.objects.exclude(state=InboxState.DONE).exists()


def test_with_a_broker_parked_events_without_a_dead_letter_come_from_the_event_log(
    real_commits: None, broker: Broker
) -> None:
    diary, bad = parked()
    diary.bad = set()
    assert redrive(consumer=diary, broker=broker) == 2
    assert waiting(broker) == 2
    consume(diary, broker)
    assert {one.id for one in diary.seen} >= set(bad)


def test_a_letter_that_nobody_can_read_is_moved_too_and_comes_back(real_commits: None, broker: Broker) -> None:
    diary = Diary()
    with broker.session() as session:
        session.declare([diary.name])
        session.publish([Outgoing("", broker.queue(diary.name), b"what?", "no id", {})])
    consume(diary, broker)
    assert redrive(consumer=diary, broker=broker) == 1
    consume(diary, broker)
    assert [body for body, _headers in dead(broker)] == [b"what?"]


def test_what_an_emptied_queue_has_lost_is_published_again(real_commits: None, broker: Broker) -> None:
    diary, ids = Diary(), [login(), login()]
    publish(broker)
    with broker.session() as session:
        session.channel.queue_purge(broker.queue(diary.name))
    consume(diary, broker)
    assert diary.seen == []
    assert redrive(consumer=diary, broker=broker, missing=True) == Seal.objects.count()
    consume(diary, broker)
    assert {one.id for one in diary.seen} >= set(ids)


def test_without_an_answer_from_the_broker_nothing_changes(real_commits: None) -> None:
    diary, _bad = parked()
    before = snapshot()
    with pytest.raises(PipelineDown):
        redrive(consumer=diary, broker=Broker("amqp://guest:guest@127.0.0.1:1//", "x"))
    assert snapshot() == before


@pytest.mark.django_db
def test_pruning_forgets_what_was_done_long_ago_and_nothing_else() -> None:
    diary, bad = parked()
    transport = Kept()
    login()
    drain(transport)
    ahead = login()
    drain(transport)
    deliver(diary, [one for one in transport.envelopes if one.id == ahead])  # past a gap
    now = timezone.now()
    InboxItem.objects.exclude(event_id=bad[0]).update(updated_at=now - timedelta(days=40))
    status = pipeline_status(["diary"]).consumers[0]

    assert prune(before=now - timedelta(days=50)) == 0
    done = InboxItem.objects.filter(state=InboxState.DONE).count()
    assert prune(before=now - timedelta(days=30)) == done - 1
    assert set(InboxItem.objects.values_list("event_id", flat=True)) == {*bad, ahead}
    after = pipeline_status(["diary"]).consumers[0]
    assert (after.position, after.behind) == (status.position, status.behind)
    assert Progress.objects.get().position == status.position
    assert redrive(consumer=diary, broker=None, missing=True) == 3, "two parked, one that never arrived"
