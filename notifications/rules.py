"""Which event is told to whom, and in which words: the whole table on one page.

An event without a rule is told to nobody. A rule's topic decides whether it can be declined (`models.MANDATORY`)
and, for `SECURITY`, that it also goes to the address its user signs in with, wherever notices go otherwise; that this
one changed is told at the one before, too.
Texts are filled with what `notifications.texts` makes of the event's payload, in the language of whoever reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from notifications.models import MANDATORY, Topic

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class To(StrEnum):
    """Who is told, by what the payload says: the field, and who is meant by it."""

    CLIENT = "client_id"
    USER = "user_id"
    PARTIES = "transaction_id"  # everybody whose accounts the transaction moved, once; the house is nobody


@dataclass(frozen=True, slots=True)
class Link:
    """A page that has more: its name, what the way there is called, and the fields that its address takes: the
    payload's, and for `To.PARTIES` the `number` of one's own account.
    """

    page: str
    label: StrOrPromise
    takes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """`quiet`: sent at most once in that time, where somebody else could make it happen over and over. `withheld`:
    fields of the payload that are not for whoever is told.
    """

    to: To
    topic: Topic
    title: StrOrPromise
    text: StrOrPromise
    link: Link | None = None
    quiet: timedelta | None = None
    withheld: frozenset[str] = frozenset()

    @property
    def is_mandatory(self) -> bool:
        return self.topic in MANDATORY

    @property
    def is_security(self) -> bool:
        return self.topic == Topic.SECURITY


_RECEIPT = Link("funds:receipt", _("Ver el comprobante"), ("transaction_id",))
_TRANSFER = Link("banking:receipt", _("Ver el comprobante"), ("transaction_id",))
_MOVEMENT = Link("banking:movement", _("Ver el comprobante"), ("number", "transaction_id"))
_FUNDS = Link("funds:list", _("Ver los fondos"))
_REASON = frozenset({"reason"})  # staff write it for staff
_SECURITY = Link("security", _("Revisar la seguridad"))

RULES: Mapping[str, Rule] = {
    # Money in funds
    "funds.subscribed": Rule(
        To.CLIENT,
        Topic.FUNDS,
        _("Suscripción confirmada"),
        _("Suscribió %(money)s a %(fund)s."),
        _RECEIPT,
    ),
    "funds.cancelled": Rule(
        To.CLIENT,
        Topic.FUNDS,
        _("Suscripción cancelada"),
        _("Canceló su suscripción a %(fund)s. Devolvimos %(money)s a su cuenta."),
        _RECEIPT,
    ),
    # Money between accounts
    "banking.transfer_sent": Rule(
        To.CLIENT,
        Topic.TRANSFERS,
        _("Transferencia enviada"),
        _("Envió %(money)s a %(counterparty)s, cuenta %(counterparty_account)s."),
        _TRANSFER,
    ),
    "banking.transfer_received": Rule(
        To.CLIENT,
        Topic.TRANSFERS,
        _("Recibió una transferencia"),
        _("%(counterparty)s le envió %(money)s a su cuenta %(account)s."),
        _TRANSFER,
    ),
    "banking.transfer_made": Rule(
        To.CLIENT,
        Topic.TRANSFERS,
        _("Transferencia entre sus cuentas"),
        _("Pasó %(money)s de su cuenta %(account)s a su cuenta %(counterparty_account)s."),
        _TRANSFER,
    ),
    "banking.scheduled_transfer_skipped": Rule(
        To.CLIENT,
        Topic.ACCOUNT,
        _("No se hizo una transferencia programada"),
        _(
            "La transferencia de %(money)s a la cuenta %(counterparty_account)s, programada para el %(due)s, no se "
            "hizo: %(why)s"
        ),
        Link("banking:accounts", _("Ver las cuentas")),
    ),
    # What becomes of one's account
    "accounts.user_registered": Rule(
        To.USER,
        Topic.ACCOUNT,
        _("Le damos la bienvenida"),
        _("Su cuenta está abierta y tiene %(money)s para empezar a invertir."),
        _FUNDS,
    ),
    "ledger.account_frozen": Rule(
        To.CLIENT,
        Topic.ACCOUNT,
        _("Su cuenta está congelada"),
        _("Detuvimos los movimientos de su cuenta %(number)s. Escríbanos si tiene preguntas."),
        withheld=_REASON,
    ),
    "ledger.account_unfrozen": Rule(
        To.CLIENT,
        Topic.ACCOUNT,
        _("Su cuenta vuelve a estar disponible"),
        _("Su cuenta %(number)s ya no está congelada: puede volver a mover su dinero."),
        withheld=_REASON,
    ),
    "ledger.reversed": Rule(
        To.PARTIES,
        Topic.ACCOUNT,
        _("Corregimos un movimiento"),
        _("Un movimiento de su cuenta se corrigió con otro por el mismo valor, en sentido contrario."),
        _MOVEMENT,
        withheld=_REASON,
    ),
    "accounts.client_deactivated": Rule(
        To.CLIENT,
        Topic.ACCOUNT,
        _("Ya no es cliente"),
        _("Registramos su baja como cliente. Su historial se conserva. Escríbanos si no la pidió."),
    ),
    "accounts.client_reactivated": Rule(
        To.CLIENT,
        Topic.ACCOUNT,
        _("Vuelve a ser cliente"),
        _("Registramos su regreso como cliente. Escríbanos si no lo pidió."),
    ),
    # Who gets in
    "accounts.role_changed": Rule(
        To.USER,
        Topic.SECURITY,
        _("Su rol cambió"),
        _("Su rol cambió de %(role_before)s a %(role_after)s."),
        _SECURITY,
    ),
    "accounts.user_deactivated": Rule(
        To.USER,
        Topic.SECURITY,
        _("Su usuario está desactivado"),
        _("Su usuario quedó desactivado y ya no puede iniciar sesión. Lo que tiene sigue siendo suyo."),
    ),
    "accounts.user_reactivated": Rule(
        To.USER,
        Topic.SECURITY,
        _("Su usuario vuelve a estar activo"),
        _("Su usuario se reactivó y puede volver a iniciar sesión."),
        _SECURITY,
    ),
    "accounts.new_device": Rule(
        To.USER,
        Topic.SECURITY,
        _("Ingreso desde un dispositivo nuevo"),
        _("Alguien inició sesión en su cuenta desde un dispositivo que no conocíamos: %(device)s."),
        _SECURITY,
    ),
    "accounts.password_changed": Rule(
        To.USER,
        Topic.SECURITY,
        _("Su contraseña cambió"),
        _("Su contraseña cambió, y se cerraron sus otras sesiones."),
        _SECURITY,
    ),
    "accounts.password_reset": Rule(
        To.USER,
        Topic.SECURITY,
        _("Su contraseña cambió"),
        _("Se eligió una contraseña nueva para su cuenta, y se cerraron sus sesiones."),
        _SECURITY,
    ),
    "accounts.email_changed": Rule(
        To.USER,
        Topic.SECURITY,
        _("Su correo de ingreso cambió"),
        _("El correo con el que inicia sesión en su cuenta cambió. Avisamos también al anterior."),
        _SECURITY,
    ),
    "accounts.mfa_enabled": Rule(
        To.USER,
        Topic.SECURITY,
        _("Se agregó un segundo factor"),
        _("Se agregó un segundo factor a su cuenta: %(factor)s."),
        _SECURITY,
    ),
    "accounts.mfa_disabled": Rule(
        To.USER,
        Topic.SECURITY,
        _("Se quitó un segundo factor"),
        _("Se quitó un segundo factor de su cuenta: %(factor)s."),
        _SECURITY,
        withheld=_REASON,
    ),
    "accounts.mfa_codes_renewed": Rule(
        To.USER,
        Topic.SECURITY,
        _("Códigos de recuperación nuevos"),
        _("Se hicieron códigos de recuperación nuevos para su cuenta; los anteriores ya no sirven."),
        _SECURITY,
    ),
    "accounts.login_locked": Rule(
        To.USER,
        Topic.SECURITY,
        _("Bloqueamos intentos de ingreso"),
        _(
            "Hubo demasiados intentos fallidos de entrar a su cuenta. Quien los hizo no puede volver a intentarlo "
            "durante 15 minutos."
        ),
        _SECURITY,
        quiet=timedelta(hours=1),
        withheld=frozenset({"identifier"}),
    ),
    "accounts.token_replayed": Rule(
        To.USER,
        Topic.SECURITY,
        _("Cerramos una sesión por seguridad"),
        _("Alguien usó por segunda vez una credencial de una sesión suya; cerramos esa sesión."),
        _SECURITY,
        quiet=timedelta(hours=1),
        withheld=frozenset({"session_id"}),
    ),
}
