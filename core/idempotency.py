"""`Idempotency-Key`: a retried request has its effect once and gets its first answer again.

Only answers that moved something are stored. A refusal changed nothing, so the same key may be tried again.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable

import orjson
from django.utils.translation import gettext_lazy as _

from core.database import Refusals, call, call_json
from core.errors import DomainError

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class InvalidIdempotencyKey(DomainError):
    code = "invalid_idempotency_key"
    message = _("La clave de idempotencia debe tener entre 1 y 255 caracteres ASCII visibles.")


class IdempotencyKeyReused(DomainError):
    code = "idempotency_key_reused"
    status = 422
    message = _("Esta clave de idempotencia ya se usó con otra solicitud.")


class IdempotencyInFlight(DomainError):
    code = "idempotency_in_flight"
    status = 409
    retry_after = 1  # seconds
    message = _("La primera solicitud con esta clave todavía está en curso. Vuelva a intentarlo en un momento.")


REFUSALS: Refusals = (IdempotencyKeyReused, IdempotencyInFlight)


def checked_key(key: str | None) -> str | None:
    """The key as it may be stored; `None` stays `None`. Raises `InvalidIdempotencyKey`."""
    if key is not None and not _KEY.fullmatch(key):
        raise InvalidIdempotencyKey
    return key


def request_hash(operation: str, *arguments: object) -> bytes:
    """What makes two requests the same: the operation and its arguments after parsing (`125000` is `"125000.00"`)."""
    return hashlib.sha256("\n".join([operation, *map(str, arguments)]).encode()).digest()


def once(
    act: Callable[[], dict[str, str]], *, actor_id: uuid.UUID, key: str | None, request: bytes
) -> dict[str, object]:
    """What `act` answers, or, for a key that was used for this request before, what it answered then.

    Within the caller's transaction, which stores the key with whatever `act` does. Raises `IdempotencyKeyReused`,
    `IdempotencyInFlight` and what `act` raises.
    """
    answer = call_json("core_idempotency_begin", [actor_id, key, request], REFUSALS) if key else None
    if answer is not None:
        return answer
    made = act()
    call("core_idempotency_end", [actor_id, key, request, orjson.dumps(made).decode()])
    return dict(made)
