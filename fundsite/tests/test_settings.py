"""Settings are tried as production tries them: in a process of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from fundsite.mongodb import documents_database

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "k9w8e7r6t5y4u3i2o1p0-aSdFgHjKlZxCvBnM_qWeRtYuIoPaSdFgHjKl",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
    "ALLOWED_HOSTS": "fondos.example.com",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "EMAIL_URL": "smtp+tls://user:secret@mail.example.com:587",
    "SMS_URL": "twilio://sid:token@+15551234567/{to}",
    "BROKER_URL": "amqps://user:secret@rabbitmq.example.com/fundsite",
    "MONGODB_URL": "mongodb://fundsite:secret@mongodb.example.com/fundsite?authSource=admin",
    "DATA_DIR": "/nonexistent",
}


def check(**changes: str) -> subprocess.CompletedProcess[str]:
    return manage("check", "--deploy", "--fail-level", "WARNING", **changes)


def manage(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {**PRODUCTION, **changes, "PATH": os.environ["PATH"]}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60, check=False
    )


def test_complete_production_settings_pass_the_deployment_check() -> None:
    stores = {
        "COUCHDB_URL": "https://fundsite:secret@couchdb.example.com:6984/events",
        "AUDIT_SIGNING_KEY": "A" * 43 + "=",
    }
    for changes in ({}, {"JWT_KEYS": f"new:{'x' * 32},old:{'y' * 32}"} | stores):
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
        ({"SMS_URL": ""}, "fundsite.W002"),
        ({"BROKER_URL": ""}, "fundsite.W003"),
        ({"MONGODB_URL": ""}, "fundsite.W004"),
        ({"BROKER_URL": "redis://127.0.0.1:6379/0"}, "BROKER_URL is that of a RabbitMQ"),
        ({"SECURE_SSL_REDIRECT": "0"}, "security.W008"),
        ({"MONGODB_URL": "mongodb://mongodb.example.com"}, "MONGODB_URL is like"),
        ({"COUCHDB_URL": "couchdb.example.com/events"}, "COUCHDB_URL is like"),
        ({"AUDIT_SIGNING_KEY": "short"}, "AUDIT_SIGNING_KEY is 32 random bytes"),
        ({"JWT_KEYS": "new"}, "JWT_KEYS is kid:secret"),
        ({"JWT_KEYS": "new:short"}, "JWT_KEYS is kid:secret"),
        ({"JWT_KEYS": f"new:{'x' * 32},new:{'y' * 32}"}, "JWT_KEYS is kid:secret"),
    ],
)
def test_a_missing_or_unsafe_production_setting_is_refused(changes: dict[str, str], said: str) -> None:
    answer = check(**changes)
    assert answer.returncode != 0
    assert said in answer.stderr


@pytest.mark.parametrize("command", ["check", "serve", "migrate"])
def test_what_the_settings_lack_is_one_line(command: str) -> None:
    answer = manage(command, SECRET_KEY="")
    assert answer.returncode == 1
    assert answer.stderr == "production needs SECRET_KEY; .env.example says what it is\n"


def test_every_line_of_the_example_may_be_uncommented() -> None:
    example = (settings.BASE_DIR / ".env.example").read_text(encoding="utf-8")
    given = dict(re.findall(r"^#([A-Z_]+)=(.*)$", example, re.MULTILINE))
    assert [value for value in given.values() if "#" in value] == [], "it would be part of the value"
    command = [sys.executable, "manage.py", "check", "--fail-level", "WARNING"]
    variables = {**given, "DATABASE_URL": PRODUCTION["DATABASE_URL"], "PATH": os.environ["PATH"]}
    done = subprocess.run(
        command, env=variables, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("url", ["mongodb://host", "mongodb:///name", "http://host/name", "host/name"])
def test_an_address_that_is_no_mongodb_s_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="MONGODB_URL is like"):
        documents_database(url)


def test_the_address_of_a_mongodb_says_how_patient_to_be_and_never_how_durable() -> None:
    given = documents_database("mongodb+srv://u:p@host/name?connectTimeoutMS=9&w=0&journal=false")
    options = given["OPTIONS"]
    assert isinstance(options, dict)
    assert given["NAME"] == "name"
    assert "connectTimeoutMS" not in options  # the address's own counts
    assert options["serverSelectionTimeoutMS"] == 5000
    assert (options["w"], options["journal"]) == ("majority", True)
