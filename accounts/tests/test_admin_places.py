"""Places and companies in the admin: administrators write, other staff look, others are not let in."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from accounts.models import City, Company, Country, Province, Region, User
from conftest import Cast
from events.models import Event

PLACES = "/admin/accounts"


def browser(user: User) -> Browser:
    signed_in = Browser()
    signed_in.force_login(user)
    return signed_in


@pytest.fixture
def admin(cast: Cast) -> Browser:
    return browser(cast.admin)


def errors(page: object) -> dict[str, list[str]]:
    found: dict[str, list[str]] = page.context["adminform"].form.errors  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("table", ["country", "region", "province", "city", "company"])
def test_staff_look_and_only_administrators_write(cast: Cast, table: str) -> None:
    for role, may_add in ((cast.admin, True), (cast.reader, False), (cast.support, False)):
        staff = browser(role)
        assert staff.get(f"{PLACES}/{table}/").status_code == 200
        assert staff.get(f"{PLACES}/{table}/?q=que").status_code == 200
        assert staff.get(f"{PLACES}/{table}/add/").status_code == (200 if may_add else 403)
    assert cast.ana.user
    assert browser(cast.ana.user).get(f"{PLACES}/{table}/").status_code in (302, 403)


def test_a_new_country_grows_from_its_top(admin: Browser) -> None:
    for table, form in (
        ("country", {"code": "CO", "name": "Colombia"}),
        ("region", {"country": "CO", "code": "costa", "name": "Costa"}),
    ):
        assert admin.post(f"{PLACES}/{table}/add/", form).status_code == 302
    region = Region.objects.get(country="CO")
    assert region.slug == "costa-2"
    assert (
        admin.post(f"{PLACES}/province/add/", {"region": region.pk, "code": "01", "name": "Bolívar"}).status_code == 302
    )
    province = Province.objects.get(country="CO")
    assert (province.slug, province.code) == ("bolivar-2", "01")
    form = {"province": province.pk, "name": "  Cartagena  de Indias ", "is_capital": "on"}
    assert admin.post(f"{PLACES}/city/add/", form).status_code == 302
    city = City.objects.get(slug="cartagena-de-indias")
    assert (city.name, city.is_capital) == ("Cartagena de Indias", True)


def test_a_renamed_city_keeps_its_slug(admin: Browser) -> None:
    city = City.objects.get(slug="otavalo")
    form = {"province": city.province_id, "name": "Sarance", "slug": "sarance"}
    assert admin.post(f"{PLACES}/city/{city.pk}/change/", form).status_code == 302
    city.refresh_from_db()
    assert (city.name, city.slug, city.folded) == ("Sarance", "otavalo", "sarance")


def test_what_the_catalogue_cannot_hold_is_refused_by_field(admin: Browser) -> None:
    azuay = Province.objects.get(code="01")
    before = [kind.objects.count() for kind in (Country, Region, Province, City)]
    for table, form, fields in (
        ("country", {"code": "co", "name": "Colombia"}, ["code"]),
        ("country", {"code": "EC", "name": "Otro"}, ["code"]),
        ("region", {"country": "EC", "code": "costa", "name": "Otra"}, ["__all__"]),
        ("region", {"country": "XX", "code": "x", "name": "Otra"}, ["country"]),
        ("province", {"region": azuay.region_id, "code": "01", "name": "AZUAY"}, ["code", "name"]),
        ("province", {"region": 99999999999999999999, "code": "25", "name": "Otra"}, ["region"]),
        ("city", {"province": azuay.pk, "name": "cuenca"}, ["name"]),
        ("city", {"province": azuay.pk, "name": "Otra", "is_capital": "on"}, ["__all__"]),
        ("city", {"province": azuay.pk, "name": "a" * 10_000}, ["name"]),
        ("city", {"province": azuay.pk, "name": "Nulo\u0000"}, ["name"]),
        ("city", {"province": azuay.pk, "name": "\u202e<b>"}, ["name"]),
        ("city", {}, ["name", "province"]),
    ):
        page = admin.post(f"{PLACES}/{table}/add/", form)
        assert page.status_code == 200
        assert sorted(errors(page)) == fields, form
    assert [kind.objects.count() for kind in (Country, Region, Province, City)] == before


def test_a_place_in_use_is_not_deleted(admin: Browser, cast: Cast) -> None:
    province = Province.objects.get(code="01")
    page = admin.post(f"{PLACES}/province/{province.pk}/delete/", {"post": "yes"})
    assert page.status_code == 200
    assert Province.objects.filter(pk=province.pk).exists()


def test_companies_are_kept_by_the_same_services(admin: Browser, cast: Cast) -> None:
    assert cast.ana.user
    first = Event.objects.latest("seq").seq
    loja = City.objects.get(slug="loja")
    form = {"name": "Café", "description": "Uno\r\ndos", "owner": cast.ana.user.pk, "city": loja.pk, "is_active": "on"}
    assert admin.post(f"{PLACES}/company/add/", form).status_code == 302
    company = Company.objects.get()
    assert (company.slug, company.owner, company.city, company.description) == ("cafe", cast.ana.user, loja, "Uno\ndos")
    change = f"{PLACES}/company/{company.pk}/change/"
    assert admin.post(change, {**form, "name": "Té", "owner": cast.beto.user_id, "city": ""}).status_code == 302
    company.refresh_from_db()
    assert (company.name, company.slug, company.owner, company.city) == ("Té", "cafe", cast.beto.user, None)
    assert sorted(errors(admin.post(f"{PLACES}/company/add/", {**form, "name": "TE"}))) == ["name"]
    assert cast.beto.user
    User.objects.filter(pk=cast.ana.user.pk).update(is_active=False)
    assert sorted(errors(admin.post(change, {**form, "name": "Té"}))) == ["owner"]
    wanted = {"action": "delete_selected", "_selected_action": company.pk, "post": "yes"}
    assert admin.post(f"{PLACES}/company/", wanted).status_code == 302
    assert not Company.objects.exists()
    events = list(Event.objects.filter(seq__gt=first, name__contains="company").values_list("name", "actor_id"))
    assert events == [(f"accounts.company_{what}", cast.admin.pk) for what in ("created", "updated", "deleted")]


def test_a_name_with_markup_is_shown_as_text(admin: Browser, cast: Cast) -> None:
    name = "<script>alert(1)</script>"
    admin.post(f"{PLACES}/company/add/", {"name": name, "owner": cast.admin.pk, "is_active": "on"})
    page = admin.get(f"{PLACES}/company/").content.decode()
    assert name not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
