"""The steps of the request collection: every operation of the API, in an order in which each finds what it needs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fundsite.demo_logins import OLDER_ADMIN

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


def expects(name: str, assertion: str) -> str:
    return f"pm.test({json.dumps(name, ensure_ascii=False)}, () => {{ {assertion} }});"


def keep(variable: str, expression: str) -> str:
    return f'pm.collectionVariables.set("{variable}", {expression});'


KEEP_TOKENS = (
    keep("access_token", "pm.response.json().access_token"),
    keep("refresh_token", "pm.response.json().refresh_token"),
)
STEPS = (
    Step(
        folder="Ingreso",
        operation="register",
        status=201,
        body={"email": "{{email}}", "notify_destination": "{{email}}"},
        before=(keep("email", 'pm.variables.replaceIn("u-{{$timestamp}}-{{$randomInt}}@test.com")'),),
        tests=(expects("empieza con 500000.00", 'pm.expect(pm.response.json().balance).to.eql("500000.00");'),),
    ),
    Step(
        folder="Ingreso",
        operation="login",
        status=200,
        body={"email": "{{email}}"},
        tests=(
            expects(
                "da los dos tokens", 'pm.expect(pm.response.json()).to.include.keys("access_token", "refresh_token");'
            ),
            *KEEP_TOKENS,
        ),
    ),
    Step(
        folder="Ingreso",
        operation="me",
        status=200,
        tests=(expects("soy yo", 'pm.expect(pm.response.json().email).to.eql(pm.collectionVariables.get("email"));'),),
    ),
    Step(
        folder="Fondos",
        operation="funds",
        status=200,
        tests=(expects("hay fondos", 'pm.expect(pm.response.json()).to.be.an("array").that.is.not.empty;'),),
    ),
    Step(
        folder="Fondos",
        operation="fund",
        status=200,
        path={"fund_id": "2"},
        tests=(expects("con su mínimo", "pm.expect(pm.response.json().minimum).to.match(/^\\d+\\.\\d{2}$/);"),),
    ),
    Step(
        folder="Suscripciones",
        operation="subscribe",
        status=201,
        path={"fund_id": "2"},
        headers={"Idempotency-Key": "{{$guid}}"},
        tests=(
            expects("queda registrada", 'pm.expect(pm.response.json().type).to.eql("SUBSCRIPTION");'),
            expects("descuenta el saldo", 'pm.expect(pm.response.json().balance_after).to.eql("375000.00");'),
            keep("subscription_id", "pm.response.json().id"),
        ),
    ),
    Step(
        folder="Suscripciones",
        operation="subscriptions",
        status=200,
        tests=(expects("está vigente", "pm.expect(pm.response.json()).to.have.lengthOf(1);"),),
    ),
    Step(folder="Suscripciones", operation="subscription", status=200, path={"subscription_id": "{{subscription_id}}"}),
    Step(
        folder="Historial",
        operation="transactions",
        status=200,
        tests=(
            expects(
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
            expects("devuelve el valor", 'pm.expect(pm.response.json().balance_after).to.eql("500000.00");'),
            expects(
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
        tests=(expects("hay provincias", 'pm.expect(pm.response.json()).to.be.an("array").that.is.not.empty;'),),
    ),
    Step(
        folder="Lugares",
        operation="province",
        status=200,
        path={"slug": "pichincha"},
        tests=(expects("con su capital", 'pm.expect(pm.response.json().capital.slug).to.eql("quito");'),),
    ),
    Step(
        folder="Lugares",
        operation="cities",
        status=200,
        tests=(expects("hay ciudades", 'pm.expect(pm.response.json()).to.be.an("array").that.is.not.empty;'),),
    ),
    Step(
        folder="Empresas",
        operation="create_company",
        status=201,
        body={"name": "{{company}}"},
        before=(keep("company", 'pm.variables.replaceIn("Café {{$timestamp}} {{$randomInt}}")'),),
        tests=(
            expects("está en Quito", 'pm.expect(pm.response.json().city.slug).to.eql("quito");'),
            keep("company_slug", "pm.response.json().slug"),
        ),
    ),
    Step(
        folder="Empresas",
        operation="companies",
        status=200,
        tests=(expects("está en la lista", "pm.expect(pm.response.json()).to.have.lengthOf(1);"),),
    ),
    Step(folder="Empresas", operation="company", status=200, path={"slug": "{{company_slug}}"}),
    Step(
        folder="Empresas",
        operation="replace_company",
        status=200,
        path={"slug": "{{company_slug}}"},
        body={"name": "{{company}}"},
        tests=(expects("se mudó a Cuenca", 'pm.expect(pm.response.json().city.slug).to.eql("cuenca");'),),
    ),
    Step(
        folder="Empresas",
        operation="change_company",
        status=200,
        path={"slug": "{{company_slug}}"},
        body={"name": "{{company}} S. A."},
        tests=(
            expects(
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
        tests=(expects("cambió el nombre", 'pm.expect(pm.response.json().full_name).to.eql("Juan Carlos Pérez");'),),
    ),
    Step(folder="Perfil", operation="patch_me", status=200, body={"email": "{{email}}"}),
    Step(folder="Perfil", operation="change_password", status=204),
    Step(
        folder="Perfil",
        operation="token_create",
        status=200,
        body={"username": "{{email}}", "password": "Otra_Secreta_456"},
        name="Iniciar sesión con la contraseña nueva, por formulario",
        tests=KEEP_TOKENS,
    ),
    Step(
        folder="Usuarios, para el personal",
        operation="register_user",
        status=201,
        body={"username": "{{username}}", "email": "{{username}}@test.com"},
        before=(keep("username", 'pm.variables.replaceIn("juan-{{$timestamp}}-{{$randomInt}}")'),),
    ),
    Step(
        folder="Usuarios, para el personal",
        operation="auth_token_create",
        status=200,
        body={"username": "{{staff_username}}", "password": "{{staff_password}}"},
        name="Iniciar sesión como personal, por formulario",
        tests=(keep("staff_token", "pm.response.json().access_token"),),
    ),
    Step(
        folder="Usuarios, para el personal",
        operation="users",
        status=200,
        bearer="staff_token",
        tests=(expects("dice cuántos son", 'pm.expect(pm.response.headers.has("X-Total-Count")).to.be.true;'),),
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
            keep("client_email", 'pm.variables.replaceIn("carlos-{{$timestamp}}-{{$randomInt}}@example.com")'),
            keep("client_rfc", '"PEPJ800101" + Math.random().toString(36).slice(2, 5).toUpperCase()'),
        ),
        tests=(keep("client_id", "pm.response.json().id"),),
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
        tests=(expects("no dice quién es", "pm.expect(pm.response.json()).to.not.have.property('full_name');"),),
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
        tests=(keep("access_token", "pm.response.json().access_token"),),
    ),
    Step(
        folder="Sesión",
        operation="refresh",
        status=200,
        body={"refresh_token": "{{refresh_token}}"},
        tests=KEEP_TOKENS,
    ),
    Step(folder="Sesión", operation="logout", status=204),
    Step(folder="Sesión", operation="me", status=401, name="Después de salir, el token no sirve"),
)
