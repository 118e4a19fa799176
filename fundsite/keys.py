"""Secrets that settings make themselves or take apart."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def development_secret(folder: Path) -> str:
    """Kept beside the data, so that a restart signs nobody out."""
    path = folder / "secret-key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return path.read_text(encoding="ascii")


def jwt_keys(listed: Sequence[str], secret_key: str) -> dict[str, str]:
    """Secrets by key id, of `kid:secret`s: the first signs, all verify. Without any, one is derived from SECRET_KEY.

    Raises `ImproperlyConfigured`.
    """
    if not listed:
        derived = hmac.new(secret_key.encode(), b"fundsite.api.tokens.1", hashlib.sha256).hexdigest()
        return {hashlib.sha256(derived.encode()).hexdigest()[:8]: derived}
    keys = {name: secret for name, _colon, secret in (entry.strip().partition(":") for entry in listed)}
    if len(keys) != len(listed) or any(not name or len(secret) < 32 for name, secret in keys.items()):
        raise ImproperlyConfigured(
            "JWT_KEYS is kid:secret,kid:secret with different ids and 32 characters or more each"
        )
    return keys
