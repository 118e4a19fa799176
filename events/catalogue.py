"""Every event the product records: its name, version, what it is about and the fields of its payload.

Consumers rely on this page; `docs/events.md` and `docs/asyncapi.json` are made from it. A field that changes its
meaning, or goes, is a new version; a new event is a new line. Payloads carry ids and amounts: no passwords, no tokens,
no full tax ids. Amounts are text in major units beside their `currency`; ids are the public ones.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a field of a payload holds; all but `INTEGER`, `BOOLEAN` and `NAMES` travel as JSON text."""

    UUID = "uuid"
    MAYBE_UUID = "uuid or null"
    TEXT = "text"
    AMOUNT = "amount"  # major units with two places: "125000.00"
    CURRENCY = "currency"  # ISO 4217
    DATE = "date"  # ISO 8601
    MAYBE_DATE = "date or null"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    NAMES = "names"  # a list of texts


@dataclass(frozen=True, slots=True)
class EventType:
    """`audit` is its name in the audit log, `about` one English sentence for whoever consumes it."""

    name: str
    version: int
    audit: str
    about: str
    fields: Mapping[str, Kind]

    @property
    def holder(self) -> str | None:
        """The field that says whose it is; the events of one holder are published in the order they happened."""
        return next((name for name in ("client_id", "user_id") if name in self.fields), None)


def _event(name: str, audit: str, about: str, fields: Mapping[str, Kind], version: int = 1) -> EventType:
    return EventType(name, version, audit, about, fields)


_USER = {"user_id": Kind.UUID}
_CLIENT = {"client_id": Kind.UUID}
_IDENTIFIER = {"identifier": Kind.TEXT, "user_id": Kind.MAYBE_UUID}  # what was typed, and whose it is
_COMPANY = {"company_id": Kind.UUID, "slug": Kind.TEXT}
_MONEY = {"amount": Kind.AMOUNT, "currency": Kind.CURRENCY}
_FUND_MOVEMENT = {
    "transaction_id": Kind.UUID,
    "client_id": Kind.UUID,
    "fund_id": Kind.INTEGER,
    "fund_name": Kind.TEXT,
    **_MONEY,
    "correlation_id": Kind.UUID,
}
_ACCOUNT_STATE = {
    "number": Kind.TEXT,
    "client_id": Kind.MAYBE_UUID,  # the house has accounts too
    "reason": Kind.TEXT,
    "credits_allowed": Kind.BOOLEAN,
}
# Of the other party: the end of the account number and a masked name, no more. One event for each party.
_TRANSFER = {
    "transaction_id": Kind.UUID,
    "client_id": Kind.UUID,
    **_MONEY,
    "account": Kind.TEXT,
    "counterparty_account": Kind.TEXT,
    "correlation_id": Kind.UUID,
}
_SCHEDULE = {
    "schedule_id": Kind.UUID,
    "client_id": Kind.UUID,
    **_MONEY,
    "account": Kind.TEXT,
    "counterparty_account": Kind.TEXT,
}

_EVENTS = (
    _event(
        "accounts.user_registered",
        "USER_REGISTERED",
        "Somebody registered and got the opening grant.",
        {"user_id": Kind.UUID, "client_id": Kind.UUID, "transaction_id": Kind.UUID, **_MONEY},
    ),
    _event("accounts.login_succeeded", "LOGIN_SUCCESS", "Somebody signed in.", _USER),
    _event("accounts.login_failed", "LOGIN_FAILED", "A sign-in was refused.", _IDENTIFIER, 2),
    _event("accounts.logged_out", "LOGOUT", "Somebody signed out.", _USER),
    _event(
        "accounts.token_replayed",
        "TOKEN_REPLAYED",
        "A used refresh token came again; its session was ended.",
        {**_USER, "session_id": Kind.UUID},
    ),
    _event("accounts.login_locked", "LOGIN_LOCKED", "Too many failures locked an account out.", _IDENTIFIER, 2),
    _event(
        "accounts.new_device",
        "NEW_DEVICE",
        "Somebody signed in with a browser or program they had not used before.",
        {**_USER, "device": Kind.TEXT},
    ),
    _event("accounts.sessions_ended", "SESSIONS_ENDED", "A user ended their other sessions.", _USER),
    _event("accounts.password_changed", "PASSWORD_CHANGED", "A user changed their password.", _USER),
    _event(
        "accounts.password_reset_requested",
        "PASSWORD_RESET_REQUESTED",
        "Somebody asked for a mail to recover a password.",
        _IDENTIFIER,
        2,
    ),
    _event("accounts.password_reset", "PASSWORD_RESET", "A password was set by mail or by an administrator.", _USER),
    _event("accounts.mfa_enabled", "MFA_ENABLED", "A second factor was added.", {**_USER, "kind": Kind.TEXT}),
    _event(
        "accounts.mfa_disabled",
        "MFA_DISABLED",
        "A second factor was removed, by its user or, for a reason, by an administrator.",
        {**_USER, "kind": Kind.TEXT, "reason": Kind.TEXT},
        2,
    ),
    _event("accounts.mfa_codes_renewed", "MFA_CODES_RENEWED", "Recovery codes were made anew.", _USER),
    _event("accounts.mfa_failed", "MFA_FAILED", "A second factor was refused.", _USER),
    _event("accounts.user_created", "USER_CREATED", "An administrator made a user.", {**_USER, "role": Kind.TEXT}),
    _event(
        "accounts.profile_updated",
        "PROFILE_UPDATED",
        "A user's own data changed; which, not what to.",
        {**_USER, "fields": Kind.NAMES},
    ),
    _event(
        "accounts.email_changed",
        "EMAIL_CHANGED",
        "The address that a user signs in with was changed, by them or by an administrator.",
        _USER,
    ),
    _event(
        "accounts.role_changed",
        "ROLE_CHANGED",
        "An administrator gave a user another role.",
        {**_USER, "role_before": Kind.TEXT, "role_after": Kind.TEXT},
    ),
    _event("accounts.user_deactivated", "USER_DEACTIVATED", "A user may no longer sign in.", _USER),
    _event("accounts.user_reactivated", "USER_REACTIVATED", "A user may sign in again.", _USER),
    _event("accounts.client_created", "CLIENT_CREATED", "Staff made a client without a login.", _CLIENT),
    _event(
        "accounts.client_updated",
        "CLIENT_UPDATED",
        "A client's data changed; which, not what to.",
        {**_CLIENT, "fields": Kind.NAMES},
    ),
    _event("accounts.client_deactivated", "CLIENT_DEACTIVATED", "A client left.", _CLIENT),
    _event("accounts.client_reactivated", "CLIENT_REACTIVATED", "A client came back.", _CLIENT),
    _event("accounts.company_created", "COMPANY_CREATED", "A company was listed.", {**_COMPANY, "owner_id": Kind.UUID}),
    _event("accounts.company_updated", "COMPANY_UPDATED", "A company changed.", {**_COMPANY, "fields": Kind.NAMES}),
    _event(
        "accounts.company_deleted", "COMPANY_DELETED", "A company was taken off.", {**_COMPANY, "owner_id": Kind.UUID}
    ),
    _event("funds.subscribed", "SUBSCRIBE", "A client subscribed to a fund.", _FUND_MOVEMENT),
    _event("funds.cancelled", "CANCEL", "A client cancelled a subscription.", _FUND_MOVEMENT),
    _event(
        "ledger.reversed",
        "REVERSE",
        "A transaction was corrected by its opposite.",
        {"transaction_id": Kind.UUID, "reverses": Kind.UUID, "reason": Kind.TEXT},
    ),
    _event(
        "ledger.imported",
        "IMPORT",
        "A movement was taken over in a batch, from elsewhere or for a load test.",
        {"transaction_id": Kind.UUID, "client_id": Kind.UUID, **_MONEY},
    ),
    _event(
        "ledger.account_frozen", "ACCOUNT_FROZEN", "Staff stopped the debits of an account, or all.", _ACCOUNT_STATE, 2
    ),
    _event("ledger.account_unfrozen", "ACCOUNT_UNFROZEN", "Staff let an account move again.", _ACCOUNT_STATE, 2),
    _event(
        "banking.account_opened",
        "ACCOUNT_OPENED",
        "A client opened an account.",
        {"client_id": Kind.UUID, "number": Kind.TEXT, "currency": Kind.CURRENCY},
    ),
    _event(
        "banking.account_renamed",
        "ACCOUNT_RENAMED",
        "A client called an account something else.",
        {"client_id": Kind.UUID, "number": Kind.TEXT},
    ),
    _event(
        "banking.account_closed",
        "ACCOUNT_CLOSED",
        "A client closed an empty account.",
        {"client_id": Kind.UUID, "number": Kind.TEXT, "currency": Kind.CURRENCY},
    ),
    _event(
        "banking.default_changed",
        "DEFAULT_ACCOUNT_CHANGED",
        "A client chose another account for funds.",
        {"client_id": Kind.UUID, "number_before": Kind.TEXT, "number": Kind.TEXT},
    ),
    _event(
        "banking.transfer_sent",
        "TRANSFER_SENT",
        "A client transferred to somebody else.",
        {**_TRANSFER, "counterparty": Kind.TEXT},
    ),
    _event(
        "banking.transfer_received",
        "TRANSFER_RECEIVED",
        "A client got a transfer from somebody else.",
        {**_TRANSFER, "counterparty": Kind.TEXT},
    ),
    _event("banking.transfer_made", "TRANSFER", "A client transferred between accounts of their own.", _TRANSFER),
    _event(
        "banking.transfer_scheduled",
        "TRANSFER_SCHEDULED",
        "A client ordered a transfer, or several, for days to come.",
        {**_SCHEDULE, "frequency": Kind.TEXT, "starts_on": Kind.DATE, "ends_on": Kind.MAYBE_DATE},
    ),
    _event(
        "banking.schedule_paused",
        "SCHEDULE_PAUSED",
        "A client paused transfers to come.",
        {"schedule_id": Kind.UUID, "client_id": Kind.UUID},
    ),
    _event(
        "banking.schedule_resumed",
        "SCHEDULE_RESUMED",
        "A client let transfers to come go on.",
        {"schedule_id": Kind.UUID, "client_id": Kind.UUID, "next_due": Kind.DATE},
    ),
    _event(
        "banking.schedule_cancelled",
        "SCHEDULE_CANCELLED",
        "A client cancelled transfers to come.",
        {"schedule_id": Kind.UUID, "client_id": Kind.UUID},
    ),
    _event(
        "banking.statement_issued",
        "STATEMENT_ISSUED",
        "A statement was given out as a document that can be verified.",
        {
            "client_id": Kind.UUID,
            "account_ending": Kind.TEXT,
            "since": Kind.DATE,
            "until": Kind.DATE,
            "sha256": Kind.TEXT,
        },
    ),
    _event(
        "banking.scheduled_transfer_skipped",
        "SCHEDULED_TRANSFER_SKIPPED",
        "A transfer that was due was refused, and left out.",
        {**_SCHEDULE, "due_on": Kind.DATE, "reason": Kind.TEXT},
    ),
    _event(
        "notifications.preferences_changed",
        "PREFERENCES_CHANGED",
        "A user chose what not to be sent; the topics that they decline now.",
        {**_USER, "declined": Kind.NAMES},
    ),
    _event(
        "notifications.resent",
        "NOTICE_RESENT",
        "Staff sent a notice once more.",
        {"delivery_id": Kind.UUID, "notice": Kind.TEXT, "user_id": Kind.MAYBE_UUID, "client_id": Kind.MAYBE_UUID},
    ),
)

CATALOGUE: Mapping[str, EventType] = {event.name: event for event in _EVENTS}


def audit_name(name: str) -> str:
    """An event's name in the audit log; one that the catalogue has forgotten is named by itself."""
    kind = CATALOGUE.get(name)
    return kind.audit if kind else name.upper()


def holder_of(name: str, payload: Mapping[str, object]) -> uuid.UUID | None:
    """Whose an event is, if it is anybody's."""
    kind = CATALOGUE.get(name)
    holder = payload.get(kind.holder) if kind and kind.holder else None
    return uuid.UUID(str(holder)) if holder else None
