"""The kinds of token and the keys that sign them.

HS256 and nothing else; `iss`, `aud`, `exp` and `token_type` are checked on every one. Keys are named by `kid`: the
first of `JWT_KEYS` signs, all of them verify, so that a key can be replaced without signing anybody out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import jwt
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError
from rest_framework_simplejwt.tokens import Token

ALGORITHM = "HS256"
LONGEST = 4096  # characters; what is longer was not made here


class KeyRing(TokenBackend):
    def __init__(self, keys: Mapping[str, str], *, issuer: str, audience: str) -> None:
        self.signing_id, signing_key = next(iter(keys.items()))
        super().__init__(ALGORITHM, signing_key=signing_key, issuer=issuer, audience=audience)
        self.keys = {kid: self._prepare_key(key) for kid, key in keys.items()}

    def encode(self, payload: dict[str, Any]) -> str:
        claims = {**payload, "iss": self.issuer, "aud": self.audience}
        return jwt.encode(claims, self.keys[self.signing_id], algorithm=ALGORITHM, headers={"kid": self.signing_id})

    def get_verifying_key(self, token: Any) -> Any:
        key = self.keys.get(jwt.get_unverified_header(token).get("kid", ""))
        if key is None:
            raise TokenBackendError("no such key")
        return key

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        if len(token) > LONGEST:
            raise TokenBackendError("too long")
        try:
            return super().decode(token, verify)
        except (RecursionError, ValueError, TypeError, OverflowError):  # JSON that PyJWT did not expect
            raise TokenBackendError("unreadable") from None


ring = KeyRing(settings.JWT_KEYS, issuer=settings.SIMPLE_JWT["ISSUER"], audience=settings.SIMPLE_JWT["AUDIENCE"])


class OurToken(Token):
    @property
    def token_backend(self) -> TokenBackend:
        return ring


class Access(OurToken):
    token_type = "access"  # noqa: S105
    lifetime = timedelta(minutes=30)


class Refresh(OurToken):
    token_type = "refresh"  # noqa: S105
    lifetime = timedelta(days=14)


class Ticket(OurToken):
    """Says that a password was right; good for nothing but presenting a second factor."""

    token_type = "mfa_ticket"  # noqa: S105
    lifetime = timedelta(minutes=5)
