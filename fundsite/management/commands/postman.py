"""Write the request collection for API clients out of the API's description, in an order that runs to the end."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator

COLLECTION = Path(settings.BASE_DIR) / "docs" / "postman" / "fundsite.postman_collection.json"
FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
VARIABLES = {
    "base_url": "http://localhost:8000",
    "email": "u@test.com",
    "access_token": "",
    "refresh_token": "",
    "subscription_id": "",
    "company": "",
    "company_slug": "",
}
DESCRIPTION = (
    "Ejecútela en orden: registra un cliente nuevo, inicia sesión (guarda los tokens), se vincula a un fondo, mira el "
    "historial, cancela, renueva los tokens y cierra la sesión. base_url es la dirección del servidor."
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One request: an operation of the API, what to put into its path and body, and what its answer must be."""

    folder: str
    operation: str
    status: int
    path: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    before: Sequence[str] = ()
    tests: Sequence[str] = ()
    name: str | None = None


def _expects(name: str, assertion: str) -> str:
    return f"pm.test({json.dumps(name, ensure_ascii=False)}, () => {{ {assertion} }});"


def _keep(variable: str, expression: str) -> str:
    return f'pm.collectionVariables.set("{variable}", {expression});'


_KEEP_TOKENS = (
    _keep("access_token", "pm.response.json().access_token"),
    _keep("refresh_token", "pm.response.json().refresh_token"),
)
STEPS = (
    Step(
        folder="Ingreso",
        operation="register",
        status=201,
        body={"email": "{{email}}", "notify_destination": "{{email}}"},
        before=(_keep("email", 'pm.variables.replaceIn("u-{{$timestamp}}-{{$randomInt}}@test.com")'),),
        tests=(_expects("empieza con 500000.00", 'pm.expect(pm.response.json().balance).to.eql("500000.00");'),),
    ),
    Step(
        folder="Ingreso",
        operation="login",
        status=200,
        body={"email": "{{email}}"},
        tests=(
            _expects(
                "da los dos tokens", 'pm.expect(pm.response.json()).to.include.keys("access_token", "refresh_token");'
            ),
            *_KEEP_TOKENS,
        ),
    ),
    Step(
        folder="Ingreso",
        operation="me",
        status=200,
        tests=(_expects("soy yo", 'pm.expect(pm.response.json().email).to.eql(pm.collectionVariables.get("email"));'),),
    ),
    Step(
        folder="Fondos",
        operation="funds",
        status=200,
        tests=(_expects("hay fondos", 'pm.expect(pm.response.json()).to.be.an("array").that.is.not.empty;'),),
    ),
    Step(
        folder="Fondos",
        operation="fund",
        status=200,
        path={"fund_id": "2"},
        tests=(_expects("con su mínimo", "pm.expect(pm.response.json().minimum).to.match(/^\\d+\\.\\d{2}$/);"),),
    ),
    Step(
        folder="Suscripciones",
        operation="subscribe",
        status=201,
        path={"fund_id": "2"},
        headers={"Idempotency-Key": "{{$guid}}"},
        tests=(
            _expects("queda registrada", 'pm.expect(pm.response.json().type).to.eql("SUBSCRIPTION");'),
            _expects("descuenta el saldo", 'pm.expect(pm.response.json().balance_after).to.eql("375000.00");'),
            _keep("subscription_id", "pm.response.json().id"),
        ),
    ),
    Step(
        folder="Suscripciones",
        operation="subscriptions",
        status=200,
        tests=(_expects("está vigente", "pm.expect(pm.response.json()).to.have.lengthOf(1);"),),
    ),
    Step(folder="Suscripciones", operation="subscription", status=200, path={"subscription_id": "{{subscription_id}}"}),
    Step(
        folder="Historial",
        operation="transactions",
        status=200,
        tests=(
            _expects(
                "empieza por la suscripción",
                'pm.expect(pm.response.json().results[0].id).to.eql(pm.collectionVariables.get("subscription_id"));',
            ),
        ),
    ),
    Step(folder="Historial", operation="transaction", status=200, path={"transaction_id": "{{subscription_id}}"}),
    Step(
        folder="Cancelación",
        operation="cancel",
        status=200,
        path={"subscription_id": "{{subscription_id}}"},
        headers={"Idempotency-Key": "{{$guid}}"},
        tests=(
            _expects("devuelve el valor", 'pm.expect(pm.response.json().balance_after).to.eql("500000.00");'),
            _expects(
                "comparte correlation_id",
                'pm.expect(pm.response.json().correlation_id).to.eql(pm.collectionVariables.get("subscription_id"));',
            ),
        ),
    ),
    Step(folder="Lugares", operation="countries", status=200),
    Step(folder="Lugares", operation="regions", status=200, path={"code": "EC"}),
    Step(
        folder="Lugares",
        operation="provinces",
        status=200,
        tests=(_expects("hay provincias", 'pm.expect(pm.response.json()).to.be.an("array").that.is.not.empty;'),),
    ),
    Step(
        folder="Lugares",
        operation="province",
        status=200,
        path={"slug": "pichincha"},
        tests=(_expects("con su capital", 'pm.expect(pm.response.json().capital.slug).to.eql("quito");'),),
    ),
    Step(
        folder="Lugares",
        operation="cities",
        status=200,
        tests=(_expects("hay ciudades", 'pm.expect(pm.response.json()).to.be.an("array").that.is.not.empty;'),),
    ),
    Step(
        folder="Empresas",
        operation="create_company",
        status=201,
        body={"name": "{{company}}"},
        before=(_keep("company", 'pm.variables.replaceIn("Café {{$timestamp}} {{$randomInt}}")'),),
        tests=(
            _expects("está en Quito", 'pm.expect(pm.response.json().city.slug).to.eql("quito");'),
            _keep("company_slug", "pm.response.json().slug"),
        ),
    ),
    Step(
        folder="Empresas",
        operation="companies",
        status=200,
        tests=(_expects("está en la lista", "pm.expect(pm.response.json()).to.have.lengthOf(1);"),),
    ),
    Step(folder="Empresas", operation="company", status=200, path={"slug": "{{company_slug}}"}),
    Step(
        folder="Empresas",
        operation="replace_company",
        status=200,
        path={"slug": "{{company_slug}}"},
        body={"name": "{{company}}"},
        tests=(_expects("se mudó a Cuenca", 'pm.expect(pm.response.json().city.slug).to.eql("cuenca");'),),
    ),
    Step(
        folder="Empresas",
        operation="change_company",
        status=200,
        path={"slug": "{{company_slug}}"},
        body={"name": "{{company}} S. A."},
        tests=(
            _expects(
                "el slug no cambia",
                'pm.expect(pm.response.json().slug).to.eql(pm.collectionVariables.get("company_slug"));',
            ),
        ),
    ),
    Step(folder="Empresas", operation="delete_company", status=204, path={"slug": "{{company_slug}}"}),
    Step(
        folder="Sesión",
        operation="refresh",
        status=200,
        body={"refresh_token": "{{refresh_token}}"},
        tests=_KEEP_TOKENS,
    ),
    Step(folder="Sesión", operation="logout", status=204),
    Step(folder="Sesión", operation="me", status=401, name="Después de salir, el token no sirve"),
)


class Command(BaseCommand):
    help = "Writes docs/postman/fundsite.postman_collection.json from the API's description."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the file is out of date")

    def handle(self, *, check: bool, **options: Any) -> None:
        text = json.dumps(collection(), ensure_ascii=False, indent=2) + "\n"
        if not check:
            COLLECTION.parent.mkdir(parents=True, exist_ok=True)
            COLLECTION.write_text(text, encoding="utf-8")
            self.stdout.write(f"written: {COLLECTION.relative_to(settings.BASE_DIR)}")
        elif not COLLECTION.exists() or COLLECTION.read_text(encoding="utf-8") != text:
            raise CommandError(f"{COLLECTION.name} is out of date: run manage.py postman", returncode=1)


def collection() -> dict[str, Any]:
    """The collection in Postman's format 2.1. Raises `CommandError` when an operation of the API has no step."""
    with translation.override(settings.LANGUAGE_CODE):
        schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    operations = dict(_operations(schema["paths"]))
    if missing := operations.keys() - {step.operation for step in STEPS}:
        raise CommandError(f"operations without a step here: {', '.join(sorted(missing))}")
    folders: dict[str, list[dict[str, Any]]] = {}
    for step in STEPS:
        folders.setdefault(step.folder, []).append(_item(step, *operations[step.operation]))
    return {
        "info": {"name": schema["info"]["title"], "description": DESCRIPTION, "schema": FORMAT},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{access_token}}", "type": "string"}]},
        "variable": [{"key": key, "value": value, "type": "string"} for key, value in VARIABLES.items()],
        "item": [{"name": name, "item": items} for name, items in folders.items()],
    }


def _operations(paths: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, tuple[str, str, Mapping[str, Any]]]]:
    for path, methods in paths.items():
        for method, operation in methods.items():
            yield operation["operationId"], (method.upper(), path, operation)


def _item(step: Step, method: str, path: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in step.path.items():
        path = path.replace(f"{{{name}}}", value)
    headers = {"Accept": "application/json", **step.headers}
    body = _example(operation)
    if body is not None:
        headers["Content-Type"] = "application/json"
    request: dict[str, Any] = {
        "method": method,
        "header": [{"key": key, "value": value} for key, value in headers.items()],
        "url": {"raw": "{{base_url}}" + path, "host": ["{{base_url}}"], "path": path.strip("/").split("/")},
        "description": operation.get("description", operation["summary"]),
    }
    if "security" not in operation or {} in operation["security"]:
        request["auth"] = {"type": "noauth"}
    if body is not None:
        request["body"] = {
            "mode": "raw",
            "raw": json.dumps({**body, **step.body}, ensure_ascii=False, indent=2),
            "options": {"raw": {"language": "json"}},
        }
    return {"name": step.name or operation["summary"], "event": _events(step), "request": request, "response": []}


def _events(step: Step) -> list[dict[str, Any]]:
    status = _expects(f"responde {step.status}", f"pm.response.to.have.status({step.status});")
    scripts = {"prerequest": list(step.before), "test": [status, *step.tests]}
    return [
        {"listen": listen, "script": {"type": "text/javascript", "exec": lines}}
        for listen, lines in scripts.items()
        if lines
    ]


def _example(operation: Mapping[str, Any]) -> dict[str, Any] | None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    example: dict[str, Any] = next(iter(content["examples"].values()))["value"]
    return example
