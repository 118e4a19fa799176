"""The directory of companies for programs."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import companies_schema as schema
from accounts.api.places import city_of
from accounts.models import Company
from accounts.queries import companies as queries
from accounts.services.companies import CompanyChanges, CompanyNameTaken, create_company, delete_company, update_company
from accounts.tokens import Caller
from core.endpoint import Endpoint
from core.openapi import problems
from core.windows import TOTAL_COUNT, window, window_response

TAGS = ["companies"]


class CompaniesView(Endpoint):
    @extend_schema(
        operation_id="companies",
        tags=TAGS,
        summary=_("Empresas"),
        description=_("Las propias; quienes trabajan aquí ven todas. En orden alfabético."),
        parameters=[schema.CompaniesQuerySerializer, TOTAL_COUNT],
        responses={200: schema.CompanySerializer(many=True), **problems(400, 401)},
        examples=[schema.COMPANY],
    )
    def get(self, request: Request) -> Response:
        caller = Caller.of(request.user)
        query = schema.CompaniesQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        companies = queries.companies_seen_by(
            caller.id, caller.role, search=wanted.get("search", ""), is_active=wanted["is_active"]
        )
        found = window(companies, skip=wanted["skip"], limit=wanted["limit"])
        return window_response(found, _company)

    @extend_schema(
        operation_id="create_company",
        tags=TAGS,
        summary=_("Crear una empresa"),
        description=_("Su dueño es quien la crea. El slug se hace del nombre y ya no cambia."),
        request=schema.CompanyInputSerializer,
        responses={201: schema.CompanySerializer, **problems(400, 401, 403, 413, 415, example=CompanyNameTaken())},
        examples=[schema.CREATE_CALL, schema.CREATED],
    )
    def post(self, request: Request) -> Response:
        caller = Caller.of(request.user)
        company = create_company(wanted=_wanted(request), actor_id=caller.id, role=caller.role)
        return Response(_company(company), status=201)


class CompanyView(Endpoint):
    @extend_schema(
        operation_id="company",
        tags=TAGS,
        summary=_("Una empresa"),
        responses={200: schema.CompanySerializer, **problems(401, 404)},
        examples=[schema.COMPANY],
    )
    def get(self, request: Request, slug: str) -> Response:
        caller = Caller.of(request.user)
        return Response(_company(queries.company_seen_by(caller.id, caller.role, slug)))

    @extend_schema(
        operation_id="replace_company",
        tags=TAGS,
        summary=_("Reemplazar los datos de una empresa"),
        description=_("Lo que falta vuelve a su valor inicial, salvo el dueño. La cambian su dueño o administración."),
        request=schema.CompanyInputSerializer,
        responses={200: schema.CompanySerializer, **problems(400, 401, 403, 404, 413, 415, example=CompanyNameTaken())},
        examples=[schema.REPLACE_CALL, schema.COMPANY],
    )
    def put(self, request: Request, slug: str) -> Response:
        return self._update(request, slug, partial=False)

    @extend_schema(
        operation_id="change_company",
        tags=TAGS,
        summary=_("Cambiar datos de una empresa"),
        description=_("Lo que falta queda como está. La cambian su dueño o administración."),
        request=schema.CompanyInputSerializer(partial=True),
        responses={200: schema.CompanySerializer, **problems(400, 401, 403, 404, 413, 415, example=CompanyNameTaken())},
        examples=[schema.CHANGE_CALL, schema.COMPANY],
    )
    def patch(self, request: Request, slug: str) -> Response:
        return self._update(request, slug, partial=True)

    @extend_schema(
        operation_id="delete_company",
        tags=TAGS,
        summary=_("Eliminar una empresa"),
        description=_("Para siempre: su nombre queda libre. La eliminan su dueño o administración."),
        responses={204: None, **problems(401, 403, 404)},
    )
    def delete(self, request: Request, slug: str) -> Response:
        caller = Caller.of(request.user)
        delete_company(slug=slug, actor_id=caller.id, role=caller.role)
        return Response(status=204)

    def _update(self, request: Request, slug: str, *, partial: bool) -> Response:
        caller = Caller.of(request.user)
        queries.company_changed_by(caller.id, caller.role, slug)  # a stranger learns nothing from what is refused
        changes = _wanted(request, partial=partial)
        return Response(_company(update_company(slug=slug, changes=changes, actor_id=caller.id, role=caller.role)))


def _wanted(request: Request, *, partial: bool = False) -> CompanyChanges:
    wanted = schema.CompanyInputSerializer(data=request.data, partial=partial)
    wanted.is_valid(raise_exception=True)
    checked: CompanyChanges = wanted.validated_data
    return checked


def _company(company: Company) -> dict[str, object]:
    owner = company.owner
    return {
        "id": company.pk,
        "slug": company.slug,
        "name": company.name,
        "description": company.description,
        "city": city_of(company.city) if company.city else None,
        "owner": {"id": owner.pk, "username": owner.username, "full_name": owner.full_name},
        "is_active": company.is_active,
        "created_at": company.created_at,
        "updated_at": company.updated_at,
    }
