from django.apps import AppConfig
from django.core import checks

from fundsite.checks import deployment


class FundsiteConfig(AppConfig):
    name = "fundsite"

    def ready(self) -> None:
        checks.register(deployment, checks.Tags.security, deploy=True)
