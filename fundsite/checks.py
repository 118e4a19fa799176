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
            Error("Rate limits are counted in each process by itself.", hint="Set REDIS_URL.", id="fundsite.E002")
        )
    if settings.EMAIL_BACKEND.endswith(("console.EmailBackend", "dummy.EmailBackend")):
        found.append(Warning("Mail goes to the log and nowhere else.", hint="Set EMAIL_URL.", id="fundsite.W001"))
    return found
