"""The catalogue of places: what the data says, what the API answers, what seeding leaves alone."""

from __future__ import annotations

import re
from collections import Counter
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

from accounts.models import City, Country, Province, Region
from accounts.services.places import read_countries, seed_places
from accounts.services.slugs import insert_with_slug
from conftest import Cast
from core.text import fold, slug
from tests.api import Api, refused

(ECUADOR,) = read_countries()
PROVINCES = {province["code"]: province for province in ECUADOR["provinces"]}
CAPITALS = {
    "01": ("Azuay", "sierra", "Cuenca"),
    "02": ("Bolívar", "sierra", "Guaranda"),
    "03": ("Cañar", "sierra", "Azogues"),
    "04": ("Carchi", "sierra", "Tulcán"),
    "05": ("Cotopaxi", "sierra", "Latacunga"),
    "06": ("Chimborazo", "sierra", "Riobamba"),
    "07": ("El Oro", "costa", "Machala"),
    "08": ("Esmeraldas", "costa", "Esmeraldas"),
    "09": ("Guayas", "costa", "Guayaquil"),
    "10": ("Imbabura", "sierra", "Ibarra"),
    "11": ("Loja", "sierra", "Loja"),
    "12": ("Los Ríos", "costa", "Babahoyo"),
    "13": ("Manabí", "costa", "Portoviejo"),
    "14": ("Morona Santiago", "amazonia", "Macas"),
    "15": ("Napo", "amazonia", "Tena"),
    "16": ("Pastaza", "amazonia", "Puyo"),
    "17": ("Pichincha", "sierra", "Quito"),
    "18": ("Tungurahua", "sierra", "Ambato"),
    "19": ("Zamora Chinchipe", "amazonia", "Zamora"),
    "20": ("Galápagos", "insular", "Puerto Baquerizo Moreno"),
    "21": ("Sucumbíos", "amazonia", "Nueva Loja"),
    "22": ("Orellana", "amazonia", "Francisco de Orellana"),
    "23": ("Santo Domingo de los Tsáchilas", "costa", "Santo Domingo"),
    "24": ("Santa Elena", "costa", "Santa Elena"),
}


def places() -> list[object]:
    """Every place as it is."""
    return [list(kind.objects.order_by("pk").values()) for kind in (Country, Region, Province, City)]


# --- The data ---------------------------------------------------------------------------------------------------------


def test_the_codes_are_those_of_the_statistics_office() -> None:
    assert [province["code"] for province in ECUADOR["provinces"]] == [f"{number:02}" for number in range(1, 25)]
    assert {region["name"] for region in ECUADOR["regions"]} == {"Costa", "Sierra", "Amazonía", "Insular"}


@pytest.mark.parametrize(("code", "expected"), CAPITALS.items())
def test_a_province_is_in_its_region_and_has_its_capital(code: str, expected: tuple[str, str, str]) -> None:
    province = PROVINCES[code]
    capital = dict(province["cities"])[province["capital"]]
    assert (province["name"], province["region"], capital) == expected


@pytest.mark.parametrize("code", PROVINCES)
def test_a_province_names_no_city_twice(code: str) -> None:
    names = Counter(fold(name) for _slug, name in PROVINCES[code]["cities"])
    assert not [name for name, times in names.items() if times > 1]


def test_every_slug_says_the_name_and_none_is_used_twice() -> None:
    cities = [city for province in ECUADOR["provinces"] for city in province["cities"]]
    assert len(cities) == 221  # one per canton
    for named in (
        cities,
        [(province["slug"], province["name"]) for province in ECUADOR["provinces"]],
        [(region["slug"], region["name"]) for region in ECUADOR["regions"]],
    ):
        assert max(Counter(key for key, _name in named).values()) == 1
        for key, name in named:
            assert re.sub(r"-\d+$", "", key) == slug(name)
            assert name == " ".join(name.split())


# --- Seeding ----------------------------------------------------------------------------------------------------------


def test_seeding_adds_every_place_once(db: None) -> None:
    City.objects.all().delete()
    Province.objects.all().delete()
    Region.objects.all().delete()
    Country.objects.all().delete()
    assert seed_places() == 1 + 4 + 24 + 221
    for province in Province.objects.prefetch_related("cities"):
        assert [city.name for city in province.cities.all() if city.is_capital] == [CAPITALS[province.code][2]]
    before = places()
    assert seed_places() == 0
    assert places() == before


def test_the_command_says_what_it_added(db: None) -> None:
    City.objects.get(slug="otavalo").delete()
    said = StringIO()
    call_command("seed", stdout=said)
    assert "places added: 1\n" in said.getvalue()
    assert City.objects.get(slug="otavalo").province.name == "Imbabura"


def test_what_operators_have_changed_stays(db: None) -> None:
    Country.objects.update(name="República del Ecuador")
    Region.objects.filter(code="amazonia").update(name="Oriente")
    Province.objects.filter(code="23").update(name="Tsáchilas")
    City.objects.filter(slug="francisco-de-orellana").update(name="El Coca")
    City.objects.filter(province__code="17").update(is_capital=False)
    City.objects.filter(slug="cayambe").update(is_capital=True)
    City.objects.get(slug="zumba").delete()
    insert_with_slug(City(province=Province.objects.get(code="19"), name="ZUMBA"), fallback="ciudad")
    insert_with_slug(City(province=Province.objects.get(code="14"), name="Sevilla Don Bosco"), fallback="ciudad")
    before = places()
    assert seed_places() == 0
    assert places() == before


def test_another_country_may_have_the_same_codes_and_names(db: None) -> None:
    region = Region(country=_country("PE"), code="costa", name="Costa")
    insert_with_slug(region, fallback="region")
    assert [region["slug"] for region in Api().get("countries/PE/regions").json()] == ["costa-2"]
    assert len(Api().get("provinces?region=costa-2").json()) == 0


def _country(code: str) -> Country:
    return Country.objects.create(code=code, name="Perú")


# --- The tables -------------------------------------------------------------------------------------------------------


def test_a_slug_in_use_is_numbered_and_survives_a_rename(db: None) -> None:
    province = Province.objects.get(slug="guayas")
    made = City(province=province, name="¡Quito!")
    insert_with_slug(made, fallback="ciudad")
    assert made.slug == "quito-2"
    made.name = "Otra"
    made.save()
    made.refresh_from_db()
    assert (made.slug, made.folded) == ("quito-2", "otra")
    nameless = City(province=province, name="東京")
    insert_with_slug(nameless, fallback="ciudad")
    assert nameless.slug == "ciudad"


def test_the_tables_refuse_what_the_catalogue_cannot_mean(db: None) -> None:
    azuay = Province.objects.get(code="01")
    peru = _country("PE")
    coast = Region.objects.create(country=peru, code="costa", name="Costa", slug="costa-2")
    for broken in (
        City(province=azuay, name="CUENCA", slug="x"),
        City(province=azuay, name="Otra", slug="cuenca"),
        City(province=azuay, name="Otra", slug="x", is_capital=True),
        Province(country_id="EC", region=azuay.region, code="01", name="Otra", slug="x"),
        Province(country_id="EC", region=azuay.region, code="25", name="ázuay", slug="x"),
        Province(country_id="EC", region=coast, code="25", name="Otra", slug="x"),
        Region(country_id="EC", code="costa", name="Otra", slug="x"),
        Country(code="ec", name="Otro"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            broken.save(force_insert=True)


@pytest.mark.parametrize("name", ["", "   ", "---", "a" * 101, "Qui\u0000to", "Qui\u202eto", "\ufdfa" * 50])
def test_a_name_that_cannot_be_shown_or_told_apart_is_refused(db: None, name: str) -> None:
    with pytest.raises(ValidationError):
        City(province=Province.objects.get(code="01"), name=name, slug="x").full_clean()


# --- The API ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["countries", "countries/EC/regions", "provinces", "provinces/azuay", "cities", "cities/", "provinces/azuay/"],
)
def test_everybody_may_read_and_caches_may_keep_it(db: None, path: str) -> None:
    for api in (Api(), Api(Authorization="Bearer nonsense")):
        response = api.get(path)
        assert response.status_code == 200
        assert response["Cache-Control"] == "public, max-age=3600"
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")


@pytest.mark.parametrize("path", ["countries", "provinces", "cities", "provinces/azuay", "countries/EC/regions"])
def test_nobody_may_write(cast: Cast, path: str) -> None:
    before = places()
    refused(Api(cast.admin).post(path, {"name": "X"}), 405, "method_not_allowed")
    assert places() == before


def test_the_catalogue_from_the_country_down(db: None) -> None:
    api = Api()
    assert api.get("countries").json() == [{"code": "EC", "name": "Ecuador"}]
    regions = api.get("countries/ec/regions").json()
    assert [region["name"] for region in regions] == ["Amazonía", "Costa", "Insular", "Sierra"]
    assert regions[0] == {"slug": "amazonia", "name": "Amazonía", "code": "amazonia", "country": "EC"}
    answer = api.get("provinces")
    assert answer["X-Total-Count"] == "24"
    assert [province["name"] for province in answer.json()][:5] == ["Azuay", "Bolívar", "Cañar", "Carchi", "Chimborazo"]
    (galapagos,) = api.get("provinces?region=insular").json()
    assert galapagos == {
        "slug": "galapagos",
        "name": "Galápagos",
        "code": "20",
        "country": "EC",
        "region": {"slug": "insular", "name": "Insular"},
        "capital": {"slug": "puerto-baquerizo-moreno", "name": "Puerto Baquerizo Moreno"},
    }
    cities = [
        {"slug": "puerto-ayora", "name": "Puerto Ayora", "is_capital": False},
        {"slug": "puerto-baquerizo-moreno", "name": "Puerto Baquerizo Moreno", "is_capital": True},
        {"slug": "puerto-villamil", "name": "Puerto Villamil", "is_capital": False},
    ]
    assert api.get("provinces/galapagos").json() == {**galapagos, "cities": cities}
    assert len(api.get("provinces?region=sierra").json()) == 10


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("QUITO", ["Puerto Quito", "Quito"]),
        ("ibarra", ["Ibarra", "Velasco Ibarra"]),
        ("Píllaro", ["Píllaro"]),
        ("pillaro", ["Píllaro"]),
        ("pin\u0303as", ["Piñas"]),
        ("  puerto   ayora ", ["Puerto Ayora"]),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("' OR 1=1 --", []),
        ("東京", []),
    ],
)
def test_cities_are_found_however_they_are_written(db: None, search: str, found: list[str]) -> None:
    response = Api().browser.get("/api/v1/cities", {"search": search})
    assert [city["name"] for city in response.json()] == found
    assert response["X-Total-Count"] == str(len(found))


def test_cities_of_a_province(db: None) -> None:
    cities = Api().get("cities?province=santa-elena").json()
    assert [city["name"] for city in cities] == ["La Libertad", "Salinas", "Santa Elena"]
    assert cities[2] == {
        "slug": "santa-elena",
        "name": "Santa Elena",
        "is_capital": True,
        "province": {"slug": "santa-elena", "name": "Santa Elena"},
    }


def test_paging_shows_every_city_once(db: None) -> None:
    seen: list[str] = []
    for skip in range(0, 300, 17):
        seen += [city["slug"] for city in Api().get(f"cities?skip={skip}&limit=17").json()]
    assert len(seen) == len(set(seen)) == 221


def test_lists_ask_the_database_little(db: None, django_assert_max_num_queries: object) -> None:
    for path, queries in (("provinces", 3), ("cities?province=loja", 3), ("provinces/loja", 2), ("countries", 1)):
        with django_assert_max_num_queries(queries):  # type: ignore[operator]
            assert Api().get(path).status_code == 200


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("cities?limit=-1", "limit"),
        ("cities?limit=0", "limit"),
        ("cities?limit=1000000000", "limit"),
        ("cities?limit=1e9", "limit"),
        ("cities?limit=NaN", "limit"),
        ("cities?limit=" + "9" * 5000, "limit"),
        ("cities?skip=-1", "skip"),
        ("cities?skip=99999999999999999999999", "skip"),
        ("cities?search=" + "a" * 10_000, "search"),
        ("cities?search=%00", "search"),
        ("cities?province=atlantida", "province"),
        ("cities?province=%00", "province"),
        ("provinces?region=atlantida", "region"),
        ("provinces?region=" + "a" * 10_000, "region"),
        ("provinces?limit=-1", "limit"),
    ],
)
def test_a_fault_is_named_by_its_field(db: None, path: str, field: str) -> None:
    response = Api().get(path)
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert "public" not in response["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "countries/XX/regions",
        "countries/" + "x" * 5000 + "/regions",
        "provinces/atlantida",
        "provinces/99999999999999999999",
    ],
)
def test_what_is_not_there_is_not_found(db: None, path: str) -> None:
    refused(Api().get(path), 404, "place_not_found")


def test_an_empty_filter_is_none(db: None) -> None:
    assert len(Api().get("provinces?region=").json()) == 24
    assert Api().get("cities?province=&search=")["X-Total-Count"] == "221"


def test_what_is_beyond_the_last_city_is_empty(db: None) -> None:
    response = Api().get("cities?skip=1000000&limit=100")
    assert (response.status_code, response.json(), response["X-Total-Count"]) == (200, [], "221")
