"""What the API's description says over and over: problems, money, the idempotency key."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from core.errors import DomainError
from core.paging import LARGEST_PAGE
from core.periods import InvalidPeriod
from core.problems import MEDIA_TYPE, TITLES, problem

Responses = dict[tuple[int, str], OpenApiResponse]


class ProblemSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """RFC 9457."""

    type = serializers.CharField(help_text="urn:fundsite:problem:<code>")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text=_("Para personas, en el idioma que pide Accept-Language."))
    code = serializers.CharField(help_text=_("Para programas; no cambia."))
    errors = serializers.DictField(  # type: ignore[assignment] # declared fields are not attributes
        child=serializers.ListField(child=serializers.CharField()), required=False, help_text=_("Mensajes por campo.")
    )


class PeriodQuerySerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Which part of a long list, newest first: some days of it, a page at a time. Everything may be left out."""

    since = serializers.DateField(required=False, help_text=_("Desde este día (hora de Bogotá), inclusive."))
    until = serializers.DateField(required=False, help_text=_("Hasta este día (hora de Bogotá), inclusive."))
    cursor = serializers.CharField(required=False, help_text=_("El next_cursor de la página anterior."))
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=20)

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        since, until = attrs.get("since"), attrs.get("until")
        if since and until and since > until:  # type: ignore[operator]
            raise serializers.ValidationError({"until": [InvalidPeriod.message]})
        return attrs


class MoneyField(serializers.CharField):
    """An amount on its way out: major units, two places."""

    def __init__(self) -> None:
        super().__init__(help_text=_("Unidades mayores con dos decimales, por ejemplo 125000.00"))


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
    OpenApiParameter.HEADER,
    description=_(
        "Elíjala usted, distinta para cada operación. Repetir la misma clave con el mismo cuerpo devuelve la primera "
        "respuesta sin mover nada (cabecera Idempotency-Replayed: true); con otro cuerpo se rechaza con 422, y con 409 "
        "mientras la primera sigue en curso."
    ),
)
IDEMPOTENCY_REPLAYED = OpenApiParameter(
    "Idempotency-Replayed",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    response=[200, 201],
    enum=["true"],
    description=_("Presente cuando la respuesta es la de una solicitud anterior."),
)


def problems(*statuses: int, example: DomainError | None = None) -> Responses:
    """The refusals an operation may answer with. 406 is every operation's."""
    shown = {example.status: [problem_example(example)]} if example else {}
    return {
        (status, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, TITLES[status], shown.get(status, []))
        for status in sorted({*statuses, 406})
    }


def problem_example(refusal: DomainError) -> OpenApiExample:
    """A refusal as an example, in the language that the product speaks unless asked otherwise."""
    with translation.override(settings.LANGUAGE_CODE):
        body = problem(refusal.status, refusal.code, str(refusal))
    return OpenApiExample(
        refusal.code, body, media_type=MEDIA_TYPE, response_only=True, status_codes=[str(refusal.status)]
    )
