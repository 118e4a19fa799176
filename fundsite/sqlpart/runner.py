"""Running scripts: all statements of all files in one transaction, whose state before is kept for a rollback."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg2
from django.utils.translation import gettext_lazy as _
from psycopg2.errors import ReadOnlySqlTransaction
from psycopg2.extensions import TRANSACTION_STATUS_INTRANS
from psycopg2.extensions import connection as Session
from psycopg2.extensions import cursor as Cursor

from core.errors import DomainError
from fundsite.sqlpart import sessions, undo
from fundsite.sqlpart.script import Echo, Statement, Step

READINGS = ("exclusive", "coverage")
_EXCERPT = 5  # lines
# What begins otherwise certainly writes; what begins so is tried without leave to write.
_MAY_ONLY_READ = {"select", "with", "values", "table", "show", "explain", "do", "set"}
_TRANSACTIONS = {"begin", "start", "commit", "end", "abort"}


class StatementFailed(DomainError):
    code = "sql_statement_failed"
    message = _("%(where)s: PostgreSQL rechazó esta sentencia y no se cambió nada.\n\n%(excerpt)s\n\n%(reason)s")


class EndsTransaction(DomainError):
    code = "sql_ends_transaction"
    message = _(
        "%(where)s: aquí todo va en una sola transacción, y %(words)s la empezaría o terminaría. Quite esa sentencia."
    )


class CopiesInline(DomainError):
    code = "sql_copies_inline"
    message = _("%(where)s: COPY desde STDIN o hacia STDOUT no se admite aquí; use INSERT, o un archivo del servidor.")


class NotConfirmed(DomainError):
    code = "sql_not_confirmed"
    message = _(
        "%(where)s: %(words)s borra el esquema con todos sus datos. Repita la orden con --yes si es lo que quiere."
    )


@dataclass(frozen=True)
class Result:
    """The rows that one statement returned, as psycopg2 or PostgreSQL wrote them."""

    statement: Statement
    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]


@dataclass(frozen=True)
class Report:
    """What a run has to show, in order, and how many statements it was."""

    shown: list[Result | Echo]
    statements: int


def run(
    session: Session, steps: Sequence[Step], *, reading: str | None = None, confirmed: bool = False, keep: bool = True
) -> Report:
    """Do all of `steps`, or nothing. `confirmed` allows DROP SCHEMA.

    `reading` is one of `READINGS`, for `sql/03_query.sql`; None leaves it to the database's setting. What a run
    changes, `undo.rollback` takes back, unless `keep` is off; a run that only reads leaves what is kept as it is.

    Raises `StatementFailed`, `EndsTransaction`, `CopiesInline`, `NotConfirmed`, `structure.CannotCarry`,
    `sessions.DatabaseRefused`.
    """
    check(steps, confirmed=confirmed)
    statements = [step for step in steps if isinstance(step, Statement)]
    with sessions.refusals(), sessions.alone(session):
        if all(statement.words[:1] and statement.words[0] in _MAY_ONLY_READ for statement in statements):
            try:
                with sessions.transaction(session, "READ ONLY"), session.cursor() as cursor:
                    cursor.execute("SELECT")  # from the first query on, no script can give itself leave to write
                    return Report(execute(session, steps, reading=reading), len(statements))
            except StatementFailed as failure:
                if not isinstance(failure.__cause__, ReadOnlySqlTransaction):
                    raise
        with undo.state_before(session, keep=keep) as before, sessions.transaction(session):
            undo.store(session, before)  # first: the script may change role or search path
            return Report(execute(session, steps, reading=reading), len(statements))


def check(steps: Sequence[Step], *, confirmed: bool) -> None:
    """Refuse what cannot be undone together with the rest, or is to be confirmed, before anything is sent."""
    for step in steps:
        if isinstance(step, Echo):
            continue
        where, first = f"{step.path}:{step.line}", step.words[:1]
        if first == ("copy",) and {"stdin", "stdout"} & set(step.words):
            raise CopiesInline(where=where)
        if _ends_transaction(step.words):
            raise EndsTransaction(where=where, words=" ".join(step.words[:2]).upper())
        if step.words[:2] in (("drop", "schema"), ("drop", "database")) and not confirmed:
            raise NotConfirmed(where=where, words=" ".join(step.words[:2]).upper())


def _ends_transaction(words: Sequence[str]) -> bool:
    if words[:1] == ("rollback",):
        return "to" not in words[1:3]  # ROLLBACK TO a savepoint stays inside
    return words[:1] in {(word,) for word in _TRANSACTIONS} or words[:2] == ("prepare", "transaction")


def execute(session: Session, steps: Sequence[Step], *, reading: str | None = None) -> list[Result | Echo]:
    """Do `steps` in the caller's transaction. Raises `StatementFailed`, `EndsTransaction`."""
    shown: list[Result | Echo] = []
    with session.cursor() as cursor:
        if reading is not None:
            cursor.execute("SELECT set_config('btg.reading', %s, true)", [reading])
        for step in steps:
            shown += [step] if isinstance(step, Echo) else _result(cursor, step)
            if session.info.transaction_status != TRANSACTION_STATUS_INTRANS and isinstance(step, Statement):
                raise EndsTransaction(where=f"{step.path}:{step.line}", words=" ".join(step.words[:2]).upper())
    return shown


def _result(cursor: Cursor, statement: Statement) -> Iterator[Result]:
    try:
        cursor.execute(statement.text)
        if cursor.description is not None:
            yield Result(statement, tuple(column.name for column in cursor.description), cursor.fetchall())
    except psycopg2.Error as error:
        raise _failure(statement, error) from error


def _failure(statement: Statement, error: psycopg2.Error) -> StatementFailed:
    """Where it happened as precisely as PostgreSQL says, and the statement's first lines with their numbers."""
    at = int(error.diag.statement_position or 0)
    fault = statement.line + statement.text.count("\n", 0, at)
    lines = list(enumerate(statement.text.splitlines(), start=statement.line))
    excerpt = [f"{number:>6} | {line}" for number, line in lines if number < statement.line + _EXCERPT]
    if len(lines) > _EXCERPT:
        excerpt.append("   ... |")
        excerpt += [f"{number:>6} | {line}" for number, line in lines[_EXCERPT:] if number == fault]
    return StatementFailed(
        where=f"{statement.path}:{fault}", excerpt="\n".join(excerpt), reason=sessions.reason_of(error)
    )
