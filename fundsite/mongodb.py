"""The settings of a document store in MongoDB."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured

# Milliseconds. Whoever waits for a store that is down is a consumer that tries again, or a page that says so.
PATIENCE = {
    "serverSelectionTimeoutMS": 5_000,
    "connectTimeoutMS": 5_000,
    "socketTimeoutMS": 30_000,
    "wTimeoutMS": 10_000,
}
# An event is marked as archived only once most members have it in their journals; and what is looked for before
# writing is looked for among what a change of primary cannot take back.
DURABLE = {"w": "majority", "journal": True, "retryWrites": True, "readConcernLevel": "majority"}


def documents_database(url: str) -> dict[str, object]:
    """An entry of `DATABASES`. The address may set how patient to be, never how durable. Raises `ImproperlyConfigured`.

    `url`: mongodb://user:password@host:27017/name?tls=true, or mongodb+srv://…
    """
    parts = urlsplit(url)  # and not the driver's own reading, which asks the network about mongodb+srv
    name = parts.path.lstrip("/")
    if parts.scheme not in ("mongodb", "mongodb+srv") or not parts.netloc or not name:
        raise ImproperlyConfigured("MONGODB_URL is like mongodb://user:password@host:27017/name, the name included")
    chosen = {option.lower() for option, _value in parse_qsl(parts.query)}
    patience = {name: value for name, value in PATIENCE.items() if name.lower() not in chosen}
    return {
        "ENGINE": "django_mongodb_backend",
        "HOST": url,
        "NAME": name,
        "OPTIONS": {**patience, **DURABLE, "appname": "fundsite"},
    }
