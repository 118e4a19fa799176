"""Finding companies, by who asks: owners see theirs, staff see all, to others they are not there."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, Role
from core.errors import NotFound
from core.text import fold


class CompanyNotFound(NotFound):
    code = "company_not_found"
    message = _("No encontramos esa empresa.")


def companies_seen_by(
    asker_id: uuid.UUID, role: str, *, search: str = "", is_active: bool | None = None
) -> QuerySet[Company]:
    """In the order of their names, with city and owner at hand; `search` is in the name, however written."""
    found = Company.objects.select_related("city__province", "owner").order_by("folded")
    if not Role(role).reaches(Role.READER):
        found = found.filter(owner_id=asker_id)
    if is_active is not None:
        found = found.filter(is_active=is_active)
    words = fold(search)
    return found.filter(folded__contains=words) if words else found


def company_seen_by(asker_id: uuid.UUID, role: str, slug: str) -> Company:
    """Raises `CompanyNotFound`."""
    found = companies_seen_by(asker_id, role).filter(slug=slug).first()
    if found is None:
        raise CompanyNotFound
    return found


def company_changed_by(asker_id: uuid.UUID, role: str, slug: str, *, lock: bool = False) -> Company:
    """For changing it: by its owner or an administrator. To others, staff too, it is not there to be changed.

    `lock` holds the row until the transaction ends; who and what it points to is read afterwards, since a row that was
    waited for and now points elsewhere would not be found together with it. Raises `CompanyNotFound`.
    """
    rows = companies_seen_by(asker_id, role)
    if lock:
        rows = rows.select_related(None).select_for_update()
    found = rows.filter(slug=slug).first()
    if found is None or not may_change(asker_id, role, found):
        raise CompanyNotFound
    return found


def may_change(asker_id: uuid.UUID, role: str, company: Company) -> bool:
    """Readers look and no more, whatever they own."""
    if role == Role.READER:
        return False
    return role == Role.ADMIN or company.owner_id == asker_id
