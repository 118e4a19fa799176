"""Recording what happened: only what the catalogue lists, only together with what happened, and for good."""

from __future__ import annotations

import pytest
from django.db import transaction

from core.ids import uuid7
from core.request_context import RequestContext, bound
from core.tests.snapshots import snapshot
from events.catalogue import CATALOGUE
from events.models import Event
from events.services import record, version_of


@pytest.mark.django_db
def test_an_event_keeps_who_what_and_from_where() -> None:
    actor, session = uuid7(), uuid7()
    with bound(RequestContext(request_id="r-1", ip="192.0.2.7", path="/api/v1/x")):
        event_id = record("accounts.token_replayed", {"user_id": actor, "session_id": session}, actor_id=actor)
    event = Event.objects.get(id=event_id)
    assert (event.name, event.version, event.actor_id) == ("accounts.token_replayed", 1, actor)
    assert event.payload == {"user_id": str(actor), "session_id": str(session)}
    assert event.context == {"request_id": "r-1", "ip": "192.0.2.7", "path": "/api/v1/x"}


@pytest.mark.django_db
def test_without_a_request_the_origin_is_empty() -> None:
    assert Event.objects.get(id=record("accounts.login_failed", {"identifier": "x", "user_id": None})).context == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("accounts.login_failed", {}),
        ("accounts.login_failed", {"identifier": "x", "user_id": None, "password": "never"}),
        ("accounts.login_faild", {"identifier": "x"}),
        ("", {}),
    ],
)
def test_what_the_catalogue_does_not_list_is_not_recorded(name: str, payload: dict[str, object]) -> None:
    before = snapshot()
    with pytest.raises(ValueError, match="takes"):
        record(name, payload)
    assert snapshot() == before


@pytest.mark.django_db
def test_an_event_of_something_that_did_not_happen_does_not_exist() -> None:
    before = snapshot()
    with transaction.atomic():
        record("accounts.login_failed", {"identifier": "x", "user_id": None})
        transaction.set_rollback(True)
    assert snapshot() == before


@pytest.mark.django_db
def test_events_are_numbered_in_the_order_they_are_written() -> None:
    ids = [record("accounts.login_failed", {"identifier": str(n), "user_id": None}) for n in range(5)]
    assert list(Event.objects.filter(id__in=ids).order_by("seq").values_list("id", flat=True)) == ids


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_catalogued_event_knows_its_fields(name: str) -> None:
    kind = CATALOGUE[name]
    assert kind.name == name
    assert len(name) <= 64
    assert version_of(name, dict.fromkeys(kind.fields)) == kind.version
