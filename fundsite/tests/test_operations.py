"""What staff see of events: who may see what, filters, paging, what is late, what was set aside, the chain."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone
from django.utils.translation import override

from conftest import Cast
from core.templatetags.dates import duration
from events.catalogue import CATALOGUE
from events.consumers.documents import Documents
from events.documents.models import AuditLog, BusinessEvent
from events.envelope import Envelope
from events.inbox import Consumer
from events.models import Event, InboxItem, InboxState
from events.relay import drain
from events.services import record
from events.transport import Direct
from fundsite import pipeline
from fundsite.operations import names, views
from tests.api import Api, refused
from tests.pages import browser_of

PAGES = {"eventos/": 200, "canal/": 200, "auditoria/": 404}


class Choosy:
    """The archive, which chokes on subscriptions until it is told not to."""

    name = "documents"
    chokes = True

    def handle(self, envelopes: Sequence[Envelope]) -> None:
        if self.chokes and any(one.name == "funds.subscribed" for one in envelopes):
            raise ValueError("a subscription is more than I can take")
        Documents().handle(envelopes)

    def after(self) -> None:
        pass


@pytest.fixture(autouse=True)
def one_consumer(monkeypatch: pytest.MonkeyPatch) -> list[Consumer]:
    """The archive alone; a test may put another in its place."""
    consumers: list[Consumer] = [Documents()]
    monkeypatch.setattr(pipeline, "consumers", lambda: consumers)
    monkeypatch.setattr(pipeline, "broker", lambda: None)
    return consumers


def archive() -> None:
    drain(Direct(pipeline.consumers()))


def shown(answer: HttpResponse) -> list[Any]:
    return [line.row for line in answer.context["lines"]]


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


# --- Who may ---------------------------------------------------------------------------------------------------------


def test_each_role_sees_what_it_is_for_and_the_rest_does_not_exist(cast: Cast) -> None:
    archive()
    event = BusinessEvent.objects.first()
    assert event
    of_one = {f"eventos/{event.pk}/": 200, f"auditoria/{event.pk}/": 404}
    for page, status in {**PAGES, **of_one}.items():
        assert browser_of(cast.ana.user).get(f"/operacion/{page}").status_code == 404
        assert Browser().get(f"/operacion/{page}").headers["Location"].startswith("/cuenta/ingreso/")
        assert browser_of(cast.reader).get(f"/operacion/{page}").status_code == status
        assert browser_of(cast.support).get(f"/operacion/{page}").status_code == 200
    assert browser_of(cast.reader).post("/operacion/canal/").status_code == 404
    assert "/operacion/auditoria/" not in text(browser_of(cast.reader).get("/operacion/eventos/"))
    assert "/operacion/" not in text(browser_of(cast.ana.user).get("/panel/"))


def test_programs_of_staff_see_the_same(cast: Cast) -> None:
    for path, reader in (("events", 200), ("pipeline", 200), ("audit-logs", 404)):
        refused(Api(cast.ana.user).get(path), 404, "not_found")
        refused(Api().get(path), 401, "not_authenticated")
        assert Api(cast.reader).get(path).status_code == reader
        assert Api(cast.support).get(path).status_code == 200


# --- Lists -----------------------------------------------------------------------------------------------------------


def test_what_happened_is_listed_newest_first_with_its_holder_and_amount(cast: Cast) -> None:
    Api(cast.ana.user).subscribe()
    archive()
    answer = browser_of(cast.reader).get("/operacion/eventos/")
    rows = shown(answer)
    assert [row.position for row in rows] == sorted((row.position for row in rows), reverse=True)
    first = answer.context["lines"][0]
    assert (str(first.label), first.person.name, str(first.amount)) == ("Suscripción", "Ana Gómez", "125000.00")
    assert "$\xa0125.000,00" in text(answer)
    assert "funds.subscribed</" not in text(answer)


@pytest.mark.parametrize("spelling", ["ana", "ANA@example.com", "user id", "client id"])
def test_a_persons_events_are_found_by_whatever_names_them(cast: Cast, spelling: str) -> None:
    Api(cast.ana.user).subscribe()
    Api(cast.beto.user).subscribe()
    Api().post("auth/login", {"email": "ana", "password": "No-es-esta-1"})
    archive()
    wanted = {"user id": str(cast.ana.user_id), "client id": str(cast.ana.pk)}.get(spelling, spelling)
    found = shown(browser_of(cast.reader).get("/operacion/eventos/", {"person": wanted}))
    assert {row.name for row in found} == {"accounts.user_registered", "funds.subscribed", "accounts.login_failed"}
    assert {row.holder_id for row in found} == {cast.ana.pk, cast.ana.user_id}


def test_filters_narrow_together_and_are_kept_from_page_to_page(cast: Cast) -> None:
    for _ in range(30):
        record("accounts.sessions_ended", {"user_id": cast.ana.user_id}, actor_id=cast.ana.user_id)
        record("accounts.sessions_ended", {"user_id": cast.beto.user_id}, actor_id=cast.beto.user_id)
    archive()
    reader = browser_of(cast.reader)
    query = {"name": "accounts.sessions_ended", "person": "ana", "since": str(timezone.localdate())}
    first = reader.get("/operacion/eventos/", query)
    second = reader.get("/operacion/eventos/", {**query, "cursor": first.context["next_cursor"]})
    both = [*shown(first), *shown(second)]
    assert (len(shown(first)), len(shown(second)), second.context["next_cursor"]) == (25, 5, None)
    assert len({row.pk for row in both}) == 30
    assert {row.holder_id for row in both} == {cast.ana.user_id}
    assert "person=ana" in first.context["querystring"]
    yesterday = str(timezone.localdate() - timedelta(days=1))
    assert not shown(reader.get("/operacion/eventos/", {**query, "since": "", "until": yesterday}))


def test_events_of_one_moment_are_paged_by_their_places(cast: Cast) -> None:
    archive()
    BusinessEvent.objects.update(ts=timezone.now())
    AuditLog.objects.update(ts=timezone.now())
    for path in ("events", "audit-logs"):
        api, cursor, seen = Api(cast.support), "", []
        while True:
            page = api.get(f"{path}?limit=2" + (f"&cursor={cursor}" if cursor else "")).json()
            seen += [row["position"] for row in page["results"]]
            if not (cursor := page["next_cursor"]):
                break
            record("accounts.sessions_ended", {"user_id": cast.ana.user_id})  # what is new neither repeats nor hides
            archive()
        assert seen == sorted(seen, reverse=True)
        assert len(seen) == len(set(seen)) >= 3


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("person=nadie", "No hay nadie"),
        ("person=%00", "nulos"),
        ("since=2026-02-30", "fecha"),
        ("since=2026-02-02&until=2026-02-01", "igual o posterior"),
        ("name=funds.stolen", "válid"),
        ("person=" + "a" * 255, "254"),
    ],
)
def test_a_filter_that_cannot_be_is_explained(cast: Cast, query: str, said: str) -> None:
    answer = browser_of(cast.reader).get(f"/operacion/eventos/?{query}")
    assert answer.status_code == 400
    assert said in text(answer)


def test_a_cursor_of_nothing_is_refused(cast: Cast) -> None:
    archive()
    for cursor in ("abc", "f_________8"):
        assert browser_of(cast.reader).get("/operacion/eventos/", {"cursor": cursor}).status_code == 400
        refused(Api(cast.reader).get(f"events?cursor={cursor}"), 400, "invalid_cursor")


def test_the_audit_trail_says_who_from_where_in_what_role(cast: Cast) -> None:
    Api(cast.ana.user).subscribe()
    archive()
    support = browser_of(cast.support)
    answer = support.get("/operacion/auditoria/", {"type": "SUBSCRIBE", "person": "ana"})
    (log,) = shown(answer)
    assert (log.user_id, log.role, log.ip, log.path) == (
        cast.ana.user_id,
        "user",
        "127.0.0.1",
        "/api/v1/subscriptions/2",
    )
    page = text(support.get(f"/operacion/auditoria/{log.pk}/"))
    assert "Huella correcta" in page
    assert log.hash in page
    assert "/api/v1/subscriptions/2" in page
    assert not shown(support.get("/operacion/auditoria/", {"type": "SUBSCRIBE", "person": "beto"}))


def test_a_record_that_was_altered_says_so_itself(cast: Cast) -> None:
    archive()
    log = AuditLog.objects.latest("position")
    AuditLog.objects.filter(pk=log.pk).update(ip="198.51.100.9")
    assert "no es el que se selló" in text(browser_of(cast.support).get(f"/operacion/auditoria/{log.pk}/"))


def test_lists_cost_the_same_however_many_people_are_in_them(cast: Cast, django_assert_num_queries: Any) -> None:
    def cost() -> int:
        with django_assert_num_queries(100, exact=False) as queries:
            support.get("/operacion/auditoria/")
        return len(queries)

    archive()
    support = browser_of(cast.support)
    few = cost()
    for person in (cast.ana, cast.beto, cast.stranger):
        record("accounts.sessions_ended", {"user_id": person.user_id}, actor_id=person.user_id)
    archive()
    assert cost() == few


# --- One event -------------------------------------------------------------------------------------------------------


def test_an_event_tells_its_way_from_the_seal_to_each_consumer(cast: Cast) -> None:
    Api(cast.ana.user).subscribe()
    event = Event.objects.get(name="funds.subscribed")
    reader, path = browser_of(cast.reader), f"/operacion/eventos/{event.id}/"
    before = text(reader.get(path))
    assert "Por sellar" in before
    assert "En espera" in before
    archive()
    after = text(reader.get(path))
    assert "Por sellar" not in after
    assert "Hecho" in after
    assert "&quot;amount&quot;: &quot;125000.00&quot;" in after
    InboxItem.objects.all().delete()  # forgotten, as `events prune` does
    assert "Hecho" in text(reader.get(path))


def test_an_event_that_never_was_is_not_found(cast: Cast) -> None:
    for kind in ("eventos", "auditoria"):
        assert browser_of(cast.admin).get(f"/operacion/{kind}/{uuid.uuid4()}/").status_code == 404


def test_every_event_has_a_name_for_people() -> None:
    assert CATALOGUE.keys() <= names.EVENTS.keys()
    assert {name.partition(".")[0] for name in CATALOGUE} <= names.ROOMS.keys()


# --- The way of the events -------------------------------------------------------------------------------------------


def test_what_waits_too_long_is_a_warning(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    archive()
    reader = browser_of(cast.reader)
    assert "atrasad" not in text(reader.get("/operacion/canal/"))
    record("accounts.sessions_ended", {"user_id": cast.ana.user_id})
    monkeypatch.setattr(views, "LATE", -1.0)
    late = text(reader.get("/operacion/canal/"))
    assert "El sellado está atrasado" in late
    assert "Consumidores atrasados" not in late  # of two warnings, the cause


def test_events_that_are_not_archived_yet_are_announced_on_the_list(cast: Cast) -> None:
    archive()
    reader = browser_of(cast.reader)
    assert "todavía no" not in text(reader.get("/operacion/eventos/"))
    record("accounts.sessions_ended", {"user_id": cast.ana.user_id})
    drain(Direct([]))  # sealed, and nobody listens
    assert "1 evento todavía no está en esta lista." in text(reader.get("/operacion/eventos/"))


def test_a_parked_message_shows_its_reason_and_an_administrator_hands_it_over_again(
    cast: Cast, one_consumer: list[Consumer]
) -> None:
    choosy = Choosy()
    one_consumer[:] = [choosy]
    Api(cast.ana.user).subscribe()
    archive()
    event = Event.objects.get(name="funds.subscribed")
    for user in (cast.reader, cast.support):
        page = text(browser_of(user).get("/operacion/canal/"))
        assert "a subscription is more than I can take" in page
        assert "Reintentar" not in page
        assert browser_of(user).post("/operacion/canal/reintentar/", {"consumer": "documents"}).status_code == 404
    assert InboxItem.objects.get(event_id=event.id).state == InboxState.PARKED
    admin = browser_of(cast.admin)
    assert "Reintentar" in text(admin.get("/operacion/canal/"))
    wanted = {"consumer": "documents", "event_id": str(event.id)}
    again = admin.post("/operacion/canal/reintentar/", wanted, follow=True)  # it still cannot
    assert "1 mensaje entregado de nuevo." in text(again)
    assert InboxItem.objects.get(event_id=event.id).state == InboxState.PARKED
    choosy.chokes = False
    done = admin.post("/operacion/canal/reintentar/", wanted, follow=True)
    assert "No hay mensajes apartados." in text(done)
    assert BusinessEvent.objects.filter(pk=event.id).count() == 1


def test_all_parked_messages_of_a_consumer_are_handed_over_at_once(cast: Cast, one_consumer: list[Consumer]) -> None:
    choosy = Choosy()
    one_consumer[:] = [choosy]
    for client in (cast.ana, cast.beto):
        Api(client.user).subscribe()
    archive()
    admin = browser_of(cast.admin)
    assert "Reintentar todos: Archivo" in text(admin.get("/operacion/canal/"))
    choosy.chokes = False
    done = admin.post("/operacion/canal/reintentar/", {"consumer": "documents"}, follow=True)
    assert "2 mensajes entregados de nuevo." in text(done)
    assert BusinessEvent.objects.filter(name="funds.subscribed").count() == 2


@pytest.mark.parametrize("wanted", [{}, {"consumer": "nobody"}, {"consumer": "documents", "event_id": "x"}])
def test_handing_over_what_is_not_there_is_not_found(cast: Cast, wanted: dict[str, str]) -> None:
    assert browser_of(cast.admin).post("/operacion/canal/reintentar/", wanted).status_code == 404
    assert browser_of(cast.admin).get("/operacion/canal/reintentar/").status_code == 405


def test_the_end_of_the_chain_is_verified_on_demand(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "LINKS_AT_ONCE", 3)
    for _ in range(4):
        record("accounts.sessions_ended", {"user_id": cast.ana.user_id})
    archive()
    support = browser_of(cast.support)
    whole = text(support.post("/operacion/canal/"))
    last = AuditLog.objects.latest("position")
    assert "La cadena está completa." in whole
    assert f"Se verificaron 3 registros, del n.º {last.position - 2} al {last.position}." in whole
    assert last.hash in whole
    AuditLog.objects.filter(pk=last.pk).update(path="/elsewhere")
    broken = text(support.post("/operacion/canal/"))
    assert "1 registro no es como se selló." in broken
    assert f"N.º {last.position}" in broken
    assert "Alterado" in broken
    assert str(last.pk) in broken


def test_before_anything_happened_the_pages_say_so(cast: Cast) -> None:
    admin = browser_of(cast.admin)
    for page, said in (
        ("eventos/", "Aún no hay eventos en el archivo."),
        ("auditoria/", "Aún no hay registros de auditoría."),
        ("canal/", "Aún no hay ninguno"),
    ):
        assert said in text(admin.get(f"/operacion/{page}"))


def test_an_archive_that_is_down_is_said_to_be_and_the_rest_goes_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive()
    event = BusinessEvent.objects.first()
    assert event
    reaches = QuerySet._fetch_all

    def down(rows: QuerySet[Any]) -> None:
        if rows.model in (AuditLog, BusinessEvent):
            raise OperationalError("the store is down")
        reaches(rows)

    monkeypatch.setattr(QuerySet, "_fetch_all", down)
    support = browser_of(cast.support)
    for page in ("eventos/", "auditoria/", f"auditoria/{event.pk}/"):
        answer = support.get(f"/operacion/{page}")
        assert answer.status_code == 503
        assert "El archivo de eventos no responde" in text(answer)
    assert support.post("/operacion/canal/").status_code == 503
    for page in ("canal/", f"eventos/{event.pk}/"):
        assert support.get(f"/operacion/{page}").status_code == 200
    for path in ("events", "audit-logs"):
        api = Api(cast.support)
        api.browser.raise_request_exception = False
        refused(api.get(path), 503, "archive_unavailable")
    assert Api(cast.support).get("pipeline").status_code == 200


# --- For programs ----------------------------------------------------------------------------------------------------


def test_programs_read_events_with_filters(cast: Cast) -> None:
    Api(cast.ana.user).subscribe()
    Api(cast.beto.user).subscribe()
    archive()
    reader = Api(cast.reader)
    page = reader.get(f"events?name=funds.subscribed&holder={cast.ana.user_id}").json()
    (event,) = page["results"]
    assert (event["holder_id"], event["actor_id"]) == (str(cast.ana.pk), str(cast.ana.user_id))
    assert event["payload"]["amount"] == "125000.00"
    assert (page["next"], page["next_cursor"]) == (None, None)
    assert reader.get(f"events?holder={uuid.uuid4()}").json()["results"] == []
    following = reader.get("events?limit=1").json()["next"]
    assert "limit=1" in following
    assert "cursor=" in following


def test_programs_read_the_audit_trail_with_filters(cast: Cast) -> None:
    Api(cast.ana.user).subscribe()
    archive()
    (log,) = Api(cast.support).get(f"audit-logs?type=SUBSCRIBE&user={cast.ana.user_id}").json()["results"]
    assert (log["event_type"], log["role"], log["ip"], log["path"]) == (
        "SUBSCRIBE",
        "user",
        "127.0.0.1",
        "/api/v1/subscriptions/2",
    )
    assert len(log["hash"]) == len(log["previous"]) == 64
    assert not Api(cast.support).get(f"audit-logs?user={uuid.uuid4()}").json()["results"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "holder=ana", "name=x", "since=ayer", "since=2026-02-02&until=2026-02-01"]
)
def test_a_query_that_cannot_be_is_refused(cast: Cast, query: str) -> None:
    answer = Api(cast.reader).get(f"events?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"].keys() == {query.rpartition("&")[2].partition("=")[0]}


def test_programs_read_how_the_way_stands(cast: Cast) -> None:
    archive()
    record("accounts.sessions_ended", {"user_id": cast.ana.user_id})
    status = Api(cast.reader).get("pipeline").json()
    assert (status["unsealed"], status["unpublished"], len(status["lanes"])) == (1, 0, 16)
    assert [one["name"] for one in status["consumers"]] == ["documents"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (7200, "2 h"), (86400, "1 día"), (200000, "2 días")],
)
def test_a_lag_is_told_in_its_largest_unit(seconds: float, said: str) -> None:
    with override("es"):
        assert duration(seconds) == said
