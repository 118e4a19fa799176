from django.apps import AppConfig


class FundsiteConfig(AppConfig):
    name = "fundsite"
