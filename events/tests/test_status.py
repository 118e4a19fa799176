"""What the state of the events' way says, at each step of an event's way."""

from __future__ import annotations

import pytest

from events.inbox import MOST_ATTEMPTS, Unavailable, deliver, note_progress, settle
from events.models import InboxItem, InboxState, Progress
from events.queries import ConsumerStatus, PipelineStatus, pipeline_status
from events.relay import drain, ensure_lanes
from events.sealing import seal
from events.tests.diary import Diary, Kept, login
from events.transport import Direct

pytestmark = pytest.mark.django_db


def diary_of(status: PipelineStatus) -> ConsumerStatus:
    return next(one for one in status.consumers if one.name == "diary")


def test_before_anything_happened_nothing_waits() -> None:
    drain(Direct([]))
    status = pipeline_status(["diary"])
    assert (status.unsealed, status.unpublished, status.unpublished_seconds, status.parked) == (0, 0, 0, 0)
    assert len(status.lanes) == 16


def test_an_event_waits_to_be_sealed_then_to_be_published_then_to_be_handled() -> None:
    seal()
    transport = Kept()
    drain(transport)
    start = pipeline_status(["diary"])
    login()
    recorded = pipeline_status()
    assert recorded.unsealed == 1
    assert recorded.unsealed_seconds > 0
    assert recorded.sealed == start.sealed

    seal()
    ensure_lanes()
    sealed = pipeline_status(["diary"])
    assert (sealed.unsealed, sealed.unsealed_seconds, sealed.unpublished) == (0, 0, 1)
    assert sealed.sealed == start.sealed + 1
    assert sealed.sealed_at is not None
    assert sealed.unpublished_seconds > 0
    assert diary_of(sealed).behind == sealed.sealed

    drain(transport)
    published = pipeline_status(["diary"])
    assert (published.unpublished, published.unpublished_seconds) == (0, 0)
    assert diary_of(published).behind_seconds > 0

    deliver(Diary(), transport.envelopes)
    handled = diary_of(pipeline_status(["diary"]))
    assert (handled.position, handled.behind, handled.behind_seconds) == (sealed.sealed, 0, 0)
    assert handled.handled_at is not None


@pytest.mark.parametrize("noted", [True, False])
def test_the_position_stops_at_the_first_gap_and_what_lies_beyond_it_is_not_counted_as_behind(noted: bool) -> None:
    for _ in range(4):
        login()
    transport = Kept()
    drain(transport)
    by_position = sorted(transport.envelopes, key=lambda one: one.position)
    gap = by_position.pop(-3)
    deliver(Diary(), by_position)
    if noted:
        note_progress("diary")
        note_progress("diary")
        assert Progress.objects.get(consumer="diary").position == gap.position - 1
    found = diary_of(pipeline_status(["diary"]))
    assert (found.position, found.behind) == (gap.position - 1, 1)
    assert found.behind_seconds > 0

    deliver(Diary(), [gap])
    found = diary_of(pipeline_status(["diary"]))
    assert (found.position, found.behind) == (by_position[-1].position, 0)


def test_a_parked_event_counts_as_parked_not_as_behind_and_a_failed_one_as_both() -> None:
    drain(Direct([]))
    diary = Diary()
    diary.bad = {login()}
    drain(Direct([diary]))
    transport_wide = pipeline_status(["diary"])
    found = diary_of(transport_wide)
    assert (found.parked, found.failed) == (1, 0)
    assert transport_wide.parked == 1
    assert InboxItem.objects.get(consumer="diary", state=InboxState.PARKED).attempts == MOST_ATTEMPTS

    behind = found.behind
    InboxItem.objects.filter(consumer="diary").update(state=InboxState.FAILED)
    found = diary_of(pipeline_status())
    assert (found.parked, found.failed, found.behind) == (0, 1, behind + 1)


def test_an_outage_is_nobodys_failure() -> None:
    diary = Diary()
    diary.down = True
    login()
    for _ in range(2):
        with pytest.raises(Unavailable):
            drain(Direct([diary]))
    status = pipeline_status(["diary"])
    assert (diary_of(status).failed, diary_of(status).behind) == (0, status.sealed)
    assert status.unpublished == status.sealed


def test_the_state_can_be_had_as_json() -> None:
    drain(Direct([Diary()]))
    status = pipeline_status(["diary"])
    found = status.as_dict()
    assert found["sealed"] == status.sealed
    assert found["at"] == status.at.isoformat()


def test_what_fails_between_batches_is_no_reason_to_stop() -> None:
    class Clumsy(Diary):
        def after(self) -> None:
            raise ValueError("dropped it")

    settle(Clumsy())
    assert Progress.objects.filter(consumer="diary").exists()
