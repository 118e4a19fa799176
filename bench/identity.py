"""What signing in and being recognised cost: CPU time of this process, without the database's own.

    python -m bench.identity

Prints microseconds of CPU per call, the median of rounds.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import time
from collections.abc import Callable

from bench import database  # isort: split

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser

from accounts import tokens
from accounts.models import NotifyChannel
from accounts.services.registration import register

ROUNDS = 7
PASSWORD = "siete caballos en la playa"


def cpu(call: Callable[[], object], times: int) -> float:
    """Microseconds of CPU per call."""
    for _ in range(max(1, times // 10)):
        call()
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(times):
            call()
        rounds.append((time.process_time() - began) / times * 1e6)
    return statistics.median(rounds)


def one_query() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def measure() -> None:
    email = "bench-identity@example.com"
    user = register(
        email=email,
        full_name="Banco de Pruebas",
        password=PASSWORD,
        notify_channel=NotifyChannel.EMAIL,
        notify_destination=email,
    ).user
    pair = tokens.start_session(user)
    browser = Browser(raise_request_exception=True)
    headers = {"Authorization": f"Bearer {pair.access}"}
    refresh = [pair.refresh]

    def sign_in() -> None:
        body = {"email": email, "password": PASSWORD}
        assert browser.post("/api/v1/auth/login", body, content_type="application/json").status_code == 200

    def renew() -> None:
        answer = browser.post("/api/v1/auth/refresh", {"refresh_token": refresh[0]}, content_type="application/json")
        refresh[0] = answer.json()["refresh_token"]

    def authenticate_anew() -> None:
        tokens._verified.clear()
        tokens.authenticate(pair.access)

    rows = [
        ("one query that does nothing, for scale", cpu(one_query, 2000)),
        ("tokens.authenticate, token seen before", cpu(lambda: tokens.authenticate(pair.access), 2000)),
        ("tokens.authenticate, token seen for the first time", cpu(authenticate_anew, 1000)),
        ("GET users/me, whole request", cpu(lambda: browser.get("/api/v1/users/me", headers=headers), 100)),
        ("POST auth/refresh, whole request", cpu(renew, 60)),
        ("POST auth/login, whole request", cpu(sign_in, 20)),
    ]
    for name, microseconds in rows:
        print(f"{name:55}{microseconds:10.0f} µs")


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    logging.disable()
    settings.LOGINS_PER_ADDRESS = "1000000/m"
    settings.ALLOWED_HOSTS = ["testserver"]
    with database.fresh():
        call_command("migrate", interactive=False, verbosity=0)
        print(database.conditions())
        measure()


if __name__ == "__main__":
    main()
