"""The directory of companies through the API: who may do what, what is refused, and what a refusal leaves alone."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest
from django.db import connection
from django.http import HttpResponse

from accounts.models import City, Company, User
from accounts.services.companies import CompanyNameTaken, create_company, update_company
from accounts.services.slugs import insert_with_slug
from conftest import Cast
from core.errors import DomainError
from core.tests.threads import held_back, in_parallel
from events.models import Event
from tests.api import Api, refused

CAFE = {"name": "Café de los Andes", "description": "Tostaduría\nde altura", "city": "quito"}


def directory() -> list[object]:
    """All that a refusal must leave as it was."""
    return [
        list(Company.objects.order_by("pk").values()),
        list(City.objects.order_by("pk").values_list("pk", flat=True)),
        Event.objects.exclude(name__startswith="accounts.login").count(),
    ]


class Directory(Api):
    """The API of companies as one person."""

    def __init__(self, user: User | None = None) -> None:
        super().__init__(user)

    def create(self, **wanted: object) -> HttpResponse:
        return self.post("companies", {**CAFE, **wanted})

    def send(self, method: str, path: str, body: object = None) -> HttpResponse:
        call: Callable[..., HttpResponse] = getattr(self.browser, method)
        return call(f"/api/v1/{path}", orjson.dumps(body), content_type="application/json", headers=self.headers)


@pytest.fixture
def ana(cast: Cast) -> Directory:
    return Directory(cast.ana.user)


@pytest.fixture
def beto(cast: Cast) -> Directory:
    return Directory(cast.beto.user)


# --- What works -------------------------------------------------------------------------------------------------------


def test_whoever_creates_a_company_owns_it(cast: Cast, ana: Directory) -> None:
    response = ana.create()
    body = response.json()
    company = Company.objects.get()
    assert response.status_code == 201
    assert response["Cache-Control"] == "no-store"
    assert body == {
        "id": str(company.pk),
        "slug": "cafe-de-los-andes",
        "name": "Café de los Andes",
        "description": "Tostaduría\nde altura",
        "city": {
            "slug": "quito",
            "name": "Quito",
            "is_capital": True,
            "province": {"slug": "pichincha", "name": "Pichincha"},
        },
        "owner": {"id": str(cast.ana.user_id), "username": "ana", "full_name": "Ana Gómez"},
        "is_active": True,
        "created_at": body["created_at"],
        "updated_at": body["updated_at"],
    }
    assert ana.get("companies/cafe-de-los-andes").json() == body
    assert ana.get("companies/cafe-de-los-andes/").json() == body
    assert ana.get("companies").json() == [body]


def test_a_name_is_enough(ana: Directory) -> None:
    body = ana.post("companies", {"name": " Solo \t nombre\n"}).json()
    assert (body["name"], body["slug"], body["city"], body["description"]) == ("Solo nombre", "solo-nombre", None, "")


def test_a_rename_keeps_the_slug_and_what_was_left_out(ana: Directory) -> None:
    before = ana.create().json()
    response = ana.send("patch", "companies/cafe-de-los-andes", {"name": "Otro nombre", "slug": "otro", "id": "1"})
    body = response.json()
    assert response.status_code == 200
    assert body["updated_at"] > before["updated_at"]
    assert body == {**before, "name": "Otro nombre", "updated_at": body["updated_at"]}
    assert ana.get("companies/otro-nombre").status_code == 404


def test_a_company_may_be_respelled(ana: Directory) -> None:
    ana.create()
    assert ana.send("patch", "companies/cafe-de-los-andes", {"name": "CAFE de los ANDES"}).status_code == 200


def test_replacing_sets_what_was_left_out_back_but_never_the_owner(cast: Cast, ana: Directory) -> None:
    ana.create(is_active=False)
    body = Directory(cast.admin).send("put", "companies/cafe-de-los-andes", {"name": "Nuevo"}).json()
    assert (body["name"], body["description"], body["city"], body["is_active"]) == ("Nuevo", "", None, True)
    assert (body["slug"], body["owner"]["username"]) == ("cafe-de-los-andes", "ana")


def test_deleting_is_for_good_and_frees_the_name(cast: Cast, ana: Directory, beto: Directory) -> None:
    ana.create()
    response = ana.send("delete", "companies/cafe-de-los-andes")
    assert (response.status_code, response.content) == (204, b"")
    assert not Company.objects.exists()
    refused(ana.send("delete", "companies/cafe-de-los-andes"), 404, "company_not_found")
    assert beto.create().json()["slug"] == "cafe-de-los-andes"


def test_each_change_leaves_one_event_with_who_made_it(cast: Cast, ana: Directory) -> None:
    first = Event.objects.latest("seq").seq
    company_id = ana.create().json()["id"]
    admin = Directory(cast.admin)
    admin.send("patch", "companies/cafe-de-los-andes", {"city": "cuenca", "owner": "beto", "name": CAFE["name"]})
    admin.send("patch", "companies/cafe-de-los-andes", {"city": "cuenca"})  # nothing new
    admin.send("delete", "companies/cafe-de-los-andes")
    about = {"company_id": company_id, "slug": "cafe-de-los-andes"}
    ana_id, beto_id = str(cast.ana.user_id), str(cast.beto.user_id)
    events = Event.objects.filter(seq__gt=first).order_by("seq").values_list("name", "actor_id", "payload")
    assert list(events) == [
        ("accounts.company_created", cast.ana.user_id, {**about, "owner_id": ana_id}),
        ("accounts.company_updated", cast.admin.pk, {**about, "fields": ["city", "owner"]}),
        ("accounts.company_deleted", cast.admin.pk, {**about, "owner_id": beto_id}),
    ]


def test_an_administrator_names_another_owner(cast: Cast) -> None:
    admin = Directory(cast.admin)
    assert admin.create(owner="BETO").json()["owner"]["username"] == "beto"
    assert admin.send("patch", "companies/cafe-de-los-andes", {"owner": "ana"}).json()["owner"]["username"] == "ana"


def test_an_owner_may_name_themself(ana: Directory) -> None:
    assert ana.create(owner="ana").status_code == 201


def test_slugs_are_numbered_when_names_differ_only_in_signs(ana: Directory) -> None:
    names = ["Acme", "Acme!", "¡Acme!", "東京", "大阪", "Acme 2"]
    slugs = [ana.create(name=name).json()["slug"] for name in names]
    assert slugs == ["acme", "acme-2", "acme-3", "empresa", "empresa-2", "acme-2-2"]


# --- Who sees what ----------------------------------------------------------------------------------------------------


def test_somebody_elses_company_is_not_there(cast: Cast, ana: Directory, beto: Directory) -> None:
    ana.create()
    before = directory()
    for api, path in (
        (beto, "cafe-de-los-andes"),
        (beto, "nunca-hubo"),
        (Directory(cast.stranger.user), "cafe-de-los-andes"),
    ):
        answers = [
            api.get(f"companies/{path}"),
            api.send("patch", f"companies/{path}", {"name": "Mía"}),
            api.send("patch", f"companies/{path}", {"name": ""}),
            api.send("put", f"companies/{path}", {}),
            api.send("delete", f"companies/{path}"),
        ]
        assert len({answer.content for answer in answers}) == 1
        for answer in answers:
            refused(answer, 404, "company_not_found")
    assert beto.get("companies").json() == []
    assert beto.get("companies?search=cafe")["X-Total-Count"] == "0"
    assert directory() == before


def test_staff_see_every_company_and_only_administrators_change_them(cast: Cast, ana: Directory) -> None:
    ana.create()
    before = directory()
    for user in (cast.reader, cast.support):
        staff = Directory(user)
        assert staff.get("companies/cafe-de-los-andes").status_code == 200
        assert len(staff.get("companies").json()) == 1
        refused(staff.send("patch", "companies/cafe-de-los-andes", {"name": "Otra"}), 404, "company_not_found")
        refused(staff.send("put", "companies/cafe-de-los-andes", {"name": "Otra"}), 404, "company_not_found")
        refused(staff.send("delete", "companies/cafe-de-los-andes"), 404, "company_not_found")
    assert directory() == before
    assert Directory(cast.admin).send("patch", "companies/cafe-de-los-andes", {"name": "Otra"}).status_code == 200


def test_readers_only_look(cast: Cast) -> None:
    insert_with_slug(Company(name="De quien consulta", owner=cast.reader), fallback="x")
    before = directory()
    reader = Directory(cast.reader)
    refused(reader.create(), 403, "read_only")
    refused(reader.send("patch", "companies/de-quien-consulta", {"name": "Otra"}), 404, "company_not_found")
    assert directory() == before


def test_visitors_are_asked_who_they_are(cast: Cast, ana: Directory) -> None:
    ana.create()
    before = directory()
    nobody = Directory()
    for answer in (
        nobody.get("companies"),
        nobody.create(name="Otra"),
        nobody.get("companies/cafe-de-los-andes"),
        nobody.send("put", "companies/cafe-de-los-andes", {"name": "Otra"}),
        nobody.send("patch", "companies/cafe-de-los-andes", {"name": "Otra"}),
        nobody.send("delete", "companies/cafe-de-los-andes"),
    ):
        refused(answer, 401, "not_authenticated")
        assert answer["WWW-Authenticate"].startswith("Bearer")
    assert directory() == before


# --- Lists ------------------------------------------------------------------------------------------------------------


def test_companies_are_listed_by_name_searched_and_paged(cast: Cast, ana: Directory, beto: Directory) -> None:
    for name in ("zeta", "Ábaco", "beta", "Ñandú", "Omega"):
        ana.create(name=name, is_active=name != "beta")
    beto.create(name="Ábaco de Beto")
    assert [one["name"] for one in ana.get("companies").json()] == ["Ábaco", "beta", "Ñandú", "Omega", "zeta"]
    page = ana.get("companies?skip=1&limit=2")
    assert ([one["name"] for one in page.json()], page["X-Total-Count"]) == (["beta", "Ñandú"], "5")
    assert [one["name"] for one in ana.get("companies?search=NANDU").json()] == ["Ñandú"]
    assert [one["name"] for one in ana.get("companies?search=%25").json()] == []
    assert [one["name"] for one in ana.get("companies?is_active=false").json()] == ["beta"]
    everybody = Directory(cast.reader).get("companies?search=abaco").json()
    assert [one["name"] for one in everybody] == ["Ábaco", "Ábaco de Beto"]


def test_a_list_asks_the_database_little_however_long_it_is(cast: Cast, ana: Directory) -> None:
    for number in range(30):
        ana.create(name=f"Empresa {number}")
    counted = 0

    def count(execute: Callable[..., object], *arguments: object) -> object:
        nonlocal counted
        counted += 1
        return execute(*arguments)

    with connection.execute_wrapper(count):
        assert len(ana.get("companies?limit=30").json()) == 30
    assert counted <= 3


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=-1", "limit"),
        ("limit=0", "limit"),
        ("limit=1000000000", "limit"),
        ("limit=1e9", "limit"),
        ("skip=-1", "skip"),
        ("skip=" + "9" * 400, "skip"),
        ("search=%00", "search"),
        ("search=" + "a" * 10_000, "search"),
        ("is_active=quizás", "is_active"),
    ],
)
def test_a_list_that_cannot_be_is_refused_by_field(ana: Directory, query: str, field: str) -> None:
    assert list(
        refused(ana.get(f"companies?{query}"), 400, ana.get(f"companies?{query}").json()["code"])["errors"]
    ) == [field]


# --- What is refused --------------------------------------------------------------------------------------------------

FAULTS = [
    ("name", None),
    ("name", ""),
    ("name", "   "),
    ("name", "\u0301"),
    ("name", "---"),
    ("name", "a" * 201),
    ("name", "a" * 10_000),
    ("name", "\ufdfa" * 200),
    ("name", "Nulo\u0000"),
    ("name", "Campana\u0007"),
    ("name", "Del\u007f"),
    ("name", "Vuelta\u202eatleuv"),
    ("name", "Invisible\u200b"),
    ("name", True),
    ("name", ["Lista"]),
    ("name", {"a": 1}),
    ("description", "a" * 2001),
    ("description", "Nulo\u0000"),
    ("description", "Escape\u001b[31m"),
    ("description", None),
    ("city", "atlantida"),
    ("city", "Quito"),
    ("city", "a" * 10_000),
    ("city", 2**63 - 1),
    ("city", "quito\u0000"),
    ("city", ["quito"]),
    ("is_active", "quizás"),
    ("is_active", None),
    ("owner", "beto"),
    ("owner", "nadie"),
    ("owner", None),
    ("owner", "a" * 10_000),
]


@pytest.mark.parametrize(("field", "value"), FAULTS)
def test_a_fault_is_named_by_its_field_and_nothing_is_written(ana: Directory, field: str, value: object) -> None:
    ana.create(name="La de antes")
    before = directory()
    for answer in (
        ana.create(**{field: value}),
        ana.send("put", "companies/la-de-antes", {**CAFE, field: value}),
        ana.send("patch", "companies/la-de-antes", {"name": "Otra", "city": "loja", field: value}),
    ):
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]
    assert directory() == before


def test_whoever_may_not_name_an_owner_learns_nothing_of_who_is_here(ana: Directory) -> None:
    assert ana.create(owner="beto").json() == ana.create(owner="nadie").json()


def test_an_unknown_or_inactive_owner_is_refused(cast: Cast) -> None:
    assert cast.beto.user
    cast.beto.user.is_active = False
    cast.beto.user.save()
    before = directory()
    for username in ("nadie", "beto", "be%to", "bet\u0000"):
        answer = Directory(cast.admin).create(owner=username)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["owner"])
    assert directory() == before


@pytest.mark.parametrize("body", [None, [], "texto", 5, {}])
def test_what_is_no_company_is_refused(ana: Directory, body: object) -> None:
    ana.create()
    before = directory()
    assert ana.send("post", "companies", body).status_code == 400
    assert ana.send("put", "companies/cafe-de-los-andes", body).status_code == 400
    assert directory() == before


@pytest.mark.parametrize(
    "name",
    [
        "Café de los Andes",
        "CAFÉ DE LOS ANDES",
        "cafe de los andes",
        "  Cafe\u0301  de\tlos\u00a0Andes ",
        "Ｃafé de los Andes",
    ],
)
def test_a_name_in_use_is_refused_however_it_is_written(ana: Directory, beto: Directory, name: str) -> None:
    ana.create()
    beto.create(name="La de Beto")
    before = directory()
    for answer in (beto.create(name=name), beto.send("patch", "companies/la-de-beto", {"name": name, "city": "loja"})):
        body = refused(answer, 400, "company_name_taken")
        assert list(body["errors"]) == ["name"]
    assert directory() == before


def test_html_in_a_name_is_a_name(ana: Directory) -> None:
    name = "<script>alert('1')</script> & Cía."
    body = ana.create(name=name).json()
    assert (body["name"], body["slug"]) == (name, "script-alert-1-script-cia")


@pytest.mark.parametrize("slug", ["nunca-hubo", "x" * 5000, "99999999999999999999", "CAFE-DE-LOS-ANDES", "cafe_de"])
def test_an_unknown_company_is_not_found(ana: Directory, slug: str) -> None:
    ana.create()
    refused(ana.get(f"companies/{slug}"), 404, "company_not_found")


@pytest.mark.parametrize("path", ["companies/%00", "companies/a/b", "companies/..%2f", "companies/ñ"])
def test_what_is_no_slug_is_not_found(ana: Directory, path: str) -> None:
    refused(ana.get(path), 404, "not_found")


# --- At once ----------------------------------------------------------------------------------------------------------


def _outcomes(results: list[object]) -> list[str]:
    return sorted(one.code if isinstance(one, DomainError) else type(one).__name__ for one in results)


def test_of_many_who_take_a_name_at_once_one_gets_it(real_commits: None, cast: Cast) -> None:
    assert cast.ana.user
    assert cast.beto.user
    apis = [Directory(user) for user in (cast.ana.user, cast.beto.user, cast.admin, cast.support) for _ in range(2)]
    names = ["Única", "UNICA", " única ", "Unica", "u\u0301nica", "Única", "ÚNICA", "unica"]
    before = Event.objects.count()
    answers = in_parallel(
        [lambda api=api, name=name: api.create(name=name) for api, name in zip(apis, names, strict=True)]
    )
    statuses = sorted(answer.status_code if isinstance(answer, HttpResponse) else 0 for answer in answers)
    assert statuses == [201] + [400] * 7
    assert Company.objects.get().slug == "unica"
    assert Event.objects.count() == before + 1


def test_all_who_come_for_the_same_slug_at_once_get_one(real_commits: None, cast: Cast) -> None:
    actor = cast.admin
    names = ["Acme" + "!" * number for number in range(8)]
    results = in_parallel(
        [lambda name=name: create_company(wanted={"name": name}, actor_id=actor.pk, role=actor.role) for name in names]
    )
    assert _outcomes(results) == ["Company"] * 8
    slugs = set(Company.objects.values_list("slug", flat=True))
    assert slugs == {"acme", *(f"acme-{number}" for number in range(2, 9))}


def test_of_two_who_rename_to_the_same_name_at_once_one_does(real_commits: None, cast: Cast) -> None:
    actor = cast.admin
    for name in ("Uno", "Dos", "Tres", "Cuatro"):
        create_company(wanted={"name": name}, actor_id=actor.pk, role=actor.role)
    before = Event.objects.count()
    results = in_parallel(
        [
            lambda slug=slug: update_company(slug=slug, changes={"name": "Igual"}, actor_id=actor.pk, role=actor.role)
            for slug in ("uno", "dos", "tres", "cuatro")
        ]
    )
    assert _outcomes(results) == ["Company"] + [CompanyNameTaken.code] * 3
    assert Company.objects.filter(name="Igual").count() == 1
    assert Event.objects.count() == before + 1


def test_a_company_is_there_for_whoever_changes_it_while_it_is_handed_over(real_commits: None, cast: Cast) -> None:
    assert cast.ana.user
    assert cast.beto.user
    company = create_company(wanted={"name": "Una", "city": "quito"}, actor_id=cast.ana.user.pk, role="user")
    other = cast.beto.user.username
    handed_over, changed = held_back(
        "SELECT FROM accounts_company WHERE id = %s FOR UPDATE",
        [str(company.pk)],
        [
            lambda: update_company(
                slug="una", changes={"owner": other, "city": "cuenca"}, actor_id=cast.admin.pk, role="admin"
            ),
            lambda: update_company(slug="una", changes={"name": "Dos"}, actor_id=cast.admin.pk, role="admin"),
        ],
    )
    assert isinstance(handed_over, Company), handed_over
    assert isinstance(changed, Company), changed
    assert (changed.name, changed.owner.username, str(changed.city)) == ("Dos", other, "Cuenca, Azuay")


def test_changing_what_is_deleted_at_once_finds_nothing_or_was_first(real_commits: None, cast: Cast) -> None:
    admin, path = Directory(cast.admin), "companies/cafe-de-los-andes"
    for _ in range(5):
        admin.create()
        answers = in_parallel(
            [
                lambda: admin.send("delete", path),
                lambda: Directory(cast.admin).send("patch", path, {"city": "loja"}),
                lambda: Directory(cast.admin).send("delete", path),
            ]
        )
        statuses = [answer.status_code if isinstance(answer, HttpResponse) else 0 for answer in answers]
        assert sorted([statuses[0], statuses[2]]) == [204, 404]
        assert statuses[1] in (200, 404)
        assert not Company.objects.exists()
