"""Finding places. All of this is public."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import City, Country, Province, Region
from core.errors import DomainError, NotFound
from core.text import fold


class PlaceNotFound(NotFound):
    code = "place_not_found"
    message = _("No encontramos ese lugar.")


class UnknownRegion(DomainError):
    code = "unknown_region"
    field = "region"
    message = _("No encontramos esa región.")


class UnknownProvince(DomainError):
    code = "unknown_province"
    field = "province"
    message = _("No encontramos esa provincia.")


def countries() -> QuerySet[Country]:
    return Country.objects.order_by("name", "code")


def regions_of(country_code: str) -> QuerySet[Region]:
    """Raises `PlaceNotFound` for a country that is not in the catalogue."""
    if not Country.objects.filter(pk=country_code.upper()).exists():
        raise PlaceNotFound
    return Region.objects.filter(country_id=country_code.upper()).order_by("name", "pk")


def provinces(*, region: str = "") -> QuerySet[Province]:
    """In the order of their names, with region and `capitals` at hand; of one region if its slug is given.

    Raises `UnknownRegion`.
    """
    capitals = Prefetch("cities", City.objects.filter(is_capital=True), to_attr="capitals")
    found = Province.objects.select_related("region").prefetch_related(capitals).order_by("folded", "pk")
    if region and not Region.objects.filter(slug=region).exists():
        raise UnknownRegion
    return found.filter(region__slug=region) if region else found


def province_by_slug(slug: str) -> Province:
    """With its region and its cities at hand. Raises `PlaceNotFound`."""
    cities = Prefetch("cities", City.objects.order_by("folded", "pk"))
    found = Province.objects.select_related("region").prefetch_related(cities).filter(slug=slug).first()
    if found is None:
        raise PlaceNotFound
    return found


def cities(*, province: str = "", search: str = "") -> QuerySet[City]:
    """In the order of their names: of one province by its slug, with some words in their name however written.

    Raises `UnknownProvince`.
    """
    found = City.objects.select_related("province").order_by("folded", "pk")
    if province:
        if not Province.objects.filter(slug=province).exists():
            raise UnknownProvince
        found = found.filter(province__slug=province)
    words = fold(search)
    return found.filter(folded__contains=words) if words else found


def city_by_slug(slug: str) -> City | None:
    """For services that take a city and name the field at fault themselves."""
    return City.objects.select_related("province").filter(slug=slug).first()


def cities_by_province() -> list[tuple[str, list[tuple[str, str]]]]:
    """For a list to choose from: each province's name with the slug and name of its cities."""
    groups: dict[str, list[tuple[str, str]]] = {}
    rows = City.objects.order_by("province__folded", "province_id", "folded", "pk")
    for province, slug, name in rows.values_list("province__name", "slug", "name"):
        groups.setdefault(province, []).append((slug, name))
    return list(groups.items())
