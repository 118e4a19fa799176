from __future__ import annotations

import io
import uuid
from datetime import UTC, datetime
from decimal import Decimal

import orjson
import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError

from core import rate_limits
from core.api import LARGEST_BODY, BodyTooLarge, ExactJSONParser, OrjsonRenderer
from core.errors import TooManyRequests


def read(body: bytes) -> object:
    return ExactJSONParser().parse(io.BytesIO(body))


def test_numbers_are_read_exactly() -> None:
    assert read(b"[1, 0.1, 125000.10, 99999999999999999.99]") == [
        1,
        Decimal("0.1"),
        Decimal("125000.10"),
        Decimal("99999999999999999.99"),
    ]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1" * 5000, "0." + "1" * 5000, "1e99999999999999999999"])
def test_numbers_that_nothing_can_hold_are_left_to_the_field_to_refuse(number: str) -> None:
    found = read(number.encode())
    assert isinstance(found, Decimal)
    assert not found.is_finite()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": 1,}',
        b"\xff\xfe",
        b'{"a": "\xe9"}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'["\\ud83d"]',
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
)
def test_what_is_not_json_in_utf8_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        read(body)


def test_whole_surrogate_pairs_are_text() -> None:
    assert read(b'"\\ud83d\\ude00"') == "\U0001f600"


def test_a_body_is_bounded() -> None:
    assert read(b'"' + b"a" * (LARGEST_BODY - 2) + b'"')
    with pytest.raises(BodyTooLarge):
        read(b'"' + b"a" * LARGEST_BODY + b'"')


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text(), st.lists, max_leaves=20))
def test_whatever_can_be_sent_can_be_read(value: object) -> None:
    assert read(orjson.dumps(value)) == value


def test_amounts_leave_as_text_and_times_in_iso_8601() -> None:
    id = uuid.UUID("0199d3a1-8f3a-7b2c-a1d4-5e6f708122c1")
    at = datetime(2026, 11, 20, 14, 3, tzinfo=UTC)
    rendered = OrjsonRenderer().render({"amount": Decimal("125000.00"), "id": id, "at": at})
    assert rendered == b'{"amount":"125000.00","id":"%s","at":"2026-11-20T14:03:00+00:00"}' % str(id).encode()
    assert OrjsonRenderer().render(None) == b""


def _spend(address: str, times: int) -> None:
    request = RequestFactory().post("/", REMOTE_ADDR=address)
    for _ in range(times):
        rate_limits.count(request, group="test", rate="2/m")


def test_limits_are_per_address() -> None:
    _spend("192.0.2.1", 2)
    _spend("192.0.2.2", 2)
    with pytest.raises(TooManyRequests) as refusal:
        _spend("192.0.2.1", 1)
    assert 1 <= refusal.value.retry_after <= 60


def test_addresses_of_one_ipv6_household_count_as_one() -> None:
    _spend("2001:db8::1", 1)
    _spend("2001:db8::ffff:2", 1)
    with pytest.raises(TooManyRequests):
        _spend("2001:db8::3", 1)
    _spend("2001:db8:0:1::1", 2)


@pytest.mark.parametrize("address", ["", "not an address"])
def test_what_a_proxy_calls_an_address_is_limited_too(address: str) -> None:
    with pytest.raises(TooManyRequests):
        _spend(address, 3)
