"""What the pages of clients have in common."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.models import Client


def show(
    request: HttpRequest, client: Client, template: str, context: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    """A page of the client's, with its moments on the client's own clock."""
    with timezone.override(ZoneInfo(client.time_zone)):
        return render(request, template, dict(context), status=status)
