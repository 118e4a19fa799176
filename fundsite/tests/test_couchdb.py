"""Events in CouchDB, tried with PouchDB Server, which speaks the same HTTP API."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.conf import settings

from events.consumers.couchdb import CouchDB, Refused
from events.envelope import Envelope
from events.inbox import MOST_ATTEMPTS, Unavailable, deliver
from events.models import InboxItem, InboxState, Seal
from events.sealing import envelopes_of, seal
from events.tests.trail import USER, happen
from fundsite.tests.processes import Process, free_port, wait_until

PROGRAM = "pouchdb-server"
INSTALLED_BY_CI = Path(settings.BASE_DIR, ".data/node/node_modules/.bin", PROGRAM)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that forgets everything; without Node these tests are skipped where somebody reads it."""
    program = shutil.which(PROGRAM) or (str(INSTALLED_BY_CI) if INSTALLED_BY_CI.is_file() else None)
    if program is None:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up("no pouchdb-server found: .ci/run installs it, npm install -g --ignore-scripts pouchdb-server as well")
    place, port = tmp_path_factory.mktemp("couchdb"), free_port()
    command = [program, "--host", "127.0.0.1", "--port", str(port), "--in-memory", "--no-stdout-logs", "--no-color"]
    process = Process(command, cwd=place, env=os.environ, log=place / "said")
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: _answers(url), "it answers", process)
    yield url
    process.kill_group()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def database(server: str, db: None) -> str:
    return f"{server}/events-{random.randrange(10**12)}"


def waiting(number: int) -> list[Envelope]:
    happen(number)
    while seal():
        pass
    return envelopes_of(Seal.objects.select_related("event").order_by("-position")[:number])[::-1]


def documents(database: str) -> dict[str, dict[str, object]]:
    rows = httpx.get(f"{database}/_all_docs", params={"include_docs": "true"}).json()["rows"]
    return {row["id"]: row["doc"] for row in rows}


def test_events_arrive_once_in_a_database_that_is_made_for_them(database: str) -> None:
    envelopes = waiting(5)
    consumer = CouchDB(database)
    assert deliver(consumer, envelopes[:3]) == []
    InboxItem.objects.all().delete()  # as if killed before it could remember
    assert deliver(consumer, envelopes) == []
    assert deliver(consumer, envelopes, suspicious=True) == []
    found = documents(database)
    assert found.keys() == {str(envelope.id) for envelope in envelopes}
    assert all(document["_rev"].startswith("1-") for document in found.values())  # type: ignore[attr-defined]
    first = found[str(envelopes[0].id)]
    assert (first["name"], first["position"], first["hash"]) == (
        "accounts.mfa_enabled",
        envelopes[0].position,
        envelopes[0].hash,
    )
    assert first["payload"] == {"user_id": str(USER), "kind": "totp 0"}


def test_while_it_is_down_events_wait_and_none_is_blamed(database: str) -> None:
    envelopes = waiting(2)
    with pytest.raises(Unavailable, match="couchdb: ConnectError"):
        deliver(CouchDB(f"http://ana:secret@127.0.0.1:{free_port()}/events"), envelopes)
    assert not InboxItem.objects.exists()
    assert deliver(CouchDB(database), envelopes) == []
    assert len(documents(database)) == 2


def answering(status: int, body: str = "[]") -> CouchDB:
    """The consumer in front of a server that always says the same."""
    consumer = CouchDB("http://ana:se%20cret@couchdb.example.com/events/")
    consumer.asked = []  # type: ignore[attr-defined]

    def answer(request: httpx.Request) -> httpx.Response:
        consumer.asked.append(request)  # type: ignore[attr-defined]
        return httpx.Response(status, text=body)

    consumer._client._transport = httpx.MockTransport(answer)
    consumer._client._mounts = {}
    return consumer


@pytest.mark.django_db
@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_a_server_that_refuses_everybody_blames_no_event(status: int) -> None:
    with pytest.raises(Unavailable, match=f"couchdb: {status}"):
        deliver(answering(status), waiting(2))
    assert not InboxItem.objects.exists()


@pytest.mark.django_db
def test_an_answer_that_is_none_blames_no_event() -> None:
    with pytest.raises(Unavailable, match="no answer of a CouchDB"):
        deliver(answering(201, "<html>"), waiting(1))
    assert not InboxItem.objects.exists()


@pytest.mark.django_db
def test_a_document_that_is_refused_is_set_aside_with_what_was_said() -> None:
    (envelope,) = waiting(1)
    said = f'[{{"id": "{envelope.id}", "error": "forbidden", "reason": "not here"}}]'
    assert deliver(answering(201, said), [envelope]) == [envelope]
    item = InboxItem.objects.get(event_id=envelope.id)
    assert (item.state, item.attempts) == (InboxState.PARKED, MOST_ATTEMPTS)
    assert item.reason == f"Refused: {envelope.id}: forbidden not here"
    with pytest.raises(Refused, match="400"):
        answering(400, "bad").handle([envelope])


@pytest.mark.django_db
def test_the_password_travels_in_a_header_and_is_in_no_address() -> None:
    consumer = answering(201)
    consumer.handle(waiting(1))
    (request,) = consumer.asked  # type: ignore[attr-defined]
    assert str(request.url) == "http://couchdb.example.com/events/_bulk_docs"
    assert request.headers["authorization"] == httpx.BasicAuth("ana", "se cret")._auth_header
