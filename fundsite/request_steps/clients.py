"""What a client does with funds and companies, and the places those are in."""

from __future__ import annotations

from fundsite.request_steps.step import Step, expects, keep

FUNDS = (
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
)
COMPANIES = (
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
)
