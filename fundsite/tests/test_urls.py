"""Addresses that nobody links to and people type all the same."""

from __future__ import annotations

import pytest

from conftest import Cast
from tests.pages import browser_of


@pytest.mark.parametrize(
    ("typed", "room"),
    [
        ("/directorio/", "/directorio/clientes/"),
        ("/operacion/", "/operacion/canal/"),
        ("/reportes/", "/reportes/transacciones/"),
    ],
)
def test_the_name_of_a_room_leads_to_its_first_page(cast: Cast, typed: str, room: str) -> None:
    answer = browser_of(cast.admin).get(typed)
    assert (answer.status_code, answer["Location"]) == (302, room)
    assert browser_of(cast.admin).get(room).status_code == 200
    assert cast.ana.user
    assert browser_of(cast.ana.user).get(typed, follow=True).status_code in (403, 404), "not for clients"
