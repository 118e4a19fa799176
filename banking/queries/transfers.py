"""Transfers, as each of their two parties sees them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Self

import orjson
from django.db import connection, models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.database import call_json
from core.errors import NotFound
from core.ids import receipt_number
from core.paging import LARGEST_PAGE, Page, decode_cursor, encode_cursor

LARGEST_SEQ = 2**63 - 1


class TransferNotFound(NotFound):
    code = "transfer_not_found"
    message = gettext_lazy("No encontramos esa transferencia.")


class Direction(models.TextChoices):
    """What a transfer is to whoever looks at it."""

    SENT = "sent", gettext_lazy("Enviada")
    RECEIVED = "received", gettext_lazy("Recibida")
    OWN = "own", gettext_lazy("Entre sus cuentas")


class Wanted(models.TextChoices):
    """Which transfers to list; those between a client's own accounts are both sent and received."""

    ALL = "all", gettext_lazy("Todas")
    SENT = "sent", gettext_lazy("Enviadas")
    RECEIVED = "received", gettext_lazy("Recibidas")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A transfer as one party sees it. `replayed` says that it had been recorded before this call.

    `source` is masked for whoever received; `counterparty` is the other party's masked name, absent between own
    accounts; `balance_after` is that of the source, or of the target for whoever received. `reversed_by` is the
    transaction that undid it, if one did.
    """

    transaction_id: uuid.UUID
    direction: Direction
    amount: Decimal
    currency: str
    memo: str
    source: str
    target: str
    counterparty: str | None
    balance_after: Decimal
    recorded_at: datetime
    reversed_by: uuid.UUID | None
    reversed_at: datetime | None
    replayed: bool = False

    @property
    def number(self) -> str:
        return receipt_number(self.transaction_id)

    @property
    def wording(self) -> str:
        """What happened, to whoever looks."""
        match self.direction:
            case Direction.SENT:
                return _("Transferencia enviada a %(name)s") % {"name": self.counterparty}
            case Direction.RECEIVED:
                return _("Transferencia recibida de %(name)s") % {"name": self.counterparty}
            case _own:
                return _("Transferencia entre sus cuentas")

    @property
    def own_number(self) -> str:
        """The account of whoever looks, whole; between own accounts, the source."""
        return self.target if self.direction == Direction.RECEIVED else self.source

    @property
    def signed_amount(self) -> Decimal:
        """As the account of whoever looks saw it; between own accounts, as the source did."""
        return self.amount if self.direction == Direction.RECEIVED else -self.amount

    @property
    def balance_before(self) -> Decimal:
        return self.balance_after - self.signed_amount

    @classmethod
    def from_answer(cls, answer: dict[str, object]) -> Self:
        """From the JSON of `banking_receipt`."""
        return cls(
            transaction_id=uuid.UUID(str(answer["transaction_id"])),
            direction=Direction(str(answer["direction"])),
            amount=Decimal(str(answer["amount"])),
            currency=str(answer["currency"]),
            memo=str(answer["memo"]),
            source=str(answer["source"]),
            target=str(answer["target"]),
            counterparty=None if answer["counterparty"] is None else str(answer["counterparty"]),
            balance_after=Decimal(str(answer["balance_after"])),
            recorded_at=datetime.fromisoformat(str(answer["recorded_at"])),
            reversed_by=uuid.UUID(str(answer["reversed_by"])) if answer["reversed_by"] else None,
            reversed_at=datetime.fromisoformat(str(answer["reversed_at"])) if answer["reversed_at"] else None,
            replayed=bool(answer.get("replayed", False)),
        )


def transfer_for(client_id: uuid.UUID, transaction_id: uuid.UUID) -> Receipt:
    """A transfer that the client sent or received. Raises `TransferNotFound`."""
    answer = call_json("banking_receipt", [transaction_id, client_id])
    if answer is None:
        raise TransferNotFound
    return Receipt.from_answer(answer)


def transfers_of(
    client_id: uuid.UUID, *, direction: Wanted = Wanted.ALL, cursor: str | None = None, limit: int = 20
) -> Page[Receipt]:
    """A client's transfers, newest first. Raises `core.paging.InvalidCursor`."""
    limit = max(1, min(limit, LARGEST_PAGE))
    before = decode_cursor(cursor) if cursor else LARGEST_SEQ
    parties = {Wanted.SENT: ["sender_id"], Wanted.RECEIVED: ["receiver_id"]}.get(
        direction, ["sender_id", "receiver_id"]
    )
    # Each party's side from its own index; UNION takes out what is on both.
    sides = " UNION ".join(
        f"(SELECT seq, transaction_id FROM banking_transfer WHERE {party} = %s AND seq < %s ORDER BY seq DESC LIMIT %s)"
        for party in parties
    )
    arguments: list[uuid.UUID | int] = [client_id]
    for _party in parties:
        arguments += [client_id, before, limit + 1]
    with connection.cursor() as cur:
        cur.execute(
            f"SELECT seq, banking_receipt(transaction_id, %s) FROM ({sides}) side ORDER BY seq DESC LIMIT %s",
            [*arguments, limit + 1],
        )
        found = cur.fetchall()
    rows = [Receipt.from_answer(orjson.loads(answer)) for _seq, answer in found[:limit]]
    return Page(rows, encode_cursor(found[limit - 1][0]) if len(found) > limit else None)
