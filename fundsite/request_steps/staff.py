"""What staff do with people, and what they see of what happened."""

from __future__ import annotations

from fundsite.request_steps.step import Step, expects, keep

PEOPLE = (
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
            ("remove_second_factor", 409),  # a new user has none
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
)
EVENTS = (
    Step(
        folder="Eventos, para el personal",
        operation="events",
        status=200,
        bearer="staff_token",
        tests=(expects("es una página", 'pm.expect(pm.response.json()).to.include.keys("results", "next_cursor");'),),
    ),
    Step(folder="Eventos, para el personal", operation="events", status=404, name="Para clientes tampoco existen"),
    Step(
        folder="Eventos, para el personal",
        operation="audit_logs",
        status=200,
        bearer="staff_token",
        tests=(expects("es una página", 'pm.expect(pm.response.json()).to.include.keys("results", "next_cursor");'),),
    ),
    Step(
        folder="Eventos, para el personal",
        operation="pipeline",
        status=200,
        bearer="staff_token",
        tests=(expects("con sus consumidores", "pm.expect(pm.response.json().consumers).to.not.be.empty;"),),
    ),
)
