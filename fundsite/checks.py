"""What `manage.py check --deploy` says about toys that a production setting would fall back to."""

from __future__ import annotations

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning


def deployment(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Registered for `--deploy` by `FundsiteConfig.ready`."""
    found: list[CheckMessage] = []
    if not settings.PRODUCTION:
        found.append(Error("ENVIRONMENT is not production.", hint="ENVIRONMENT=production", id="fundsite.E001"))
    if not settings.REDIS_URL:
        found.append(
            Error(
                "Rate limits are counted in each process by itself, and open pages hear of nothing that others do.",
                hint="Set REDIS_URL.",
                id="fundsite.E002",
            )
        )
    if settings.EMAIL_BACKEND.endswith(("console.EmailBackend", "dummy.EmailBackend")):
        found.append(Warning("Mail goes to the log and nowhere else.", hint="Set EMAIL_URL.", id="fundsite.W001"))
    if not settings.SMS_URL:
        found.append(Warning("Text messages go to the log and nowhere else.", hint="Set SMS_URL.", id="fundsite.W002"))
    return found + _on_events()


def _on_events() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not settings.BROKER_URL:
        found.append(
            Warning(
                "Events go from the relay to every consumer, one after the other: one that is slow holds up the rest.",
                hint="Set BROKER_URL to a RabbitMQ and run a process per consumer.",
                id="fundsite.W003",
            )
        )
    if not settings.MONGODB_URL:
        found.append(
            Warning(
                "The audit trail is in the database that it is a witness against.",
                hint="Set MONGODB_URL.",
                id="fundsite.W004",
            )
        )
    return found
