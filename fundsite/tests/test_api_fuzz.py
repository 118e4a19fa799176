"""Whatever is sent to the API, it answers as it says it does, and never with a failure of its own.

The cases come out of the API's description and are the same in every run. A longer run against a server:

    schemathesis run http://localhost:8000/openapi.json -H "Authorization: Bearer $TOKEN" --max-examples 200
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from conftest import Cast, bearer
from fundsite.request_steps import STEPS
from fundsite.wsgi import application
from tests.api import Api

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


FOR_STAFF = {step.operation for step in STEPS if step.bearer == "staff_token"}
OPERATIONS = sorted({step.operation for step in STEPS})


@pytest.fixture(scope="module")
def description(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> OpenApiSchema:
    with django_db_blocker.unblock():
        return schemathesis.openapi.from_wsgi("/openapi.json", application)


@pytest.fixture(autouse=True)
def _no_limits(real_commits: None, settings: Settings) -> None:
    settings.REGISTRATIONS_PER_ADDRESS = settings.LOGINS_PER_ADDRESS = "10000/m"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_answers_as_described(description: OpenApiSchema, cast: Cast, operation: str) -> None:
    caller = cast.admin if operation in FOR_STAFF else cast.ana.user
    assert caller
    headers = {**bearer(caller), "Accept-Encoding": "identity"}
    known = _known(cast)

    @given(case=description.find_operation_by_id(operation).as_strategy(), of_ours=st.booleans())
    @hypothesis_settings(
        max_examples=15,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    def calls(case: schemathesis.Case, of_ours: bool) -> None:
        if of_ours:
            for part in (case.path_parameters, case.body):
                if isinstance(part, dict):
                    part.update({name: value for name, value in known.items() if name in part})
        case.call_and_validate(headers=headers, checks=CHECKS)

    calls()


def _known(cast: Cast) -> dict[str, str]:
    """What there is, by the names it goes by in paths and bodies: what is made up gets no further than "not found"."""
    api, number = Api(cast.ana.user), cast.ana.cash_account.number
    savings = api.post("accounts", {"currency": "COP"}).json()["number"]
    transfer = {"source": number, "target": savings, "amount": "1000"}
    schedule = {**transfer, "frequency": "once", "starts_on": str(date.today() + timedelta(days=2))}
    return {
        "number": number,
        "source": number,
        "target": savings,
        "client_id": str(cast.ana.pk),
        "username": "beto",
        "fund_id": "2",
        "subscription_id": api.subscribe().json()["id"],
        "transaction_id": api.post("transfers", transfer).json()["id"],
        "schedule_id": api.post("scheduled-transfers", schedule).json()["id"],
    }
