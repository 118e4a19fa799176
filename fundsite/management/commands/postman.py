"""Write the request collection for API clients out of the API's description, in an order that runs to the end."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator

from fundsite.request_steps import STEPS, VARIABLES, Step, expects

FORM = "application/x-www-form-urlencoded"
COLLECTION = Path(settings.BASE_DIR) / "docs" / "postman" / "fundsite.postman_collection.json"
FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
DESCRIPTION = (
    "Ejecútela en orden: registra un cliente nuevo, inicia sesión (guarda los tokens), se vincula a un fondo, mira el "
    "historial, cancela, abre una cuenta, transfiere, descarga el extracto y comprueba su código; el personal congela, "
    "revierte y mira los informes; al final renueva los tokens y cierra la sesión. base_url es la dirección del "
    "servidor; staff_username y staff_password son de alguien de administración (los de la demostración, si no los "
    "cambia)."
)


class Command(BaseCommand):
    help = "Writes docs/postman/fundsite.postman_collection.json from the API's description."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the file is out of date")

    def handle(self, *, check: bool, **options: Any) -> None:
        text = json.dumps(collection(), ensure_ascii=False, indent=2) + "\n"
        if not check:
            COLLECTION.parent.mkdir(parents=True, exist_ok=True)
            COLLECTION.write_text(text, encoding="utf-8")
            self.stdout.write(f"written: {COLLECTION.relative_to(settings.BASE_DIR)}")
        elif not COLLECTION.exists() or COLLECTION.read_text(encoding="utf-8") != text:
            raise CommandError(f"{COLLECTION.name} is out of date: run manage.py postman", returncode=1)


def collection() -> dict[str, Any]:
    """The collection in Postman's format 2.1. Raises `CommandError` when an operation of the API has no step."""
    with translation.override(settings.LANGUAGE_CODE):
        schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    operations = dict(_operations(schema["paths"]))
    if missing := operations.keys() - {step.operation for step in STEPS}:
        raise CommandError(f"operations without a step here: {', '.join(sorted(missing))}")
    folders: dict[str, list[dict[str, Any]]] = {}
    for step in STEPS:
        folders.setdefault(step.folder, []).append(_item(step, *operations[step.operation]))
    return {
        "info": {"name": schema["info"]["title"], "description": DESCRIPTION, "schema": FORMAT},
        "auth": _bearer("access_token"),
        "variable": [{"key": key, "value": value, "type": "string"} for key, value in VARIABLES.items()],
        "item": [{"name": name, "item": items} for name, items in folders.items()],
    }


def _operations(paths: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, tuple[str, str, Mapping[str, Any]]]]:
    for path, methods in paths.items():
        for method, operation in methods.items():
            yield operation["operationId"], (method.upper(), path, operation)


def _item(step: Step, method: str, path: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in step.path.items():
        path = path.replace(f"{{{name}}}", value)
    headers = {"Accept": "application/json", **step.headers}
    kind, body = _example(operation)
    if body is not None:
        headers["Content-Type"] = kind
        body = {**body, **step.body}
    request: dict[str, Any] = {
        "method": method,
        "header": [{"key": key, "value": value} for key, value in headers.items()],
        "url": {"raw": "{{base_url}}" + path, "host": ["{{base_url}}"], "path": path.strip("/").split("/")},
        "description": operation.get("description", operation["summary"]),
    }
    if step.bearer:
        request["auth"] = _bearer(step.bearer)
    elif "security" not in operation or {} in operation["security"]:
        request["auth"] = {"type": "noauth"}
    if body is not None and kind == FORM:
        request["body"] = {
            "mode": "urlencoded",
            "urlencoded": [{"key": key, "value": value, "type": "text"} for key, value in body.items()],
        }
    elif body is not None:
        request["body"] = {
            "mode": "raw",
            "raw": json.dumps(body, ensure_ascii=False, indent=2),
            "options": {"raw": {"language": "json"}},
        }
    return {"name": step.name or operation["summary"], "event": _events(step), "request": request, "response": []}


def _events(step: Step) -> list[dict[str, Any]]:
    status = expects(f"responde {step.status}", f"pm.response.to.have.status({step.status});")
    scripts = {"prerequest": list(step.before), "test": [status, *step.tests]}
    return [
        {"listen": listen, "script": {"type": "text/javascript", "exec": lines}}
        for listen, lines in scripts.items()
        if lines
    ]


def _bearer(variable: str) -> dict[str, Any]:
    return {"type": "bearer", "bearer": [{"key": "token", "value": f"{{{{{variable}}}}}", "type": "string"}]}


def _example(operation: Mapping[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """The kind of body that an operation takes and one that it takes; without an example it is sent none."""
    offered = operation.get("requestBody", {}).get("content", {})
    for kind in ("application/json", FORM):
        examples = offered.get(kind, {}).get("examples")
        if examples:
            return kind, next(iter(examples.values()))["value"]
    return "", None
