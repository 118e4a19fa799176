"""`manage.py seed` and the manners of commands. `verify` is tried in funds and ledger, `serve` in test_run."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from accounts.models import Client, User
from conftest import wipe
from core.tests.snapshots import snapshot
from funds.catalogue import FUNDS
from funds.models import Category, Fund
from fundsite.demo_logins import CLIENT, DEMO_LOGINS, OPERATOR
from fundsite.tests.processes import PATIENCE, ROOT, database_url, environment
from ledger.models import Entry, Transaction

NOWHERE = "postgres://nobody@127.0.0.1:1/nothing"


def seed(*, demo: bool = False) -> str:
    out = StringIO()
    call_command("seed", demo=demo, stdout=out)
    return out.getvalue()


def test_a_new_installation_offers_five_funds(real_commits: None) -> None:
    wipe()
    assert seed() == "funds added: 5\nplaces added: 250\n"
    found = Fund.objects.order_by("pk").values_list("pk", "name", "minimum", "category", "currency", "is_active")
    assert list(found) == [(*fund, "COP", True) for fund in FUNDS]
    assert [fund[0] for fund in FUNDS] == [1, 2, 3, 4, 5]
    assert not User.objects.exists()


def test_the_second_time_nothing_changes(cast: object) -> None:
    seed(demo=True)
    before = snapshot()
    assert seed(demo=True) == "funds added: 0\nplaces added: 0\ndemo logins added: 0\ndemo clients added: 0\n"
    assert snapshot() == before


def test_what_operators_changed_stays_as_they_made_it(cast: object) -> None:
    Fund.objects.filter(pk=2).update(name="OTRO NOMBRE", minimum=Decimal("99000.00"), is_active=False)
    before = snapshot()
    assert seed() == "funds added: 0\nplaces added: 0\n"
    assert snapshot() == before


def test_a_fund_that_is_missing_comes_back_under_its_id(cast: object) -> None:
    Fund.objects.filter(pk=3).delete()
    assert seed() == "funds added: 1\nplaces added: 0\n"
    assert Fund.objects.get(pk=3).name == "DEUDAPRIVADA"


def test_the_next_fund_gets_the_next_id(cast: object) -> None:
    seed()
    new = Fund.objects.create(name="NUEVO", minimum=Decimal("1000.00"), category=Category.FIC)
    assert new.pk == 6
    seed()
    assert Fund.objects.create(name="OTRO", minimum=Decimal("1000.00"), category=Category.FIC).pk == 7


def test_the_demonstration_has_a_client_with_the_grant_and_an_operator(cast: object) -> None:
    assert seed(demo=True) == "funds added: 0\nplaces added: 0\ndemo logins added: 3\ndemo clients added: 12\n"
    client = Client.objects.get(user__username=CLIENT.sign_in_as)
    assert client.cash_account.balance == Decimal("500000.00")
    assert Entry.objects.filter(account=client.cash_account).count() == 1, "the world beside them leaves them alone"
    for username, password, _role in DEMO_LOGINS[:3]:
        assert User.objects.get(username=username).check_password(password)
    assert not Client.objects.filter(user__username=OPERATOR.sign_in_as).exists()


def test_movements_for_load_tests_are_movements_like_others(cast: object) -> None:
    clients, transactions = Client.objects.count(), Transaction.objects.count()
    said = StringIO()
    call_command("seed", scale=1001, stdout=said)
    assert said.getvalue().endswith("movements added: 1001, of 2 clients\n")
    assert (Client.objects.count(), Transaction.objects.count()) == (clients + 2, transactions + 1001)
    call_command("verify", stdout=StringIO())


@pytest.mark.parametrize(("scale", "production"), [(0, False), (-1, False), (10, True)])
def test_a_scale_that_is_none_or_in_production_makes_nothing(
    cast: object, settings: Settings, scale: int, production: bool
) -> None:
    settings.PRODUCTION = production
    before = snapshot()
    with pytest.raises(CommandError, match="--scale takes 1 or more"):
        call_command("seed", scale=scale)
    assert snapshot() == before


def test_a_changed_password_of_the_demonstration_stays(cast: object) -> None:
    seed(demo=True)
    user = User.objects.get(username=CLIENT.sign_in_as)
    user.set_password("another-Password-1")
    user.save()
    seed(demo=True)
    assert User.objects.get(username=CLIENT.sign_in_as).check_password("another-Password-1")


def test_the_demonstration_is_refused_in_production_and_nothing_is_made(cast: object, settings: Settings) -> None:
    settings.PRODUCTION = True
    before = snapshot()
    with pytest.raises(CommandError, match="not in production"):
        seed(demo=True)
    assert snapshot() == before


# --- as programs ------------------------------------------------------------------------------------------------------


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("command", ["seed", "verify", "serve", "messages"])
def test_an_unknown_option_shows_the_usage_and_exits_2(command: str) -> None:
    done = manage(command, "--no-such-option", DATABASE_URL=NOWHERE)
    assert done.returncode == 2
    assert f"usage: manage.py {command}" in done.stderr


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["run_due", "--date", "31/12/2026"], "argument --date: '31/12/2026' is not a date: YYYY-MM-DD"),
        (["serve", "--port", "70000"], "argument --port: PORT must be a whole number from 1 to 65535, not '70000'."),
        (["serve", "--port", "0"], "argument --port: PORT must be a whole number from 1 to 65535, not '0'."),
        (["verify_audit", "--from", "0"], "argument --from: positions begin at 1, not at 0"),
        (["rearchive", "--from", "-1"], "argument --from: positions begin at 1, not at -1"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_words_and_exits_2(command: list[str], said: str) -> None:
    done = manage(*command, DATABASE_URL=NOWHERE)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"manage.py {command[0]}: error: {said}"
    assert "Traceback" not in done.stderr


def test_the_port_of_the_environment_is_looked_at_in_the_same_way() -> None:
    done = manage("serve", DATABASE_URL=NOWHERE, PORT="0x50")
    assert (done.returncode, "not '0x50'." in done.stderr, "Traceback" in done.stderr) == (2, True, False)


def test_commands_say_what_they_did_and_exit_0(real_commits: None) -> None:
    done = manage("seed", DATABASE_URL=database_url())
    assert (done.returncode, done.stdout) == (0, "funds added: 0\nplaces added: 0\n"), done.stderr
    done = manage("verify", DATABASE_URL=database_url())
    assert (done.returncode, done.stdout.count("ok ")) == (0, len(done.stdout.splitlines())), done.stderr


@pytest.mark.parametrize("command", ["verify", "seed", "serve"])
def test_a_database_that_is_not_there_is_one_line(command: str) -> None:
    done = manage(command, DATABASE_URL=NOWHERE)
    assert done.returncode == 1
    assert done.stderr.startswith("The database of DATABASE_URL cannot be used: ")
    assert done.stderr.count("\n") == 1


def test_a_python_without_django_is_told_where_it_is() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-E", "manage.py", "check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Start ./run once" in done.stderr
