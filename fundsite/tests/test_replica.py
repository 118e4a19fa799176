"""Reads from a real streaming replica: a client sees their own writes, and never an error when it lags or dies."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import router

from core import replicas
from fundsite.tests.processes import ROOT, Process, ask, environment, free_port, wait_until
from fundsite.tests.servers import Server

REGISTRATION = {"full_name": "Ana Gómez", "password": "Secret123!", "notify_channel": "email"}


class Site:
    """The product as a process of its own, on a primary and a replica."""

    def __init__(self, folder: Path) -> None:
        self.primary = Server(folder / "primary")
        self.replica = Server(folder / "replica", copy_of=self.primary)
        self.port = free_port()
        self.env = environment(
            DATABASE_URL=self.primary.url,
            REPLICA_URL=self.replica.url,
            DATA_DIR=str(folder),
            REPLICA_MAX_LAG="2",
            REGISTRATIONS_PER_ADDRESS="100/m",
        )
        command = [sys.executable, "manage.py", "serve", "--port", str(self.port)]
        self.process = Process(command, cwd=ROOT, env=self.env, log=folder / "site.log")
        wait_until(lambda: "is ready" in self.process.said(), "the site is ready", self.process)

    def register(self, name: str) -> dict[str, str]:
        """Headers of a new client."""
        email = f"{name}@example.com"
        body = {**REGISTRATION, "email": email, "notify_destination": email}
        assert ask(self.port, "POST", "/api/v1/auth/register", json_body=body).status == 201
        login = ask(self.port, "POST", "/api/v1/auth/login", json_body={"email": email, "password": "Secret123!"})
        return {"Authorization": f"Bearer {login.json()['access_token']}"}

    def subscribe(self, client: dict[str, str]) -> str:
        done = ask(self.port, "POST", "/api/v1/subscriptions/3", json_body={"amount": 50000}, headers=client)
        assert done.status == 201, done.body
        return str(done.json()["id"])

    def history(self, client: dict[str, str]) -> list[str]:
        answer = ask(self.port, "GET", "/api/v1/transactions", headers=client)
        assert answer.status == 200, answer.body
        return [row["id"] for row in answer.json()["results"]]

    def read_from(self) -> list[str]:
        """Where each history was read, by the access log, oldest first."""
        lines = [line for line in self.process.said().splitlines() if '"read_from"' in line]
        return [json.loads(line)["read_from"] for line in lines]

    def answered_by(self, source: str, client: dict[str, str]) -> bool:
        seen = len(self.read_from())
        self.history(client)
        wait_until(lambda: len(self.read_from()) > seen, "the access log has the read", self.process)
        return self.read_from()[-1] == source

    def stop(self) -> None:
        self.process.kill_group()
        self.replica.stop()
        self.primary.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("replica")
    for parent in [folder, *folder.parents]:  # whoever runs the server has to get there
        if parent.owner() == folder.owner() and "pytest" in parent.name:
            parent.chmod(0o711)
    site = Site(folder)
    yield site
    site.stop()


def test_nothing_is_migrated_in_a_replica() -> None:
    assert not any(router.allow_migrate(replicas.ALIAS, app.label) for app in apps.get_app_configs())


def test_a_replica_that_keeps_up_answers_the_history(site: Site) -> None:
    ana = site.register("ana")
    bought = site.subscribe(ana)
    wait_until(lambda: site.answered_by("replica", ana), "the replica answers", site.process)
    assert site.history(ana) == [bought]


def test_a_client_sees_their_own_write_at_once_while_the_replica_stands_still(site: Site) -> None:
    beto, other = site.register("beto"), site.register("otra")
    wait_until(lambda: site.answered_by("replica", beto), "the replica answers", site.process)
    site.replica.ask("SELECT pg_wal_replay_pause()")
    try:
        ids = [site.subscribe(beto) for _ in range(3)]
        assert site.history(beto) == ids[::-1]
        assert site.read_from()[-1] != "replica"
        assert site.history(other) == []
    finally:
        site.replica.ask("SELECT pg_wal_replay_resume()")
    wait_until(lambda: site.answered_by("replica", beto), "the replica has caught up", site.process)
    assert site.history(beto) == ids[::-1]


def test_a_replica_that_lags_too_far_is_left_out_for_everybody(site: Site) -> None:
    writer, reader = site.register("escribe"), site.register("lee")
    wait_until(lambda: site.answered_by("replica", reader), "the replica answers", site.process)
    site.replica.ask("SELECT pg_wal_replay_pause()")
    try:
        site.subscribe(writer)
        wait_until(
            lambda: site.answered_by("primary_replica_lags", reader), "the lag is too long to bear", site.process
        )
    finally:
        site.replica.ask("SELECT pg_wal_replay_resume()")
    wait_until(lambda: site.answered_by("replica", reader), "it is let in again", site.process)


def test_reports_and_closed_statements_are_read_there_and_what_is_not_over_is_not(site: Site) -> None:
    token = ask(site.port, "POST", "/api/v1/auth/login", json_body={"email": "admin", "password": "string"})
    staff = {"Authorization": f"Bearer {token.json()['access_token']}"}
    client = site.register("extracto")
    wait_until(lambda: site.answered_by("replica", client), "the replica answers", site.process)
    number = ask(site.port, "GET", "/api/v1/accounts", headers=client).json()[0]["number"]
    closed = f"accounts/{number}/statement?from=2025-01-01&to=2025-01-31"
    for address in ("reports/transactions", "reports/transactions?format=csv", "reports/trial-balance", closed):
        seen = len(site.read_from())
        answer = ask(site.port, "GET", f"/api/v1/{address}", headers=staff)
        assert answer.status == 200, answer.body
        assert site.read_from()[seen:] == ["replica"], address
    seen = len(site.read_from())
    assert ask(site.port, "GET", f"/api/v1/accounts/{number}/statement", headers=client).status == 200
    assert site.read_from()[seen:] == []


def test_nobody_notices_that_the_replica_dies_in_the_middle_of_traffic(site: Site) -> None:
    clients = [site.register(f"trafico{number}") for number in range(4)]
    bought = [site.subscribe(client) for client in clients]
    faults: list[str] = []
    done = threading.Event()

    def read(client: dict[str, str], expected: str) -> None:
        while not done.is_set():
            try:
                assert site.history(client) == [expected]
            except Exception as fault:
                faults.append(repr(fault))
                return

    wait_until(lambda: site.answered_by("replica", clients[0]), "the replica answers", site.process)
    threads = [threading.Thread(target=read, args=pair) for pair in zip(clients, bought, strict=True)]
    for thread in threads:
        thread.start()
    site.replica.stop()
    wait_until(lambda: site.read_from()[-1] == "primary_replica_down", "the primary took over", site.process)
    done.set()
    for thread in threads:
        thread.join()
    assert faults == []
    site.replica.start()
    wait_until(lambda: site.answered_by("replica", clients[0]), "it is used again", site.process)
