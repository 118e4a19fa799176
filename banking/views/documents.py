"""Public pages: whether a document that somebody was shown is ours, and unchanged."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from banking.codes import grouped, read_code
from banking.forms.documents import CodeForm, FileForm
from banking.models import StatementDocument
from banking.queries import statements as queries
from banking.queries.statements import DocumentNotFound
from core import rate_limits
from core.api import BodyTooLarge

LARGEST_UPLOAD = 5 * 1024 * 1024  # bytes
_AROUND_IT = 8 * 1024  # of a form: its boundaries, its token


@csrf_exempt  # until the length is known to be small: whoever looks for the token reads the whole body
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Asks for a code or for the file itself."""
    _check_length(request)
    return _verify(request)


@csrf_protect
def _verify(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.GET if "code" in request.GET else None)
    file_form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if request.method == "POST" and file_form.is_valid():
        rate_limits.count(request, group="document_upload", rate=settings.DOCUMENT_UPLOADS_PER_ADDRESS)
        found = queries.document_with_hash(_sha256(file_form.cleaned_data["file"]))
        told = {"document": found, "code": found and grouped(found.code), "is_same": found is not None}
        return render(request, "banking/document.html", {**told, "was_file": True})
    if form.is_valid():
        return redirect("statements:document", form.cleaned_data["code"])
    faulty = form.errors or file_form.errors
    context = {"form": form, "file_form": file_form}
    return render(request, "banking/verify.html", context, status=400 if faulty else 200)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def document(request: HttpRequest, code: str) -> HttpResponse:
    """What we say of the document with this code; POST compares a file with it."""
    _check_length(request)
    return _document(request, code)


@csrf_protect
def _document(request: HttpRequest, code: str) -> HttpResponse:
    rate_limits.count(request, group="document", rate=settings.DOCUMENT_LOOKUPS_PER_ADDRESS)
    found = _found(code)
    file_form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    is_same: bool | None = None
    if found and request.method == "POST" and file_form.is_valid():
        rate_limits.count(request, group="document_upload", rate=settings.DOCUMENT_UPLOADS_PER_ADDRESS)
        is_same = _sha256(file_form.cleaned_data["file"]) == found.sha256
    known = read_code(code)
    context = {
        "document": found,
        "code": grouped(known) if known else code,
        "file_form": file_form,
        "is_same": is_same,
    }
    status = 404 if found is None else 400 if file_form.errors else 200
    return render(request, "banking/document.html", context, status=status)


def _found(code: str) -> StatementDocument | None:
    try:
        return queries.document_called(code)
    except DocumentNotFound:
        return None


def _check_length(request: HttpRequest) -> None:
    """Raises `BodyTooLarge` before anything of the body is read."""
    length = str(request.META.get("CONTENT_LENGTH") or 0)
    if not length.isdecimal() or int(length) > LARGEST_UPLOAD + _AROUND_IT:
        raise BodyTooLarge


def _sha256(file: UploadedFile[bytes]) -> str:
    found = hashlib.sha256()
    for chunk in file.chunks():
        found.update(chunk)
    return found.hexdigest()
