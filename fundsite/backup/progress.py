"""A bar for whoever watches; nothing in logs and pipes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import IO

from django.core.management.base import OutputWrapper
from rich.console import Console
from rich.progress import Progress as Bar

from fundsite.backup.dump import Progress


@contextlib.contextmanager
def shown(stream: OutputWrapper | IO[str], *, enabled: bool) -> Iterator[Progress]:
    if not (enabled and stream.isatty()):
        yield lambda what, done, total: None
        return
    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)
