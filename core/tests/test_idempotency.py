"""Keys: what is one, what makes two requests the same, and what the database remembers."""

from __future__ import annotations

import json
import uuid
from contextlib import closing
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from core.idempotency import InvalidIdempotencyKey, checked_key, request_hash
from core.ids import uuid7
from core.tests.threads import other_session

VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=255)
ACTOR = uuid7()


def begin(actor: uuid.UUID, key: str | None, request: bytes = b"x") -> dict[str, object] | None:
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SELECT core_idempotency_begin(%s, %s, %s)", [actor, key, request])
        answer = cursor.fetchone()[0]
    return json.loads(answer) if answer else None


def end(actor: uuid.UUID, key: str | None, request: bytes = b"x") -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT core_idempotency_end(%s, %s, %s, %s)", [actor, key, request, '{"amount": "1.00"}'])


@given(VISIBLE)
def test_visible_ascii_is_a_key(key: str) -> None:
    assert checked_key(key) == key


@pytest.mark.parametrize("key", ["", "a" * 256, "a b", "a\n", "\ta", "ñ", "á" * 3, "a\x00", "\x7f", "١"])
def test_anything_else_is_none(key: str) -> None:
    with pytest.raises(InvalidIdempotencyKey):
        checked_key(key)


def test_no_key_is_no_key() -> None:
    assert checked_key(None) is None


@given(st.lists(st.integers() | st.uuids() | st.decimals(allow_nan=False), min_size=1, max_size=4))
def test_requests_are_the_same_when_their_arguments_are(arguments: list[object]) -> None:
    assert request_hash("subscribe", *arguments) == request_hash("subscribe", *arguments)
    assert request_hash("subscribe", *arguments) != request_hash("cancel", *arguments)
    assert request_hash("subscribe", *arguments) != request_hash("subscribe", *arguments[:-1])
    assert len(request_hash("subscribe", *arguments)) == 32


def test_another_amount_is_another_request() -> None:
    assert request_hash("subscribe", 2, Decimal("125000.00")) != request_hash("subscribe", 2, Decimal("125000.01"))


@pytest.mark.django_db
def test_a_key_is_new_once_and_then_answers() -> None:
    assert begin(ACTOR, "k") is None
    end(ACTOR, "k")
    assert begin(ACTOR, "k") == {"amount": "1.00", "replayed": True}
    assert begin(uuid7(), "k") is None
    assert begin(ACTOR, "K") is None


@pytest.mark.django_db
def test_a_key_for_another_request_is_refused_and_keeps_its_answer() -> None:
    end(ACTOR, "k")
    with pytest.raises(DatabaseError, match="idempotency_key_reused"):
        begin(ACTOR, "k", b"y")
    assert begin(ACTOR, "k") is not None


@pytest.mark.django_db
def test_a_key_is_stored_once_per_actor() -> None:
    end(ACTOR, "k")
    with pytest.raises(DatabaseError, match="core_idempotencykey_pkey"), transaction.atomic():
        end(ACTOR, "k")
    end(uuid7(), "k")


@pytest.mark.django_db
def test_without_a_key_nothing_is_remembered() -> None:
    assert begin(ACTOR, None) is None
    end(ACTOR, None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_idempotencykey")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_a_key_under_way_elsewhere_is_in_flight_until_that_ends() -> None:
    with closing(other_session()) as session:
        session.cursor().execute("SELECT core_idempotency_begin(%s, 'k', 'x')", [str(ACTOR)])
        with pytest.raises(DatabaseError, match="idempotency_in_flight"):
            begin(ACTOR, "k")
        assert begin(uuid7(), "k") is None
        assert begin(ACTOR, "other") is None
        session.rollback()
    assert begin(ACTOR, "k") is None
