"""Every event the product records: its name, version and the fields of its payload.

Consumers rely on this page. A field that changes its meaning, or goes, is a new version; a new event is a new line.
Amounts are text in major units beside their `currency`; ids are the public ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EventType:
    name: str
    version: int
    fields: frozenset[str]


def _event(name: str, *fields: str, version: int = 1) -> tuple[str, EventType]:
    return name, EventType(name, version, frozenset(fields))


_MOVEMENT = ("transaction_id", "client_id", "fund_id", "fund_name", "amount", "currency", "correlation_id")

CATALOGUE: Mapping[str, EventType] = dict(
    [
        _event("accounts.user_registered", "user_id", "client_id", "transaction_id", "amount", "currency"),
        _event("accounts.login_succeeded", "user_id"),
        _event("accounts.login_failed", "identifier"),
        _event("accounts.logged_out", "user_id"),
        _event("accounts.token_replayed", "user_id", "session_id"),
        _event("accounts.login_locked", "identifier"),
        _event("accounts.sessions_ended", "user_id"),
        _event("accounts.password_changed", "user_id"),
        _event("accounts.password_reset_requested", "identifier"),
        _event("accounts.password_reset", "user_id"),
        _event("accounts.mfa_enabled", "user_id", "kind"),
        _event("accounts.mfa_disabled", "user_id", "kind"),
        _event("accounts.mfa_codes_renewed", "user_id"),
        _event("accounts.mfa_failed", "user_id"),
        _event("accounts.user_created", "user_id", "role"),
        _event("accounts.profile_updated", "user_id", "fields"),
        _event("accounts.role_changed", "user_id", "role_before", "role_after"),
        _event("accounts.user_deactivated", "user_id"),
        _event("accounts.user_reactivated", "user_id"),
        _event("accounts.client_created", "client_id"),
        _event("accounts.client_updated", "client_id", "fields"),
        _event("accounts.client_deactivated", "client_id"),
        _event("accounts.client_reactivated", "client_id"),
        _event("accounts.company_created", "company_id", "slug", "owner_id"),
        _event("accounts.company_updated", "company_id", "slug", "fields"),
        _event("accounts.company_deleted", "company_id", "slug", "owner_id"),
        _event("funds.subscribed", *_MOVEMENT),
        _event("funds.cancelled", *_MOVEMENT),
        _event("ledger.reversed", "transaction_id", "reverses", "reason"),
        _event("ledger.account_frozen", "number", "reason"),
        _event("ledger.account_unfrozen", "number", "reason"),
    ]
)
