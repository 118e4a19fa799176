"""How tests call the API, and what they compare to say that nothing has changed."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpResponse
from django.test import Client as Browser

from accounts.models import Client, Company, Session, User
from banking.models import AccountLabel, ScheduledRun, ScheduledTransfer, StatementDocument, Transfer
from conftest import bearer
from core.models import IdempotencyKey
from events.models import Event
from funds.models import Movement, Position, Subscription
from ledger.models import Account, Entry, Transaction

PROBLEM = "application/problem+json"
EVERYTHING = (
    AccountLabel,
    Client,
    Company,
    Entry,
    Event,
    IdempotencyKey,
    Movement,
    Position,
    ScheduledRun,
    ScheduledTransfer,
    Session,
    StatementDocument,
    Subscription,
    Transaction,
    Transfer,
    User,
)


def books(*, but: tuple[type, ...] = ()) -> dict[str, object]:
    """Every balance, and how many rows there are of all that the product writes (`but` those kinds)."""
    counts: dict[str, object] = {kind.__name__: kind.objects.count() for kind in EVERYTHING if kind not in but}
    return {**counts, "balances": dict(Account.objects.values_list("number", "balance")), "ended": _ended_sessions()}


def _ended_sessions() -> int:
    return Session.objects.exclude(revoked_at=None).count()


class Api:
    """Calls as one person (or nobody), JSON in and out."""

    def __init__(self, user: User | None = None, **headers: str) -> None:
        self.browser = Browser()
        self.headers = {**(bearer(user) if user else {}), **headers}

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.browser.get(f"/api/v1/{path}", headers={**self.headers, **_named(headers)})

    def post(self, path: str, body: object = None, **headers: str) -> HttpResponse:
        """`body` as JSON; bytes go out as they are."""
        data = body if isinstance(body, bytes) else orjson.dumps(body) if body is not None else b""
        return self.browser.post(
            f"/api/v1/{path}", data, content_type="application/json", headers={**self.headers, **_named(headers)}
        )

    def subscribe(self, fund_id: int = 2, amount: object = 125000, **headers: str) -> HttpResponse:
        return self.post(f"subscriptions/{fund_id}", {"amount": amount}, **headers)

    def cancel(self, subscription_id: str, **headers: str) -> HttpResponse:
        return self.post(f"subscriptions/{subscription_id}/cancel", **headers)

    def balance(self) -> str:
        return str(self.get("users/me").json()["client"]["balance"])


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def refused(response: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """The problem in a response that must be one."""
    body: dict[str, Any] = orjson.loads(response.content)
    assert (response.status_code, body.get("code")) == (status, code), body
    assert response["Content-Type"] == PROBLEM
    assert body["status"] == status
    assert body["type"] == f"urn:fundsite:problem:{code}"
    assert body["title"]
    assert body["detail"]
    return body
