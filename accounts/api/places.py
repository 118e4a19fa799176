"""The catalogue of places. Public, the same for everybody: caches may keep it."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import places_schema as schema
from accounts.models import City, Province, Region
from accounts.queries import places as queries
from core.endpoint import Endpoint
from core.openapi import problems
from core.windows import TOTAL_COUNT, window, window_response

TAGS = ["places"]
KEPT = 3600  # seconds


class PublicEndpoint(Endpoint):
    """Nobody is asked who they are, so that no answer differs by who asked."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def finalize_response(  # type: ignore[override] # a view may answer with any response
        self, request: Request, response: HttpResponseBase, *args: object, **kwargs: object
    ) -> HttpResponseBase:
        if response.status_code == 200:
            response.headers["Cache-Control"] = f"public, max-age={KEPT}"
        return super().finalize_response(request, response, *args, **kwargs)


class CountriesView(PublicEndpoint):
    @extend_schema(
        operation_id="countries",
        tags=TAGS,
        summary=_("Países"),
        responses={200: schema.CountrySerializer(many=True), **problems()},
        examples=[schema.COUNTRY],
    )
    def get(self, request: Request) -> Response:
        return Response([{"code": country.pk, "name": country.name} for country in queries.countries()])


class RegionsView(PublicEndpoint):
    @extend_schema(
        operation_id="regions",
        tags=TAGS,
        summary=_("Regiones de un país"),
        responses={200: schema.RegionSerializer(many=True), **problems(404)},
        examples=[schema.REGION],
    )
    def get(self, request: Request, code: str) -> Response:
        return Response(
            [
                {**_named(region), "code": region.code, "country": region.country_id}
                for region in queries.regions_of(code)
            ]
        )


class ProvincesView(PublicEndpoint):
    @extend_schema(
        operation_id="provinces",
        tags=TAGS,
        summary=_("Provincias"),
        description=_("En orden alfabético."),
        parameters=[schema.ProvincesQuerySerializer, TOTAL_COUNT],
        responses={200: schema.ProvinceSerializer(many=True), **problems(400)},
        examples=[schema.PROVINCE],
    )
    def get(self, request: Request) -> Response:
        query = schema.ProvincesQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        found = window(queries.provinces(region=wanted.get("region", "")), skip=wanted["skip"], limit=wanted["limit"])
        return window_response(found, _listed_province)


class ProvinceView(PublicEndpoint):
    @extend_schema(
        operation_id="province",
        tags=TAGS,
        summary=_("Una provincia con sus ciudades"),
        responses={200: schema.ProvinceDetailSerializer, **problems(404)},
        examples=[schema.PROVINCE_DETAIL],
    )
    def get(self, request: Request, slug: str) -> Response:
        province = queries.province_by_slug(slug)
        cities = list(province.cities.all())
        capital = next((city for city in cities if city.is_capital), None)
        listed = [{**_named(city), "is_capital": city.is_capital} for city in cities]
        return Response({**_province(province, capital), "cities": listed})


class CitiesView(PublicEndpoint):
    @extend_schema(
        operation_id="cities",
        tags=TAGS,
        summary=_("Ciudades"),
        description=_("En orden alfabético."),
        parameters=[schema.CitiesQuerySerializer, TOTAL_COUNT],
        responses={200: schema.CitySerializer(many=True), **problems(400)},
        examples=[schema.CITY],
    )
    def get(self, request: Request) -> Response:
        query = schema.CitiesQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        cities = queries.cities(province=wanted.get("province", ""), search=wanted.get("search", ""))
        found = window(cities, skip=wanted["skip"], limit=wanted["limit"])
        return window_response(found, city_of)


def city_of(city: City) -> dict[str, object]:
    """A city wherever the API shows one."""
    return {**_named(city), "is_capital": city.is_capital, "province": _named(city.province)}


def _named(place: Region | Province | City) -> dict[str, object]:
    return {"slug": place.slug, "name": place.name}


def _listed_province(province: Province) -> dict[str, object]:
    capitals: list[City] = province.capitals  # type: ignore[attr-defined] # of the query
    return _province(province, next(iter(capitals), None))


def _province(province: Province, capital: City | None) -> dict[str, object]:
    return {
        **_named(province),
        "code": province.code,
        "country": province.country_id,
        "region": _named(province.region),
        "capital": _named(capital) if capital else None,
    }
