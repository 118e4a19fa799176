"""Events in the words of people. `events.catalogue` says what they mean to programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from events.audit import Place
from events.catalogue import CATALOGUE
from events.models import InboxState

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ROOMS: Mapping[str, StrOrPromise] = {
    "accounts": _("Personas"),
    "funds": _("Fondos"),
    "ledger": _("Libro"),
    "banking": _("Cuentas"),
    "notifications": _("Avisos"),
}
EVENTS: Mapping[str, StrOrPromise] = {
    "accounts.user_registered": _("Registro"),
    "accounts.login_succeeded": _("Ingreso"),
    "accounts.login_failed": _("Ingreso rechazado"),
    "accounts.logged_out": _("Salida"),
    "accounts.token_replayed": _("Token usado dos veces"),
    "accounts.login_locked": _("Ingreso bloqueado"),
    "accounts.new_device": _("Dispositivo nuevo"),
    "accounts.sessions_ended": _("Sesiones cerradas"),
    "accounts.password_changed": _("Contraseña cambiada"),
    "accounts.password_reset_requested": _("Recuperación pedida"),
    "accounts.password_reset": _("Contraseña restablecida"),
    "accounts.mfa_enabled": _("Segundo factor activado"),
    "accounts.mfa_disabled": _("Segundo factor quitado"),
    "accounts.mfa_codes_renewed": _("Códigos de recuperación renovados"),
    "accounts.mfa_failed": _("Segundo factor rechazado"),
    "accounts.user_created": _("Usuario creado"),
    "accounts.profile_updated": _("Perfil cambiado"),
    "accounts.email_changed": _("Correo cambiado"),
    "accounts.role_changed": _("Rol cambiado"),
    "accounts.user_deactivated": _("Usuario desactivado"),
    "accounts.user_reactivated": _("Usuario reactivado"),
    "accounts.client_created": _("Cliente creado"),
    "accounts.client_updated": _("Cliente cambiado"),
    "accounts.client_deactivated": _("Cliente desactivado"),
    "accounts.client_reactivated": _("Cliente reactivado"),
    "accounts.company_created": _("Empresa creada"),
    "accounts.company_updated": _("Empresa cambiada"),
    "accounts.company_deleted": _("Empresa borrada"),
    "funds.subscribed": _("Suscripción"),
    "funds.cancelled": _("Cancelación"),
    "ledger.reversed": _("Reversión"),
    "ledger.account_frozen": _("Cuenta congelada"),
    "ledger.account_unfrozen": _("Cuenta descongelada"),
    "ledger.imported": _("Movimiento importado"),
    "banking.account_opened": _("Cuenta abierta"),
    "banking.account_renamed": _("Cuenta renombrada"),
    "banking.account_closed": _("Cuenta cerrada"),
    "banking.default_changed": _("Cuenta principal cambiada"),
    "banking.transfer_sent": _("Transferencia enviada"),
    "banking.transfer_received": _("Transferencia recibida"),
    "banking.transfer_made": _("Transferencia entre cuentas propias"),
    "banking.transfer_scheduled": _("Transferencia programada"),
    "banking.schedule_paused": _("Programación en pausa"),
    "banking.schedule_resumed": _("Programación reanudada"),
    "banking.schedule_cancelled": _("Programación cancelada"),
    "banking.scheduled_transfer_skipped": _("Transferencia programada omitida"),
    "banking.statement_issued": _("Extracto emitido"),
    "notifications.preferences_changed": _("Preferencias de avisos cambiadas"),
    "notifications.resent": _("Aviso reenviado"),
}
CONSUMERS: Mapping[str, StrOrPromise] = {
    "documents": _("Archivo"),
    "couchdb": _("Archivo en CouchDB"),
    "notifications": _("Avisos"),
}
PLACES: Mapping[str, StrOrPromise] = {
    Place.AUDIT_LOGS: _("Auditoría"),
    Place.BUSINESS_EVENTS: _("Eventos de negocio"),
    Place.EVENT_LOG: _("Registro de eventos"),
    Place.SEALS: _("Sellos"),
    Place.HEAD: _("Cabeza exportada"),
}
STATES: Mapping[str, tuple[str, StrOrPromise]] = {
    "": ("wait", _("En espera")),
    InboxState.DONE: ("good", InboxState.DONE.label),
    InboxState.FAILED: ("wait", InboxState.FAILED.label),
    InboxState.PARKED: ("bad", InboxState.PARKED.label),
}


def event_label(name: str) -> StrOrPromise:
    return EVENTS.get(name, name)


def consumer_label(name: str) -> StrOrPromise:
    return CONSUMERS.get(name, name)


def choices(*, audit: bool) -> list[tuple[StrOrPromise, object]]:
    """Every event for a list to choose from, by room; by its name in the audit log if `audit`."""
    found: list[tuple[StrOrPromise, object]] = [("", _("Todos"))]
    for room in dict.fromkeys(name.partition(".")[0] for name in CATALOGUE):
        kinds = [kind for kind in CATALOGUE.values() if kind.name.startswith(f"{room}.")]
        names = [(kind.audit if audit else kind.name, event_label(kind.name)) for kind in kinds]
        found.append((ROOMS.get(room, room), names))
    return found
