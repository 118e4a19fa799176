"""Keeping the directory of companies: making, changing and removing them, each with its event."""

from __future__ import annotations

import uuid
from typing import TypedDict

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import City, Company, Role, User
from accounts.queries.companies import company_changed_by
from accounts.queries.places import city_by_slug
from accounts.services.slugs import constraint_of, insert_with_slug
from accounts.spelling import is_printable, one_line
from core.errors import DomainError, InvalidInput
from events.services import record

FALLBACK_SLUG = "empresa"


class CompanyNameTaken(DomainError):
    """Somebody has a company of that name; capitals, accents and blanks make no other name."""

    code = "company_name_taken"
    field = "name"
    message = gettext_lazy("Ya hay una empresa con este nombre.")


class ReadersOnlyLook(DomainError):
    code = "read_only"
    status = 403
    message = gettext_lazy("Su rol es de consulta: puede ver, pero no cambiar.")


class CompanyChanges(TypedDict, total=False):
    """What may be written of a company; what is absent stays. `city` is a slug, `owner` a username."""

    name: str
    description: str
    city: str | None
    owner: str
    is_active: bool


def create_company(*, wanted: CompanyChanges, actor_id: uuid.UUID, role: str) -> Company:
    """A new company, of the actor's own unless an administrator names another owner.

    Raises `InvalidInput`, `CompanyNameTaken`, `ReadersOnlyLook`.
    """
    if role == Role.READER:
        raise ReadersOnlyLook
    company = Company(owner_id=actor_id)
    _write(company, wanted, role=role)
    try:
        with transaction.atomic():
            insert_with_slug(company, fallback=FALLBACK_SLUG)
            record("accounts.company_created", {**_about(company), "owner_id": company.owner_id}, actor_id=actor_id)
    except IntegrityError as error:
        raise _refusal(error) or error from error
    return company


def update_company(*, slug: str, changes: CompanyChanges, actor_id: uuid.UUID, role: str) -> Company:
    """Change a company, all of it or nothing; its slug stays. Changing nothing leaves no trace.

    Raises `CompanyNotFound` and what `create_company` raises.
    """
    try:
        with transaction.atomic():
            company = company_changed_by(actor_id, role, slug, lock=True)
            changed = _write(company, changes, role=role)
            if changed:
                company.updated_at = timezone.now()
                company.save(update_fields=[*changed, "updated_at"])
                record("accounts.company_updated", {**_about(company), "fields": changed}, actor_id=actor_id)
    except IntegrityError as error:
        raise _refusal(error) or error from error
    return company


def delete_company(*, slug: str, actor_id: uuid.UUID, role: str) -> None:
    """Remove a company for good; the events about it stay, and its name is free again. Raises `CompanyNotFound`."""
    with transaction.atomic():
        company = company_changed_by(actor_id, role, slug, lock=True)
        about = {**_about(company), "owner_id": company.owner_id}
        company.delete()
        record("accounts.company_deleted", about, actor_id=actor_id)


def _about(company: Company) -> dict[str, object]:
    return {"company_id": company.pk, "slug": company.slug}


def _write(company: Company, wanted: CompanyChanges, *, role: str) -> list[str]:
    """Put what is wanted into the row, checked; returns the fields that have changed. Raises `InvalidInput`."""
    before = {name: getattr(company, name) for name in ("name", "description", "city_id", "owner_id", "is_active")}
    errors: dict[str, list[str]] = {}
    if "name" in wanted:
        company.name = one_line(wanted["name"])
    if "description" in wanted:
        company.description = wanted["description"].replace("\r\n", "\n").strip()
    if "is_active" in wanted:
        company.is_active = wanted["is_active"]
    if "city" in wanted:
        _settle(company, wanted["city"], errors)
    if "owner" in wanted:
        _hand_over(company, wanted["owner"], errors, role)
    _check(company, errors)
    if errors:
        raise InvalidInput(errors)
    return [name.removesuffix("_id") for name, value in before.items() if getattr(company, name) != value]


def _settle(company: Company, slug: str | None, errors: dict[str, list[str]]) -> None:
    city: City | None = city_by_slug(slug) if slug else None
    if slug and city is None:
        errors["city"] = [_("No conocemos esa ciudad.")]
    company.city = city


def _hand_over(company: Company, username: str, errors: dict[str, list[str]], role: str) -> None:
    """Whoever may not name another owner learns nothing about who else is here."""
    owner = User.objects.filter(username__iexact=username, is_active=True).first()
    if role != Role.ADMIN and (owner is None or owner.pk != company.owner_id):
        errors["owner"] = [_("Solo administración puede nombrar a otro dueño.")]
    elif owner is None:
        errors["owner"] = [_("No encontramos ese usuario.")]
    else:
        company.owner = owner


def _check(company: Company, errors: dict[str, list[str]]) -> None:
    try:
        company.clean_fields(exclude={"slug", "owner", "city", "folded"})
    except ValidationError as error:
        errors.update(error.message_dict)
    if not is_printable(company.description.replace("\n", "")):
        errors["description"] = [_("La descripción tiene caracteres que no se pueden mostrar.")]


def _refusal(error: IntegrityError) -> DomainError | None:
    """What a write ran into, said to people."""
    constraint = constraint_of(error)
    if constraint == "accounts_unique_company":
        return CompanyNameTaken()
    if "_city_id_" in constraint:  # removed from the catalogue meanwhile
        return InvalidInput({"city": [_("No conocemos esa ciudad.")]})
    return None
