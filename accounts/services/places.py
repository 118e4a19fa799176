"""The places that a new installation knows, from `accounts/data`: one file per country."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

import orjson
from django.db import models, transaction

from accounts.models import City, Country, Province, Region

DATA = Path(__file__).resolve().parent.parent / "data"


class RegionData(TypedDict):
    code: str
    name: str
    slug: str


class ProvinceData(TypedDict):
    """`region` is its code, `capital` the slug of one of `cities`; a city is its slug and its name."""

    code: str
    name: str
    slug: str
    region: str
    capital: str
    cities: list[tuple[str, str]]


class CountryData(TypedDict):
    country: dict[str, str]
    regions: list[RegionData]
    provinces: list[ProvinceData]


def read_countries() -> list[CountryData]:
    return [orjson.loads(path.read_bytes()) for path in sorted(DATA.glob("*.json"))]


def seed_places() -> int:
    """Add the places that are missing and leave the others as operators have made them. Returns how many were added.

    What is there is known by its code, a city by its slug, so that a renamed place does not come back under its old
    name. A country's own extension is a file in `accounts/data`.
    """
    with transaction.atomic():
        return sum(_seed(data) for data in read_countries())


def _seed(data: CountryData) -> int:
    code = data["country"]["code"]
    before = _count(code)
    _add(Country, [Country(code=code, name=data["country"]["name"])])
    _add(Region, [Region(country_id=code, **region) for region in data["regions"]])
    regions = dict(Region.objects.filter(country_id=code).values_list("code", "pk"))
    _add(
        Province,
        [
            Province(country_id=code, region_id=regions[row["region"]], **_named(row), code=row["code"])
            for row in data["provinces"]
        ],
    )
    provinces = dict(Province.objects.filter(country_id=code).values_list("code", "pk"))
    _add_cities([(provinces[row["code"]], row) for row in data["provinces"] if row["code"] in provinces])
    return _count(code) - before


def _named(row: ProvinceData) -> dict[str, str]:
    return {"name": row["name"], "slug": row["slug"]}


def _add_cities(provinces: Iterable[tuple[int, ProvinceData]]) -> None:
    """A capital that operators have moved stays where they put it."""
    known = set(City.objects.values_list("slug", flat=True))
    with_capital = set(City.objects.filter(is_capital=True).values_list("province_id", flat=True))
    _add(
        City,
        [
            City(
                province_id=province_id,
                slug=slug,
                name=name,
                is_capital=slug == row["capital"] and province_id not in with_capital,
            )
            for province_id, row in provinces
            for slug, name in row["cities"]
            if slug not in known
        ],
    )


def _add(kind: type[models.Model], rows: list[models.Model]) -> None:
    """What runs into something that is there, by whichever of its names, is not needed."""
    kind._default_manager.bulk_create(rows, ignore_conflicts=True)


def _count(code: str) -> int:
    cities = City.objects.filter(province__country_id=code).count()
    provinces = Province.objects.filter(country_id=code).count()
    return Country.objects.filter(pk=code).count() + Region.objects.filter(country_id=code).count() + provinces + cities
