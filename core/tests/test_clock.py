"""The database's clock, and a time that a transaction brings along."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core.clock import recording_at

pytestmark = pytest.mark.django_db
THEN = datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC)


def database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT core_now()")
        (moment,) = cursor.fetchone()
    assert isinstance(moment, datetime)
    return moment


def assert_present() -> None:
    assert abs(database_time() - timezone.now()) < timedelta(minutes=1)


def test_a_moment_holds_within_and_no_longer() -> None:
    assert_present()
    with recording_at(THEN):
        with recording_at(THEN - timedelta(days=1)):
            assert database_time() == THEN - timedelta(days=1)
        assert database_time() == THEN
    assert_present()


def test_a_failure_takes_the_moment_along() -> None:
    def fail() -> None:
        with transaction.atomic(), recording_at(THEN):
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert_present()


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"), recording_at(THEN.replace(tzinfo=None)):
        pass
    assert_present()
