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

from fundsite.demo_logins import OLDER_ADMIN

FORM = "application/x-www-form-urlencoded"
COLLECTION = Path(settings.BASE_DIR) / "docs" / "postman" / "fundsite.postman_collection.json"
FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
VARIABLES = {
    "base_url": "http://localhost:8000",
    "email": "u@test.com",
    "access_token": "",
    "refresh_token": "",
    "subscription_id": "",
    "username": "",
    "staff_username": OLDER_ADMIN.sign_in_as,
    "staff_password": OLDER_ADMIN.password,
    "staff_token": "",
    "client_email": "",
    "client_id": "",
    "client_rfc": "",
    "company": "",
    "company_slug": "",
}
DESCRIPTION = (
    "Ejecútela en orden: registra un cliente nuevo, inicia sesión (guarda los tokens), se vincula a un fondo, mira el "
    "historial, cancela, renueva los tokens y cierra la sesión. base_url es la dirección del servidor; "
    "staff_username y staff_password son de alguien de administración (los de la demostración, si no los cambia)."
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One request: an operation of the API, what to put into its path and body, and what its answer must be.

    `bearer` names the variable whose token it carries, where that is not simply the new client's.
    """

    folder: str
    operation: str
    status: int
    path: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    before: Sequence[str] = ()
    tests: Sequence[str] = ()
    name: str | None = None
    bearer: str = ""


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
        folder="Perfil",
        operation="update_me",
        status=200,
        body={"email": "{{email}}"},
        tests=(_expects("cambió el nombre", 'pm.expect(pm.response.json().full_name).to.eql("Juan Carlos Pérez");'),),
    ),
    Step(folder="Perfil", operation="patch_me", status=200, body={"email": "{{email}}"}),
    Step(folder="Perfil", operation="change_password", status=204),
    Step(
        folder="Perfil",
        operation="token_create",
        status=200,
        body={"username": "{{email}}", "password": "Otra_Secreta_456"},
        name="Iniciar sesión con la contraseña nueva, por formulario",
        tests=_KEEP_TOKENS,
    ),
    Step(
        folder="Usuarios, para el personal",
        operation="register_user",
        status=201,
        body={"username": "{{username}}", "email": "{{username}}@test.com"},
        before=(_keep("username", 'pm.variables.replaceIn("juan-{{$timestamp}}-{{$randomInt}}")'),),
    ),
    Step(
        folder="Usuarios, para el personal",
        operation="auth_token_create",
        status=200,
        body={"username": "{{staff_username}}", "password": "{{staff_password}}"},
        name="Iniciar sesión como personal, por formulario",
        tests=(_keep("staff_token", "pm.response.json().access_token"),),
    ),
    Step(
        folder="Usuarios, para el personal",
        operation="users",
        status=200,
        bearer="staff_token",
        tests=(_expects("dice cuántos son", 'pm.expect(pm.response.headers.has("X-Total-Count")).to.be.true;'),),
    ),
    Step(folder="Usuarios, para el personal", operation="users", status=404, name="Para clientes no existe"),
    *(
        Step(
            folder="Usuarios, para el personal",
            operation=operation,
            status=status,
            bearer="staff_token",
            path={"username": "{{username}}"},
        )
        for operation, status in (
            ("user", 200),
            ("update_user", 200),
            ("patch_user", 200),
            ("change_role", 200),
            ("deactivate_user", 204),
        )
    ),
    Step(
        folder="Clientes, para el personal",
        operation="create_client",
        status=201,
        bearer="staff_token",
        body={"email": "{{client_email}}", "rfc": "{{client_rfc}}"},
        before=(
            _keep("client_email", 'pm.variables.replaceIn("carlos-{{$timestamp}}-{{$randomInt}}@example.com")'),
            _keep("client_rfc", '"PEPJ800101" + Math.random().toString(36).slice(2, 5).toUpperCase()'),
        ),
        tests=(_keep("client_id", "pm.response.json().id"),),
    ),
    Step(folder="Clientes, para el personal", operation="clients", status=200, bearer="staff_token"),
    *(
        Step(
            folder="Clientes, para el personal",
            operation=operation,
            status=status,
            bearer="staff_token",
            path={"client_id": "{{client_id}}"},
            body=body,
        )
        for operation, status, body in (
            ("client", 200, {}),
            ("update_client", 200, {"email": "{{client_email}}", "rfc": "{{client_rfc}}"}),
            ("patch_client", 200, {"email": "{{client_email}}", "rfc": "{{client_rfc}}"}),
        )
    ),
    Step(
        folder="Clientes, para el personal",
        operation="client_by_rfc",
        status=200,
        path={"rfc": "{{client_rfc}}"},
        name="Por RFC, sin token: solo las iniciales",
        tests=(_expects("no dice quién es", "pm.expect(pm.response.json()).to.not.have.property('full_name');"),),
    ),
    Step(
        folder="Clientes, para el personal",
        operation="deactivate_client",
        status=204,
        bearer="staff_token",
        path={"client_id": "{{client_id}}"},
    ),
    Step(
        folder="Sesión",
        operation="login_second_factor",
        status=401,
        name="Un tiquete inventado no abre nada",
    ),
    Step(
        folder="Sesión",
        operation="refresh_token",
        status=200,
        bearer="access_token",
        tests=(_keep("access_token", "pm.response.json().access_token"),),
    ),
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
        "auth": _bearer("access_token"),
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
    kind, body = _example(operation)
    if body is not None:
        headers["Content-Type"] = kind
        body = {**body, **step.body}
    request: dict[str, Any] = {
        "method": method,
        "header": [{"key": key, "value": value} for key, value in headers.items()],
        "url": {"raw": "{{base_url}}" + path, "host": ["{{base_url}}"], "path": path.strip("/").split("/")},
        "description": operation.get("description", operation["summary"]),
    }
    if step.bearer:
        request["auth"] = _bearer(step.bearer)
    elif "security" not in operation or {} in operation["security"]:
        request["auth"] = {"type": "noauth"}
    if body is not None and kind == FORM:
        request["body"] = {
            "mode": "urlencoded",
            "urlencoded": [{"key": key, "value": value, "type": "text"} for key, value in body.items()],
        }
    elif body is not None:
        request["body"] = {
            "mode": "raw",
            "raw": json.dumps(body, ensure_ascii=False, indent=2),
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


def _bearer(variable: str) -> dict[str, Any]:
    return {"type": "bearer", "bearer": [{"key": "token", "value": f"{{{{{variable}}}}}", "type": "string"}]}


def _example(operation: Mapping[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """The kind of body that an operation takes and one that it takes; without an example it is sent none."""
    offered = operation.get("requestBody", {}).get("content", {})
    for kind in ("application/json", FORM):
        examples = offered.get(kind, {}).get("examples")
        if examples:
            return kind, next(iter(examples.values()))["value"]
    return "", None
