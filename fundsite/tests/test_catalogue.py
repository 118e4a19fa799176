"""The catalogue's two descriptions are current, well formed, and true of the events that are published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from conftest import Cast
from events.catalogue import CATALOGUE
from events.descriptions import EXCHANGE, asyncapi, markdown
from events.models import Event
from events.sealing import envelope_of
from fundsite.management.commands import catalogue
from ledger.models import Account
from ledger.services import freeze
from tests.api import Api

DESCRIPTION: dict[str, Any] = json.loads(asyncapi())


def test_the_files_are_what_the_catalogue_says() -> None:
    call_command("catalogue", check=True)


def test_a_file_that_is_out_of_date_is_named_and_then_written(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalogue, "DOCS", tmp_path)
    (tmp_path / "events.md").write_text(markdown())
    (tmp_path / "asyncapi.json").write_text("{}")
    with pytest.raises(CommandError, match=r"out of date: asyncapi\.json; run manage\.py catalogue"):
        call_command("catalogue", check=True)
    assert (tmp_path / "asyncapi.json").read_text() == "{}"
    call_command("catalogue")
    assert capsys.readouterr().out == "written: docs/asyncapi.json\n"
    call_command("catalogue", check=True)


def test_the_exchange_is_the_one_of_the_settings(settings: Settings) -> None:
    assert settings.EVENTS_EXCHANGE == EXCHANGE


@pytest.mark.parametrize("name", CATALOGUE)
def test_people_find_every_event_with_its_fields(name: str) -> None:
    kind = CATALOGUE[name]
    row = next(line for line in markdown().splitlines() if line.startswith(f"| `{name}`"))
    assert f"`{kind.audit}`" in row
    assert all(f"`{field}` {holds.value}" in row for field, holds in kind.fields.items())


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "$ref")
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


# AsyncAPI 3.0: what each object may have, of what we use. (The whole was held against the specification's own schema.)
SHAPES = {
    "": {"asyncapi", "info", "defaultContentType", "servers", "channels", "operations", "components"},
    "info": {"title", "version", "description"},
    "server": {"host", "protocol", "protocolVersion", "description", "variables"},
    "channel": {"address", "messages", "bindings"},
    "operation": {"action", "channel", "summary", "messages", "bindings"},
    "message": {"name", "title", "summary", "contentType", "payload"},
}


def test_programs_find_asyncapi_3_and_every_event() -> None:
    assert DESCRIPTION["asyncapi"] == "3.0.0"
    assert DESCRIPTION.keys() == SHAPES[""]
    assert DESCRIPTION["info"].keys() == SHAPES["info"]
    kinds = {
        "server": DESCRIPTION["servers"],
        "channel": DESCRIPTION["channels"],
        "operation": DESCRIPTION["operations"],
        "message": DESCRIPTION["components"]["messages"],
    }
    for kind, found in kinds.items():
        assert all(one.keys() == SHAPES[kind] for one in found.values())
        assert kind == "server" or list(found) == list(CATALOGUE)
    assert all(one["address"] == name for name, one in DESCRIPTION["channels"].items())


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DESCRIPTION))
    assert len(found) == 3 * len(CATALOGUE) + 1
    for reference in found:
        node = DESCRIPTION
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


def complaints(body: dict[str, Any]) -> list[str]:
    """What the description has against an event as it travels."""
    schema = {"$ref": f"#/components/messages/{body['name']}/payload", "components": DESCRIPTION["components"]}
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    return [error.message for error in checker.iter_errors(body)]


def test_what_is_published_is_what_is_described(cast: Cast) -> None:
    api = Api(cast.ana.user)
    subscribed = api.subscribe().json()
    api.cancel(subscribed["correlation_id"])
    Api().post("auth/login", {"email": "nadie", "password": "No-es-esta-1"})
    for account in (cast.ana.cash_account, Account.objects.filter(holder_id=None)[0]):
        freeze(account.number, reason="orden judicial", actor_id=None)
    bodies = [json.loads(envelope_of(event, 1, "0" * 64).to_json()) for event in Event.objects.all()]
    assert {body["name"] for body in bodies} >= {"accounts.user_registered", "funds.subscribed", "funds.cancelled"}
    assert [complaints(body) for body in bodies] == [[]] * len(bodies)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 9}, "was expected"),
        ({"hash": "abc"}, "does not match"),
        ({"password": "x"}, "not allowed"),
        ({"payload": {"amount": "1"}}, "is a required property"),
        ({"actor_id": "ana"}, "is not a 'uuid'"),
        ({"role": "king"}, "is not one of"),
    ],
)
def test_what_is_not_an_event_of_ours_is_told_from_one(cast: Cast, change: dict[str, object], said: str) -> None:
    Api(cast.ana.user).subscribe()
    event = Event.objects.get(name="funds.subscribed")
    body = json.loads(envelope_of(event, 1, "0" * 64).to_json())
    assert any(said in complaint for complaint in complaints({**body, **change}))
