"""What a demonstration's new day takes away, and what it leaves."""

from __future__ import annotations

import builtins
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from pytest_django.fixtures import Settings

from accounts.models import City, Client, Role, User
from conftest import PASSWORD, Cast
from core.tests.snapshots import snapshot
from core.tests.threads import eventually
from events.envelope import Envelope
from events.models import Event, Lane
from events.relay import drain, ensure_lanes, run, step
from events.tests.diary import Kept, login
from events.tests.posts import running
from funds.models import Fund, Movement
from tests.api import Api

pytestmark = pytest.mark.usefixtures("real_commits")


def test_clients_go_and_funds_places_and_staff_stay(cast: Cast) -> None:
    assert Api(cast.ana.user).subscribe().status_code == 201
    funds, cities, staff = Fund.objects.count(), City.objects.count(), User.objects.exclude(role=Role.USER).count()
    call_command("clean_up", yes=True, stdout=io.StringIO())
    assert (Client.objects.count(), Movement.objects.count(), Event.objects.count()) == (0, 0, 0)
    assert (Fund.objects.count(), City.objects.count(), User.objects.count()) == (funds, cities, staff)
    login = Api().post("auth/login", {"email": cast.admin.email, "password": PASSWORD})
    assert login.status_code == 200
    call_command("verify", stdout=io.StringIO())


def test_the_emptied_product_takes_clients_again_behind_the_same_guards(cast: Cast) -> None:
    call_command("clean_up", yes=True, stdout=io.StringIO())
    body = {"email": "n@example.com", "full_name": "N N", "password": PASSWORD, "notify_channel": "email"}
    assert Api().post("auth/register", {**body, "notify_destination": "n@example.com"}).status_code == 201
    with pytest.raises(Exception, match="append-only"):
        Event.objects.all().delete()


def test_a_relay_that_runs_meanwhile_goes_on_with_the_new_day() -> None:
    transport = Kept()
    with running(lambda stopped: run(transport, stopped=stopped)):
        old = login()
        eventually(lambda: old in [one.id for one in transport.envelopes], "the old day is published")
        call_command("clean_up", yes=True, stdout=io.StringIO())
        new = login()
        eventually(lambda: new in [one.id for one in transport.envelopes], "the new day is published")


def test_what_is_published_while_the_product_is_emptied_puts_no_lane_ahead_of_the_new_day() -> None:
    class Emptied(Kept):
        """The product is emptied while the first events are being published."""

        def publish(self, envelopes: Sequence[Envelope]) -> None:
            super().publish(envelopes)
            if len(self.envelopes) == len(envelopes):
                call_command("clean_up", yes=True, stdout=io.StringIO())

    transport = Emptied()
    ensure_lanes()
    login()
    step(transport)
    assert set(Lane.objects.values_list("position", flat=True)) == {0}
    new = login()
    drain(transport)
    assert transport.envelopes[-1].id == new


def test_whoever_does_not_own_the_tables_is_told_so_in_a_line(cast: Cast) -> None:
    before = snapshot()
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE pg_read_all_data")
    try:
        with pytest.raises(CommandError, match=r"Nothing was removed\. PostgreSQL says: must be owner of table"):
            call_command("clean_up", yes=True)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
    assert snapshot() == before


def test_a_dry_run_says_what_would_go_and_removes_nothing(cast: Cast) -> None:
    before, said = snapshot(), io.StringIO()
    call_command("clean_up", dry_run=True, json=True, stdout=said)
    would = json.loads(said.getvalue())["would_remove"]
    assert would["accounts_client"] == 3
    assert "funds_fund" not in would
    assert snapshot() == before


@pytest.mark.parametrize("answer", ["", "no", "y", None])
def test_without_a_yes_nothing_goes(cast: Cast, monkeypatch: pytest.MonkeyPatch, answer: str | None) -> None:
    def asked(_question: str) -> str:
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr(builtins, "input", asked)
    before, out = snapshot(), io.StringIO()
    with pytest.raises(CommandError, match="Nothing was removed"):
        call_command("clean_up", stdout=out)
    assert out.getvalue() == ("\n" if answer is None else ""), "the refusal has a line of its own"
    assert snapshot() == before


@pytest.mark.parametrize("command", ["clean_up", "reset_daily"])
def test_production_is_not_emptied_by_mistake(cast: Cast, settings: Settings, command: str) -> None:
    settings.PRODUCTION = True
    before = snapshot()
    with pytest.raises(CommandError, match="--force"):
        call_command(command, **({"yes": True} if command == "clean_up" else {}))
    assert snapshot() == before


def test_a_new_day_begins_with_a_backup_of_the_old_one(cast: Cast, tmp_path: Path) -> None:
    old = snapshot()
    call_command("reset_daily", to=f"{tmp_path}/", stdout=io.StringIO())
    assert User.objects.filter(username="cliente").exists()
    assert not Client.objects.filter(pk=cast.ana.pk).exists()
    (backup,) = tmp_path.glob("fundsite-*.backup")
    call_command("restore", str(backup), replace=True, stdout=io.StringIO())
    assert snapshot() == old


def test_without_a_backup_the_old_day_stays(cast: Cast, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    before = snapshot()
    with pytest.raises(CommandError, match="No backup was made"):
        call_command("reset_daily", to=f"{tmp_path}/file/")
    assert snapshot() == before
