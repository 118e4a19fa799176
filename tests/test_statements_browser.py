"""Statements, the public page of documents and the reports in a real browser: judged by axe, wide and narrow."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from conftest import Cast
from ledger.services import house_account, open_account
from ledger.tests.past import Moved, write
from tests.axe import judge
from tests.conftest import Visit, Watch

pytestmark = pytest.mark.browser
MEMOS = ("Arriendo de noviembre, apartamento 502", "", "=cmd|' /C calc'!A0", "Año nuevo")


def history(cast: Cast) -> str:
    """An account in Mexico City's hours with movements around the night on which its clocks went back."""
    account_id = open_account(kind="cash", holder_id=cast.ana.pk, currency="COP")
    start = datetime(2022, 10, 29, 14, 30, tzinfo=UTC)
    moved = [
        Moved(
            start + timedelta(hours=5 * n),
            Decimal(1_250_000 if n % 3 == 0 else -12_500) / (1 + n % 7),
            ("TRANSFER", "SUBSCRIPTION", "CANCELLATION")[n % 3],
            MEMOS[n % 4],
        )
        for n in range(12)
    ]
    rounded = [Moved(one.at, one.amount.quantize(Decimal("0.01")), one.kind, one.memo) for one in moved]
    write(account_id, house_account("opening-grants", "COP"), rounded)
    return str(type(cast.ana.cash_account).objects.get(pk=account_id).number)


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_the_pages_are_without_fault(visit: Visit, watch: Watch, cast: Cast, width: int, theme: str) -> None:
    watch.expected |= {404}
    number = history(cast)
    period = "since=2022-10-29&until=2022-11-02&zone=America/Mexico_City"
    client, staff = visit(cast.ana.user, width=width, theme=theme), visit(cast.reader, width=width, theme=theme)
    for page, path, name in (
        (client, f"/cuentas/{cast.ana.cash_account.number}/extracto/", "now"),
        (client, f"/cuentas/{number}/extracto/?{period}&at=2022-10-30T01:30", "statement"),
        (client, f"/cuentas/{number}/extracto/?since=2022-02-02&until=2022-02-01&zone=Luna", "refused"),
        (client, "/verificar/", "verify"),
        (client, "/verificar/0000-0000-0000/", "not-ours"),
        (staff, f"/reportes/transacciones/?{period}", "transactions"),
        (staff, "/reportes/transacciones/?since=2021-01-01&client=x", "transactions-refused"),
        (staff, "/reportes/cuentas/", "accounts"),
        (staff, "/reportes/balance/", "balance"),
    ):
        page.goto(path)
        judge(page, f"bank-{name}-{width}-{theme}")


def test_a_statement_is_taken_away_and_confirmed_without_javascript(visit: Visit, cast: Cast, tmp_path: Path) -> None:
    page = visit(cast.ana.user, javascript=False)
    page.goto(f"/cuentas/{cast.ana.cash_account.number}/extracto/")
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").click()
    mine, changed = tmp_path / "mine.pdf", tmp_path / "changed.pdf"
    download.value.save_as(mine)
    changed.write_bytes(mine.read_bytes().replace(b"%%EOF", b"%%EOF\n"))
    anybody = visit(javascript=False)
    anybody.goto("/verificar/")
    anybody.get_by_label("Archivo PDF").set_input_files(mine)
    anybody.get_by_role("button", name="Comprobar el archivo").click()
    anybody.get_by_text("El archivo es idéntico al que expedimos.").wait_for()
    code = anybody.locator("dd code").first.inner_text()
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", code)
    anybody.goto("/verificar/")
    anybody.get_by_label("Código del documento").fill(code.lower().replace("-", " "))
    anybody.get_by_role("button", name="Comprobar el código").click()
    anybody.get_by_text("El código es nuestro.").wait_for()
    anybody.get_by_text("A. G.", exact=True).wait_for()
    anybody.get_by_label("Archivo PDF").set_input_files(changed)
    anybody.get_by_role("button", name="Comprobar el archivo").click()
    anybody.get_by_text("El archivo no es el que expedimos.").wait_for()
