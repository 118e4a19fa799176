"""The one small cast of all tests, and the two ways a test may meet the database.

Most tests run inside a transaction that is rolled back. A test of concurrency, of crashes or of a browser takes
`real_commits` instead: its writes are committed, and the books are wiped and set up again after it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.test import Client as Browser
from django.test.utils import setup_databases, teardown_databases
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Client, NotifyChannel, Role, User
from accounts.services.places import seed_places
from accounts.services.registration import register
from accounts.tokens import start_session
from events.documents.routing import documents_alias
from funds.catalogue import seed_funds

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop runs in the thread of the test

PASSWORD = "Secret123!"


@dataclass(frozen=True)
class Cast:
    """Two clients with COP 500 000 each, a stranger to both, and one of each staff role. All share `PASSWORD`."""

    ana: Client
    beto: Client
    stranger: Client
    reader: User
    support: User
    admin: User


def _register(username: str, full_name: str) -> Client:
    email = f"{username}@example.com"
    return register(
        email=email,
        full_name=full_name,
        password=PASSWORD,
        notify_channel=NotifyChannel.EMAIL,
        notify_destination=email,
        username=username,
    ).client


def set_up_world() -> None:
    seed_funds()
    seed_places()
    for username, full_name in (("ana", "Ana Gómez"), ("beto", "Beto Ruiz"), ("extrano", "Elisa Extraña")):
        _register(username, full_name)
    for role in (Role.READER, Role.SUPPORT, Role.ADMIN):
        user = User(username=role.value, email=f"{role.value}@example.com", full_name=role.label, role=role)
        user.set_password(PASSWORD)
        user.save()


def wipe() -> None:
    """Empty every table as the owner of the tables may: with their guards off for the moment.

    By DELETE, which for a few rows takes a tenth of what TRUNCATE does.
    """
    kept = {"django_migrations", "django_content_type", "auth_permission"}
    tables = [name for name in connection.introspection.table_names() if name not in kept]

    def each(statement: str) -> str:
        return ";".join(statement.format(f'"{table}"') for table in tables)

    with connection.cursor() as cursor:
        cursor.execute(
            f"""BEGIN; {each("ALTER TABLE {} DISABLE TRIGGER USER")}; {each("DELETE FROM {}")};
                SET CONSTRAINTS ALL IMMEDIATE; {each("ALTER TABLE {} ENABLE TRIGGER USER")}; COMMIT"""
        )


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """A database of this worker's own, with the world in it.

    In place of pytest-django's, which makes one only if it sees the `db` fixture by name.
    """
    # What a test commits need not survive a power cut. (Processes that tests start connect by settings of their own.)
    connections.settings["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"
    with django_db_blocker.unblock():
        names = setup_databases(verbosity=0, interactive=False)
        set_up_world()
        connections.close_all()
    yield
    with django_db_blocker.unblock():
        connections.close_all()  # a test may have had the server hang up on it
        with connection.cursor() as cursor:  # a thread that ended without closing its connection holds up nothing
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        teardown_databases(names, verbosity=0)


@pytest.fixture
def real_commits(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let the test commit; threads of the test close their own connections (`connection.close()`)."""
    with django_db_blocker.unblock():
        yield
        wipe()
        set_up_world()
        connections.close_all()


@pytest.fixture
def documents(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The document store, empty, whichever database it is in; what the test writes goes, there and in PostgreSQL.

    A test that needs commits takes `real_commits` as well.
    """
    committing = "real_commits" in request.fixturenames
    if documents_alias() == DEFAULT_DB_ALIAS:
        request.getfixturevalue("real_commits" if committing else "db")
        yield
        return
    # MongoDB rolls nothing back, for which pytest-django would have the tables of PostgreSQL emptied as well.
    with django_db_blocker.unblock():
        if committing:
            request.getfixturevalue("real_commits")
            yield
        else:
            with transaction.atomic():
                yield
                transaction.set_rollback(True)
        for model in apps.get_app_config("documents").get_models():
            model._default_manager.all().delete()


@pytest.fixture
def cast(request: pytest.FixtureRequest) -> Cast:
    """The people; in a rolled-back test unless the test takes `real_commits`."""
    if "real_commits" not in request.fixturenames:
        request.getfixturevalue("documents" if "documents" in request.fixturenames else "db")
    clients = {
        client.user.username: client for client in Client.objects.select_related("user", "cash_account") if client.user
    }
    staff = {user.role: user for user in User.objects.exclude(role=Role.USER)}
    return Cast(
        ana=clients["ana"],
        beto=clients["beto"],
        stranger=clients["extrano"],
        reader=staff[Role.READER],
        support=staff[Role.SUPPORT],
        admin=staff[Role.ADMIN],
    )


def bearer(user: User) -> dict[str, str]:
    """Headers for `django.test.Client`: `client.get(url, headers=bearer(user))`."""
    return {"Authorization": f"Bearer {start_session(user).access}"}


@pytest.fixture
def browser_of_ana(cast: Cast) -> Browser:
    """Ana, signed in on the pages."""
    browser = Browser()
    browser.force_login(cast.ana.user)
    return browser


@pytest.fixture(autouse=True)
def _fresh_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing cached, and one window of rate limits for the whole test: real ones end at some second of the minute."""
    cache.clear()
    window = int(time.time()) + 60
    monkeypatch.setattr("django_ratelimit.core._get_window", lambda value, period: window)


@pytest.fixture
def site_url(real_commits: None) -> Iterator[str]:
    """The site, served on a port of its own by threads of this process.

    pytest-django's `live_server` cannot be used: it empties the tables by TRUNCATE, which the books refuse.
    """
    server = LiveServer("localhost:0")
    server._live_server_modified_settings.enable()
    yield server.url
    server.stop()
    server._live_server_modified_settings.disable()
