"""What a notice says: the words of its rule with its particulars in them, in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from core.ids import receipt_number
from core.money import format_money
from core.templatetags.dates import day, moment
from notifications.models import Topic
from notifications.rules import RULES, Rule

NOTHING = "—"
FACTORS: Mapping[str, str | Promise] = {
    "totp": gettext_lazy("aplicación de códigos"),
    "webauthn": gettext_lazy("llave de acceso"),
}
WHY_NOT: Mapping[str, str | Promise] = {
    "insufficient_funds": gettext_lazy("su cuenta no tenía saldo suficiente."),
    "account_not_open": gettext_lazy("una de las cuentas no está abierta."),
    "account_not_found": gettext_lazy("la cuenta de destino ya no existe."),
    "daily_limit_exceeded": gettext_lazy("habría superado su límite diario."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice in one language. `details` are names with their values; `path` is that of a page.

    What there is none of is empty: `receipt` (a number), `path`, `link` (what the way to the page is called).
    """

    topic: Topic
    is_security: bool
    is_mandatory: bool
    title: str
    text: str
    details: tuple[tuple[str, str], ...]
    receipt: str
    path: str
    link: str


def show(kind: str, params: Mapping[str, object], happened_at: datetime) -> Shown:
    """In the language that is active. A kind that has no rule any more is shown without its particulars."""
    rule = RULES.get(kind)
    if rule is None:
        return Shown(Topic.ACCOUNT, False, True, _("Aviso"), kind, _details(params, happened_at), "", "", "")
    path = _path(rule, params)
    return Shown(
        topic=rule.topic,
        is_security=rule.is_security,
        is_mandatory=rule.is_mandatory,
        title=str(rule.title),
        text=str(rule.text) % _particulars(params),
        details=_details(params, happened_at),
        receipt=_receipt(params.get("transaction_id")),
        path=path,
        link=str(rule.link.label) if rule.link and path else "",
    )


def _particulars(params: Mapping[str, object]) -> dict[str, str]:
    """Every place that a rule's text may have; what the payload does not say is a dash."""
    return {
        "money": _money(params),
        "fund": _said(params, "fund_name"),
        "account": ending(_said(params, "account")),
        "counterparty_account": ending(_said(params, "counterparty_account")),
        "counterparty": _said(params, "counterparty"),
        "number": ending(_said(params, "number")),
        "device": _said(params, "device"),
        "factor": str(FACTORS.get(_said(params, "kind"), _said(params, "kind"))),
        "role_before": _role(params, "role_before"),
        "role_after": _role(params, "role_after"),
        "due": _day(params.get("due_on")),
        "why": str(WHY_NOT.get(_said(params, "reason"), _("no se pudo completar."))),
    }


def _details(params: Mapping[str, object], happened_at: datetime) -> tuple[tuple[str, str], ...]:
    found = [(_("Fecha"), moment(timezone.localtime(happened_at)))]
    if "fund_name" in params:
        found.append((_("Fondo"), _said(params, "fund_name")))
    if "amount" in params:
        found.append((_("Valor"), _money(params)))
    if number := _receipt(params.get("transaction_id")):
        found.append((_("Comprobante"), number))
    if params.get("ip"):
        found.append((_("Dirección IP"), _said(params, "ip")))
    return tuple(found)


def ending(number: str) -> str:
    """`*1234`: what an account is called by where others may read it. Nothing that a line could break at."""
    return f"*{number[-4:]}" if number != NOTHING else NOTHING


def _said(params: Mapping[str, object], name: str) -> str:
    return str(params.get(name) or NOTHING)


def _role(params: Mapping[str, object], name: str) -> str:
    role = _said(params, name)
    return str(dict(Role.choices).get(role, role))


def _money(params: Mapping[str, object]) -> str:
    try:
        return format_money(Decimal(str(params["amount"])), str(params["currency"]))
    except (KeyError, InvalidOperation):
        return NOTHING


def _day(value: object) -> str:
    found = parse_date(str(value)) if value else None
    return day(timezone.make_aware(datetime.combine(found, datetime.min.time()))) if found else NOTHING


def _receipt(transaction_id: object) -> str:
    try:
        return receipt_number(UUID(str(transaction_id)))
    except ValueError:
        return ""


def _path(rule: Rule, params: Mapping[str, object]) -> str:
    if rule.link is None:
        return ""
    values = [str(params.get(name) or "") for name in rule.link.takes]
    return reverse(rule.link.page, args=values) if all(values) else ""
