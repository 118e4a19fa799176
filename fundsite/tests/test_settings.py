"""Settings are tried as production tries them: in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "k9w8e7r6t5y4u3i2o1p0-aSdFgHjKlZxCvBnM_qWeRtYuIoPaSdFgHjKl",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
    "ALLOWED_HOSTS": "fondos.example.com",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "EMAIL_URL": "smtp+tls://user:secret@mail.example.com:587",
    "DATA_DIR": "/nonexistent",
}


def check(**changes: str) -> subprocess.CompletedProcess[str]:
    environment = {**PRODUCTION, **changes, "PATH": os.environ["PATH"]}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(
        command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60, check=False
    )


def test_complete_production_settings_pass_the_deployment_check() -> None:
    for changes in ({}, {"JWT_KEYS": f"new:{'x' * 32},old:{'y' * 32}"}):
        answer = check(**changes)
        assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SECRET_KEY": ""}, "production needs SECRET_KEY"),
        ({"DATABASE_URL": ""}, "production needs DATABASE_URL"),
        ({"DEBUG": "1"}, "production refuses DEBUG"),
        ({"ALLOWED_HOSTS": ""}, "production needs ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "no wildcard"),
        ({"ALLOWED_HOSTS": "fondos.example.com,*.example.com"}, "no wildcard"),
        ({"ENVIRONMENT": "prod"}, "development or production"),
        ({"REDIS_URL": ""}, "fundsite.E002"),
        ({"EMAIL_URL": "consolemail://"}, "fundsite.W001"),
        ({"SECURE_SSL_REDIRECT": "0"}, "security.W008"),
        ({"JWT_KEYS": "new"}, "JWT_KEYS is kid:secret"),
        ({"JWT_KEYS": "new:short"}, "JWT_KEYS is kid:secret"),
        ({"JWT_KEYS": f"new:{'x' * 32},new:{'y' * 32}"}, "JWT_KEYS is kid:secret"),
    ],
)
def test_a_missing_or_unsafe_production_setting_is_refused(changes: dict[str, str], said: str) -> None:
    answer = check(**changes)
    assert answer.returncode != 0
    assert said in answer.stderr
