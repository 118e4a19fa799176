"""How fast a backup is made and loaded, and how much memory that takes of the process.

    python -m bench.backup [--rows 1000000]

The transactions are written past the guards, so what is measured is reading and loading without the verifications that
`manage.py restore` makes afterwards. Memory is the peak that the operating system saw (`ru_maxrss`).
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.pool import Pool
from pathlib import Path

from bench import database, world  # isort: split

from accounts.models import Client
from core.tests.crowd import fill
from fundsite.backup import load, storage
from fundsite.backup.dump import write_backup
from fundsite.backup.tables import migrations

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Measured:
    """`idle` and `memory`, which comes on top of it, in bytes."""

    rows: int
    seconds: float
    idle: int
    memory: int


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000, help="transactions in the ledger")
    asked = options.parse_args()
    with database.fresh(), tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        # Before anything is done here: a process begins with the peak of the one that started it.
        apart = [stack.enter_context(multiprocessing.get_context("spawn").Pool(1)) for _ in range(2)]
        here = world.make()
        print(database.conditions())
        account_id = Client.objects.get(pk=here.client_id).cash_account_id
        fill(
            client_id=here.client_id,
            account_id=account_id,
            fund_id=here.fund_id,
            movements=asked.rows,
            active=1000,
        )
        measure(apart, str(Path(folder) / "bench.backup"), asked.rows)


def measure(apart: Sequence[Pool], file: str, transactions: int) -> None:
    """Each in a process of its own, so that the memory is its own."""
    found = {
        name: pool.apply(measured, (work, file))
        for pool, (name, work) in zip(apart, (("backup", save), ("loading", bring_back)), strict=True)
    }
    size = Path(file).stat().st_size / MIB
    print(f"\n{transactions} transactions, {found['backup'].rows} rows, {size:.0f} MiB on the disk")
    print(f"\n| | seconds | transactions/s | rows/s | memory over idle |\n|{'---|' * 5}")
    for name, one in found.items():
        speed = f"{transactions / one.seconds:.0f} | {one.rows / one.seconds:.0f}"
        print(f"| {name} | {one.seconds:.1f} | {speed} | {one.memory / MIB:.0f} of {one.idle / MIB:.0f} MiB |")


def measured(work: Callable[[str], int], file: str) -> Measured:
    """`work` returns how many rows it moved."""
    migrations()  # connected, and everything imported
    idle, start = peak(), time.perf_counter()
    rows = work(file)
    return Measured(rows, time.perf_counter() - start, idle, peak() - idle)


def save(file: str) -> int:
    with storage.writing(file) as target:
        return sum(write_backup(target, lambda *_: None).rows.values())


def bring_back(file: str) -> int:
    source = storage.reading(file)
    manifest = load.checked(source)
    load.restore(source, manifest, replace=True, progress=lambda *_: None)
    told = manifest["rows"]
    assert isinstance(told, dict)
    return sum(told.values())


def peak() -> int:
    """The most memory that this process has held so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
