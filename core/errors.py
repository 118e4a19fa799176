"""Refusals: what the product says when it will not do something, in one shape for every skin.

A refusal is a subclass of `DomainError`, defined in the module that raises it. Pages turn it into a form error,
the API into `application/problem+json`, commands into `CommandError`.
"""

from __future__ import annotations

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CHALLENGE = 'Bearer realm="api"'  # the WWW-Authenticate of every 401


class DomainError(Exception):
    """A request that the rules of the product refuse; nothing has changed when it is raised.

    `code` is stable and for programs, `status` is the HTTP status, `field` names the input at fault (if one is), and
    `message` is for people: a translatable text with `%(name)s` places that `context` fills when it is shown.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    field: ClassVar[str | None] = None
    message: ClassVar[str | Promise] = _("No se pudo completar la operación.")

    def __init__(self, **context: object) -> None:
        super().__init__(self.code)
        self.context = context

    def __str__(self) -> str:
        return str(self.message) % self.context if self.context else str(self.message)


class InvalidInput(DomainError):
    """What is wrong, per field; `str()` is for those who show no fields."""

    code = "invalid"
    message = _("Revise los datos enviados.")

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__()
        self.errors = errors


class NotFound(DomainError):
    """Nothing there for whoever asks: absent and somebody else's look the same."""

    code = "not_found"
    status = 404
    message = _("No encontramos lo que busca.")


class TooManyRequests(DomainError):
    """Over a rate limit; `retry_after` is in seconds."""

    code = "too_many_requests"
    status = 429
    message = _("Demasiados intentos. Espere %(retry_after)s segundos y vuelva a intentarlo.")

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)
        self.retry_after = retry_after
