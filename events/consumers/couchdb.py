"""A copy of every event in CouchDB, over its HTTP API, for those who read or replicate it from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from http import HTTPStatus

import httpx
import orjson

from events.envelope import Envelope
from events.inbox import Unavailable

PATIENCE = httpx.Timeout(30.0, connect=5.0)  # seconds
# Not there yet, refused, too busy or out of order: no event is to blame, so they wait.
OUTAGES = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
}


class Refused(Exception):
    """CouchDB will not have a document; what it says about it."""


class CouchDB:
    """The consumer `couchdb`.

    A document's id is the event's: the second time it is put, CouchDB answers that it has it, which is as good. `url`
    ends in the name of the database, which is made where there is none: http://user:password@host:5984/fundsite
    """

    name = "couchdb"

    def __init__(self, url: str) -> None:
        address = httpx.URL(url)
        self._auth = (address.username, address.password) if address.username else None
        # The password goes in a header only: addresses are logged.
        self._url = str(address.copy_with(userinfo=b"")).rstrip("/")

    def handle(self, envelopes: Sequence[Envelope]) -> None:
        body = orjson.dumps({"docs": [_document(envelope) for envelope in envelopes]})
        answer = self._ask("POST", "/_bulk_docs", body)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            self._ask("PUT", "", b"")  # made by somebody else meanwhile is as good
            answer = self._ask("POST", "/_bulk_docs", body)
        if answer.status_code in OUTAGES or answer.is_server_error:
            raise Unavailable(f"couchdb: {answer.status_code} {answer.text[:200]}")
        if answer.status_code not in (HTTPStatus.CREATED, HTTPStatus.ACCEPTED):
            raise Refused(f"{answer.status_code} {answer.text[:500]}")
        _check(answer)

    def after(self) -> None:
        """Nothing remains to be done."""

    @cached_property
    def _client(self) -> httpx.Client:
        """Made when it is needed: whoever only asks for names needs none."""
        return httpx.Client(auth=self._auth, timeout=PATIENCE, headers={"Content-Type": "application/json"})

    def _ask(self, method: str, path: str, body: bytes) -> httpx.Response:
        try:
            return self._client.request(method, self._url + path, content=body)
        except httpx.TransportError as error:
            raise Unavailable(f"couchdb: {type(error).__name__}: {error}") from error


def _document(envelope: Envelope) -> dict[str, object]:
    """The envelope, its id as CouchDB's own."""
    document = asdict(envelope)
    return {"_id": str(document.pop("id")), **document}


def _check(answer: httpx.Response) -> None:
    """A bulk request succeeds whatever becomes of its documents: look at each."""
    try:
        rows = orjson.loads(answer.content)
        failed = [row for row in rows if row.get("error") not in (None, "conflict")]
    except (ValueError, AttributeError, TypeError) as error:
        raise Unavailable(f"couchdb: this is no answer of a CouchDB: {answer.text[:200]}") from error
    if failed:
        raise Refused("; ".join(f"{row.get('id')}: {row['error']} {row.get('reason', '')}" for row in failed[:5]))
