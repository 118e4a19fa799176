"""Handing over events: what is bad is found out, what is down blames nobody, what kills is not tried for ever."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from events.envelope import Envelope
from events.inbox import KILLED, MOST_ATTEMPTS, MOST_DEATHS, Unavailable, deliver
from events.models import InboxItem, InboxState
from events.relay import drain
from events.tests.diary import Diary, Kept, login

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """In place of the process's end: nothing of ours gets to say a word."""


class Fragile(Diary):
    """Whoever hands it a deadly event dies."""

    def __init__(self) -> None:
        super().__init__()
        self.deadly: set[object] = set()
        self.batches: list[int] = []

    def handle(self, envelopes: Sequence[Envelope]) -> None:
        self.batches.append(len(envelopes))
        if any(envelope.id in self.deadly for envelope in envelopes):
            raise Killed
        super().handle(envelopes)


def published(number: int) -> list[Envelope]:
    for _ in range(number):
        login()
    transport = Kept()
    drain(transport)
    return sorted(transport.envelopes, key=lambda one: one.position)


def test_a_batch_is_handled_whole_in_the_order_of_positions() -> None:
    fragile, envelopes = Fragile(), published(5)
    assert deliver(fragile, envelopes[::-1]) == []
    assert fragile.seen == envelopes
    assert fragile.batches == [len(envelopes)]


def test_one_bad_event_of_a_batch_is_found_out_and_the_others_are_done_in_order() -> None:
    diary, envelopes = Diary(), published(5)
    diary.bad = {envelopes[2].id}
    assert deliver(diary, envelopes) == [envelopes[2]]
    assert diary.seen == envelopes[:2] + envelopes[3:]
    item = InboxItem.objects.get(state=InboxState.PARKED)
    assert (item.attempts, item.reason) == (MOST_ATTEMPTS, "ValueError: cannot read this")
    assert deliver(diary, envelopes) == []


def test_an_event_that_kills_is_parked_and_the_others_are_done_each_once() -> None:
    fragile, envelopes = Fragile(), published(100)
    deadly = envelopes[2]
    fragile.deadly = {deadly.id}
    with pytest.raises(Killed):
        deliver(fragile, envelopes)
    lives = 1
    while True:
        try:
            parked = deliver(fragile, envelopes, suspicious=True)
            break
        except Killed:
            lives += 1
            assert lives <= MOST_DEATHS + 1
    assert parked == [deadly]
    assert fragile.seen == envelopes[:2] + envelopes[3:]
    item = InboxItem.objects.get(state=InboxState.PARKED)
    assert (item.attempts, item.reason) == (MOST_DEATHS, KILLED)


def test_a_death_that_had_another_reason_costs_a_batch_no_more_than_a_batch() -> None:
    fragile, envelopes = Fragile(), published(5)
    assert deliver(fragile, envelopes, suspicious=True) == []
    assert fragile.batches == [len(envelopes)]
    assert not InboxItem.objects.exclude(state=InboxState.DONE).exists()


@pytest.mark.parametrize("suspicious", [True, False])
def test_an_outage_counts_as_nobodys_attempt(suspicious: bool) -> None:
    diary, envelopes = Diary(), published(3)
    diary.down = True
    for _ in range(MOST_ATTEMPTS + 3):
        with pytest.raises(Unavailable):
            deliver(diary, envelopes, suspicious=suspicious)
    assert not InboxItem.objects.filter(state=InboxState.PARKED).exists()
    assert not InboxItem.objects.filter(attempts__gt=0).exists()
    diary.down = False
    assert deliver(diary, envelopes, suspicious=suspicious) == []
    assert diary.seen == envelopes
