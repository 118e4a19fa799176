"""Connections of the SQL part, its lock and its transactions."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
from django.db import connections
from django.utils.translation import gettext_lazy as _
from psycopg2.extensions import connection as Session
from psycopg2.extensions import new_type, register_type

from core.errors import DomainError
from fundsite.sqlpart import environment

LOCK = 0x627467  # "btg": one run, restore or rollback at a time in a database

# Shown as PostgreSQL writes them: numeric, bytea, dates and times, JSON, ranges, and arrays of anything. psycopg2 would
# make Python values of them, for some of which (infinity, years before Christ) there is none.
_AS_TEXT = (17, 114, 1082, 1083, 1114, 1184, 1186, 1266, 1700, 2950, 3802, 3904, 3906, 3908, 3910, 3912, 3926)
_ARRAYS_AS_TEXT = (199, 1000, 1001, 1002, 1005, 1007, 1009, 1014, 1015, 1016, 1021, 1022, 1028, 1115, 1182, 1183)
_MORE_ARRAYS_AS_TEXT = (1185, 1187, 1231, 1270, 2951, 3807, 3905, 3907, 3909, 3911, 3913, 3927)


class Unreachable(DomainError):
    code = "sql_unreachable"
    message = _("No se puede usar la base de datos: %(reason)s")


class DatabaseRefused(DomainError):
    """PostgreSQL refused, or was gone; everything of the transaction is undone."""

    code = "sql_refused"
    message = _("PostgreSQL rechazó la operación y no se cambió nada: %(reason)s")


@contextmanager
def connected() -> Iterator[Session]:
    """A session in autocommit, closed at the end. Raises `Unreachable`.

    The server of PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE if one of them is set, else Django's.
    """
    if not environment.as_psql() and connections["default"].settings_dict["DISABLE_SERVER_SIDE_CURSORS"]:
        raise Unreachable(
            reason="PGBOUNCER is set, and a pooled connection loses the lock. Give PGHOST of the server itself."
        )
    try:
        if environment.as_psql():
            session = psycopg2.connect("", client_encoding="UTF8")
        else:
            session = psycopg2.connect(**connections["default"].get_connection_params())
    except psycopg2.Error as error:
        raise Unreachable(reason=" ".join(str(error).split())) from error
    with closing(session), _told_of_signals(session):
        prepare(session)
        yield session


@contextmanager
def _told_of_signals(session: Session) -> Iterator[None]:
    """The server hears of Ctrl-C and SIGTERM at once and ends its statement; Python hears of them only after it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ear, mouth = socket.socketpair()
    mouth.setblocking(False)

    def listen() -> None:
        while numbers := ear.recv(64):
            if signal.SIGINT in numbers or signal.SIGTERM in numbers:
                session.cancel()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    before = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        mouth.close()
        thread.join()
        ear.close()


def prepare(session: Session) -> None:
    """In autocommit, keeping every notice, and with values as text where Python has none for them."""
    session.autocommit = True
    session.notices = []  # a list of ours keeps all of them; psycopg2's keeps fifty
    plainly = new_type(_AS_TEXT + _ARRAYS_AS_TEXT + _MORE_ARRAYS_AS_TEXT, "PLAINLY", lambda value, _cursor: value)
    register_type(plainly, session)


@contextmanager
def alone(session: Session) -> Iterator[None]:
    """Waits until no other run, restore or rollback is under way in this database; they wait until this one ends."""
    with session.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            if not session.closed:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@contextmanager
def transaction(session: Session, mode: str = "") -> Iterator[None]:
    """BEGIN … COMMIT, or ROLLBACK if anything is raised; `mode` is of our own code (ISOLATION LEVEL, READ ONLY)."""
    with session.cursor() as cursor:
        cursor.execute(f"BEGIN {mode}")
        try:
            yield
        except BaseException:
            if not session.closed:
                cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")


@contextmanager
def refusals() -> Iterator[None]:
    """Turns what PostgreSQL refuses into `DatabaseRefused`."""
    try:
        yield
    except psycopg2.Error as error:
        raise DatabaseRefused(reason=reason_of(error)) from error


def reason_of(error: psycopg2.Error) -> str:
    """PostgreSQL's message with its detail and hint."""
    if not error.diag.message_primary:
        return " ".join(str(error).split())
    said = [error.diag.message_primary, error.diag.message_detail, error.diag.message_hint]
    return "\n".join(line for line in said if line)
