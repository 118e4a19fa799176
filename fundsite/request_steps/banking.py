"""Accounts, transfers, statements and the books: what their owner does, then what staff do and see."""

from __future__ import annotations

from fundsite.request_steps.step import Step, expects, keep

OWN, NEW, DOLLARS = ({"number": f"{{{{{name}}}}}"} for name in ("account_number", "savings_number", "dollars_number"))
TRANSFER = {"source": "{{account_number}}", "target": "{{savings_number}}"}
TRANSFERRED = {"transaction_id": "{{transfer_id}}"}
SCHEDULED = {"schedule_id": "{{schedule_id}}"}
KEY = {"Idempotency-Key": "{{$guid}}"}

ACCOUNTS = (
    Step(
        folder="Cuentas",
        operation="accounts",
        status=200,
        tests=(
            expects("hay una, la principal", "pm.expect(pm.response.json()[0].is_default).to.be.true;"),
            keep("account_number", "pm.response.json()[0].number"),
        ),
    ),
    Step(
        folder="Cuentas",
        operation="open_account",
        status=201,
        body={"currency": "COP", "alias": "Ahorros"},
        headers=KEY,
        tests=(
            expects("empieza vacía", 'pm.expect(pm.response.json().balance).to.eql("0.00");'),
            keep("savings_number", "pm.response.json().number"),
        ),
    ),
    Step(folder="Cuentas", operation="account", status=200, path=NEW),
    Step(folder="Cuentas", operation="rename_account", status=200, path=NEW),
    Step(
        folder="Cuentas",
        operation="set_default_account",
        status=200,
        path=OWN,
        tests=(expects("es la principal", "pm.expect(pm.response.json().is_default).to.be.true;"),),
    ),
    Step(
        folder="Cuentas",
        operation="open_account",
        status=201,
        headers=KEY,
        name="Abrir una cuenta en dólares",
        tests=(keep("dollars_number", "pm.response.json().number"),),
    ),
    Step(
        folder="Cuentas",
        operation="close_account",
        status=200,
        path=DOLLARS,
        tests=(expects("queda cerrada", 'pm.expect(pm.response.json().state).to.eql("closed");'),),
    ),
    Step(
        folder="Transferencias",
        operation="preview_transfer",
        status=200,
        body=TRANSFER,
        tests=(expects("dice el saldo que queda", 'pm.expect(pm.response.json().balance_after).to.eql("450000.00");'),),
    ),
    Step(
        folder="Transferencias",
        operation="make_transfer",
        status=201,
        body=TRANSFER,
        headers=KEY,
        tests=(
            expects("descuenta el saldo", 'pm.expect(pm.response.json().balance_after).to.eql("450000.00");'),
            keep("transfer_id", "pm.response.json().id"),
        ),
    ),
    Step(
        folder="Transferencias",
        operation="transfers",
        status=200,
        tests=(
            expects(
                "empieza por la que se hizo",
                'pm.expect(pm.response.json().results[0].id).to.eql(pm.collectionVariables.get("transfer_id"));',
            ),
        ),
    ),
    Step(folder="Transferencias", operation="transfer", status=200, path=TRANSFERRED),
    Step(
        folder="Transferencias programadas",
        operation="schedule_transfer",
        status=201,
        body={**TRANSFER, "starts_on": "{{starts_on}}"},
        headers=KEY,
        before=(keep("starts_on", "new Date(Date.now() + 30 * 86400000).toISOString().slice(0, 10)"),),
        tests=(keep("schedule_id", "pm.response.json().id"),),
    ),
    Step(
        folder="Transferencias programadas",
        operation="scheduled_transfers",
        status=200,
        tests=(expects("está en la lista", "pm.expect(pm.response.json()).to.have.lengthOf(1);"),),
    ),
    Step(folder="Transferencias programadas", operation="scheduled_transfer", status=200, path=SCHEDULED),
    *(
        Step(
            folder="Transferencias programadas",
            operation=operation,
            status=200,
            path=SCHEDULED,
            tests=(expects(said, f'pm.expect(pm.response.json().state).to.eql("{state}");'),),
        )
        for operation, said, state in (
            ("pause_scheduled_transfer", "está en pausa", "paused"),
            ("resume_scheduled_transfer", "está activa", "active"),
        )
    ),
    Step(folder="Transferencias programadas", operation="cancel_scheduled_transfer", status=204, path=SCHEDULED),
    Step(
        folder="Extractos",
        operation="balance",
        status=200,
        path=OWN,
        tests=(expects("es el de ahora", 'pm.expect(pm.response.json().balance).to.eql("450000.00");'),),
    ),
    Step(
        folder="Extractos",
        operation="statement",
        status=200,
        path=OWN,
        tests=(
            expects("cierra con el saldo", 'pm.expect(pm.response.json().closing).to.eql("450000.00");'),
            expects("con sus movimientos", "pm.expect(pm.response.json().results).to.have.lengthOf(4);"),
        ),
    ),
    Step(
        folder="Extractos",
        operation="statement",
        status=200,
        path=OWN,
        headers={"Accept": "application/pdf"},
        name="Extracto de una cuenta, en PDF con su código",
        tests=(
            keep(
                "document_code", "pm.response.text().match(/verificar\\/([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})\\//)[1]"
            ),
        ),
    ),
    Step(
        folder="Extractos",
        operation="verify_document",
        status=200,
        path={"code": "{{document_code}}"},
        name="Comprobar el PDF por su código, sin token",
        tests=(expects("es de esa cuenta", 'pm.expect(pm.response.json().closing).to.eql("450000.00");'),),
    ),
)

STAFF = (
    Step(
        folder="Cuentas, para el personal",
        operation="client_accounts",
        status=200,
        bearer="staff_token",
        path={"client_id": "{{client_id}}"},
        tests=(expects("tiene una", "pm.expect(pm.response.json()).to.have.lengthOf(1);"),),
    ),
    *(
        Step(
            folder="Cuentas, para el personal",
            operation=operation,
            status=200,
            bearer="staff_token",
            path=NEW,
            tests=(expects(said, f'pm.expect(pm.response.json().state).to.eql("{state}");'),),
        )
        for operation, said, state in (
            ("freeze_account", "está congelada", "frozen"),
            ("unfreeze_account", "está abierta", "open"),
        )
    ),
    Step(
        folder="Libros, para el personal",
        operation="booked_transaction",
        status=200,
        bearer="staff_token",
        path=TRANSFERRED,
        tests=(expects("con sus dos asientos", "pm.expect(pm.response.json().entries).to.have.lengthOf(2);"),),
    ),
    Step(
        folder="Libros, para el personal",
        operation="reverse_transaction",
        status=201,
        bearer="staff_token",
        path=TRANSFERRED,
        headers=KEY,
        tests=(
            expects(
                "deshace la transferencia",
                'pm.expect(pm.response.json().reverses).to.eql(pm.collectionVariables.get("transfer_id"));',
            ),
        ),
    ),
    Step(
        folder="Informes, para el personal",
        operation="report_transactions",
        status=200,
        bearer="staff_token",
        tests=(
            expects(
                "empieza por la reversión",
                'pm.expect(pm.response.json().results[0].reverses).to.eql(pm.collectionVariables.get("transfer_id"));',
            ),
        ),
    ),
    Step(folder="Informes, para el personal", operation="report_accounts", status=200, bearer="staff_token"),
    Step(
        folder="Informes, para el personal",
        operation="report_trial_balance",
        status=200,
        bearer="staff_token",
        tests=(
            expects(
                "los libros cuadran",
                "pm.response.json().currencies.forEach((book) => pm.expect(book.balanced).to.be.true);",
            ),
        ),
    ),
)
