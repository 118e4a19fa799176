"""Cursors: every position survives the trip, nothing else is a position."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.paging import InvalidCursor, decode_cursor, encode_cursor

POSITIONS = st.integers(min_value=0, max_value=2**63 - 1)


@given(POSITIONS)
def test_a_position_survives_the_trip(position: int) -> None:
    cursor = encode_cursor(position)
    assert decode_cursor(cursor) == position
    assert cursor.isascii()
    assert all(character.isalnum() or character in "-_" for character in cursor)


@given(POSITIONS, POSITIONS)
def test_positions_have_cursors_of_their_own(one: int, other: int) -> None:
    assert (encode_cursor(one) == encode_cursor(other)) == (one == other)


@given(st.text(max_size=20) | st.text("ABCDwxyz0189-_=+/ ", max_size=14))
def test_any_text_is_a_position_or_a_refusal(text: str) -> None:
    try:
        position = decode_cursor(text)
    except InvalidCursor:
        return
    assert 0 <= position < 2**63
    assert encode_cursor(position) == text


@given(st.binary(max_size=12))
def test_eight_bytes_below_the_sign_are_a_position(raw: bytes) -> None:
    cursor = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    if len(raw) == 8 and raw[0] < 0x80:
        assert decode_cursor(cursor) == int.from_bytes(raw, "big")
    else:
        with pytest.raises(InvalidCursor):
            decode_cursor(cursor)


@pytest.mark.parametrize(
    "text", ["", "=", "AAAAAAAAAAE=", "AAAAAAAAAAF", "AAAAAAAAA\nE", "AAAA AAAAAAE", "ñAAAAAAAAAE", "-1", "0"]
)
def test_what_no_page_gave_out_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(text)
