"""How the API reads and writes JSON: exact numbers in, bounded bodies, orjson out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import IO

import orjson
from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from core.errors import DomainError
from core.idempotency import checked_key
from core.money import parse_amount

LARGEST_BODY = 256 * 1024  # bytes
LONGEST_NUMBER = 400  # digits; Python itself refuses integers of more than 4300
NOT_A_NUMBER = Decimal("NaN")


class BodyTooLarge(DomainError):
    code = "body_too_large"
    status = 413
    message = _("La solicitud es demasiado grande.")


class ExactJSONParser(BaseParser):
    """JSON with its numbers as `int` and `Decimal`, never a float.

    NaN, Infinity and numbers too long to hold are read as what no field takes, so that the refusal names the field.
    """

    media_type = "application/json"

    def parse(  # type: ignore[override] # JSON need not be an object; serializers refuse what is not
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, object] | None = None
    ) -> object:
        body = stream.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            raise BodyTooLarge
        try:
            parsed: object = json.loads(
                body.decode("utf-8"), parse_int=_integer, parse_float=_decimal, parse_constant=Decimal
            )
            if b"\\u" in body:
                json.dumps(parsed, default=str, ensure_ascii=False).encode(
                    "utf-8"
                )  # half a surrogate pair has no UTF-8
        except (ValueError, RecursionError):
            raise ParseError(_("El cuerpo de la solicitud no es JSON válido en UTF-8.")) from None
        return parsed


class BoundedFormParser(BaseParser):
    """A form (`a=1&b=2`), for the few calls that clients make that way."""

    media_type = "application/x-www-form-urlencoded"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, object] | None = None
    ) -> QueryDict:
        body = stream.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            raise BodyTooLarge
        try:
            return QueryDict(body.decode("utf-8"), encoding="utf-8")
        except (UnicodeDecodeError, TooManyFieldsSent):
            raise ParseError(_("El cuerpo de la solicitud no es un formulario válido en UTF-8.")) from None


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= LONGEST_NUMBER else NOT_A_NUMBER


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text) if len(text) <= LONGEST_NUMBER else NOT_A_NUMBER
    except InvalidOperation:  # an exponent of twenty digits
        return NOT_A_NUMBER


class OrjsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: object,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, object] | None = None,
    ) -> bytes:
        """Amounts leave as strings in major units (`"125000.00"`), times in ISO 8601, languages as themselves."""
        if data is None:
            return b""
        for_eyes = bool(renderer_context and renderer_context.get("indent"))  # the browsable API asks for it
        return orjson.dumps(data, default=str, option=orjson.OPT_INDENT_2 if for_eyes else 0)


@extend_schema_field({"oneOf": [{"type": "string", "pattern": r"^\d{1,17}(\.\d{1,2})?$"}, {"type": "number"}]})
class AmountField(serializers.Field):  # type: ignore[type-arg]
    """A positive amount of money, as `core.money.parse_amount` reads it."""

    def to_internal_value(self, data: object) -> Decimal:
        try:
            return parse_amount(data)
        except DomainError as refusal:
            raise serializers.ValidationError(str(refusal), refusal.code) from None

    def to_representation(self, value: Decimal) -> str:
        return str(value)


def paged(request: Request, results: Sequence[object], next_cursor: str | None) -> dict[str, object]:
    """One page of a list, and where the next one is."""
    following = next_cursor and replace_query_param(request.build_absolute_uri(), "cursor", next_cursor)
    return {"results": results, "next": following, "next_cursor": next_cursor}


def replayable(body: object, *, replayed: bool, status: int = 201) -> Response:
    """What was done, and whether this is the answer of an earlier call with the same `Idempotency-Key`."""
    return Response(body, status=status, headers={"Idempotency-Replayed": "true"} if replayed else None)


def idempotency_key(request: Request) -> str | None:
    """The request's `Idempotency-Key`, checked; `None` without one."""
    return checked_key(request.headers.get("Idempotency-Key"))
