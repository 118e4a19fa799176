from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from conftest import PASSWORD
from fundsite.management.commands import postman

NODE = Path(settings.BASE_DIR) / ".data" / "node" / "node_modules" / ".bin" / "newman"


def _newman() -> str:
    found = shutil.which("newman") or (str(NODE) if NODE.exists() else None)
    if found is None and os.environ.get("CI"):
        pytest.fail("newman is not installed, and here it must be")
    if found is None:
        pytest.skip("newman is not installed: npm install --prefix .data/node newman")
    return found


def test_the_collection_is_up_to_date() -> None:
    call_command("postman", check=True)


def test_a_stale_collection_is_found_out_and_written_again(tmp_path: Path) -> None:
    stale = tmp_path / "docs" / "fundsite.json"
    with patch.object(postman, "COLLECTION", stale), patch.object(postman.settings, "BASE_DIR", tmp_path):
        for text in (None, "{}"):
            if text is not None:
                stale.write_text(text, encoding="utf-8")
            with pytest.raises(CommandError, match="out of date") as refusal:
                call_command("postman", check=True)
            assert refusal.value.returncode == 1
            call_command("postman", verbosity=0)
            call_command("postman", check=True)


def test_an_operation_cannot_be_left_out() -> None:
    with patch.object(postman, "STEPS", postman.STEPS[1:]), pytest.raises(CommandError, match="register"):
        postman.collection()


def test_signing_in_keeps_the_tokens_for_the_other_calls() -> None:
    collection = postman.collection()
    assert collection["info"]["schema"].endswith("/v2.1.0/collection.json")
    assert collection["auth"]["bearer"][0]["value"] == "{{access_token}}"
    (login,) = [item for folder in collection["item"] for item in folder["item"] if item["name"] == "Iniciar sesión"]
    assert 'collectionVariables.set("access_token"' in json.dumps(login["event"]).replace('\\"', '"')


def test_the_collection_runs_from_end_to_end(site_url: str) -> None:
    variables = {"base_url": site_url, "staff_username": "admin", "staff_password": PASSWORD}
    given = [part for name, value in variables.items() for part in ("--env-var", f"{name}={value}")]
    run = subprocess.run(
        [_newman(), "run", str(postman.COLLECTION), *given, "--color", "off"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout
