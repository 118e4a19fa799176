from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

THEME_COOKIE = "tema"
THEMES = ("light", "dark")


def site(request: HttpRequest) -> dict[str, str]:
    """What every page needs: the product's name and the visitor's own choice of theme."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return {"site_name": settings.SITE_NAME, "theme": theme if theme in THEMES else "system"}
