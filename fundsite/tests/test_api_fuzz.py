"""Whatever is sent to the API, it answers as it says it does, and never with a failure of its own.

The cases come out of the API's description and are the same in every run. A longer run against a server:

    schemathesis run http://localhost:8000/openapi.json -H "Authorization: Bearer $TOKEN" --max-examples 200
"""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from pytest_django.fixtures import Settings
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

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


OPERATIONS = sorted({step.operation for step in STEPS})


@pytest.fixture
def description(real_commits: None, settings: Settings) -> OpenApiSchema:
    settings.REGISTRATIONS_PER_ADDRESS = settings.LOGINS_PER_ADDRESS = "10000/m"
    return schemathesis.openapi.from_wsgi("/openapi.json", application)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_answers_as_described(description: OpenApiSchema, cast: Cast, operation: str) -> None:
    assert cast.ana.user
    headers = {**bearer(cast.ana.user), "Accept-Encoding": "identity"}

    @given(case=description.find_operation_by_id(operation).as_strategy())
    @hypothesis_settings(
        max_examples=15,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    def calls(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    calls()
