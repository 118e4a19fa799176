"""Views that only read, and bear being a moment behind."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.access import signed_in
from accounts.tokens import Caller
from core import replicas

More = ParamSpec("More")
Answer = TypeVar("Answer")
Endpoint = TypeVar("Endpoint", bound=APIView)


def page_from_replica(
    view: Callable[Concatenate[HttpRequest, More], Answer],
) -> Callable[Concatenate[HttpRequest, More], Answer]:
    """For a page, beneath `login_required`: who asks has been recognised at the primary."""

    @wraps(view)
    def read(request: HttpRequest, /, *args: More.args, **kwargs: More.kwargs) -> Answer:
        return replicas.read(lambda: view(request, *args, **kwargs), reader=signed_in(request).pk)

    return read


def answer_from_replica(
    method: Callable[Concatenate[Endpoint, Request, More], Answer],
) -> Callable[Concatenate[Endpoint, Request, More], Answer]:
    """For a method of the API's views, beneath the description of it."""

    @wraps(method)
    def read(self: Endpoint, request: Request, /, *args: More.args, **kwargs: More.kwargs) -> Answer:
        return replicas.read(lambda: method(self, request, *args, **kwargs), reader=Caller.of(request.user).id)

    return read
