from __future__ import annotations

import json
import uuid
from argparse import ArgumentParser
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.errors import DomainError
from events.inbox import Unavailable, prune
from events.queries import PipelineStatus, pipeline_status
from events.redrive import redrive
from fundsite import pipeline
from fundsite.management.commands.consume import named

LONGEST = 36_500  # days, a century: what lies further back may be before the calendar


class Command(BaseCommand):
    help = "How events get on, and what to do about those that do not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        status = actions.add_parser("status", help="what waits to be sealed, published and handled, and for how long")
        again = actions.add_parser("redrive", help="give consumers their parked events and dead letters again")
        again.add_argument("--consumer", help="only this one; without it, every consumer")
        again.add_argument("--id", type=uuid.UUID, help="only this event")
        again.add_argument(
            "--missing", action="store_true", help="also what never reached it: it came later, or its queue was emptied"
        )
        forget = actions.add_parser("prune", help="forget which events were handled, once that is long ago")
        forget.add_argument("--days", type=int, required=True, help="how long ago at least, 1 or more")
        for action in (status, again, forget):
            action.add_argument("--json", action="store_true", help="one JSON object instead of lines")

    def handle(self, *, action: str, json: bool, **options: object) -> None:
        if action == "status":
            self._status(json)
        elif action == "redrive":
            self._redrive(json, **options)  # type: ignore[arg-type]
        else:
            self._prune(json, **options)  # type: ignore[arg-type]

    def _status(self, as_json: bool) -> None:
        status, depths = pipeline_status(pipeline.consumer_names()), _depths()
        if as_json:
            self._say({**status.as_dict(), "queues": depths})
            return
        for line in _lines(status):
            self.stdout.write(line)
        for name, depth in (depths or {}).items():
            self.stdout.write(f"queue of {name}: {depth['waiting']} waiting, {depth['dead']} dead letters")
        if depths is None and pipeline.broker():
            self.stdout.write("the broker does not answer")

    def _redrive(
        self, as_json: bool, *, consumer: str | None, id: uuid.UUID | None, missing: bool, **options: object
    ) -> None:
        chosen = [named(consumer)] if consumer else pipeline.consumers()
        try:
            done = {
                one.name: redrive(consumer=one, broker=pipeline.broker(), event_id=id, missing=missing)
                for one in chosen
            }
        except DomainError as error:
            raise CommandError(str(error)) from error
        if as_json:
            self._say({"redriven": done})
        else:
            self.stdout.write("\n".join(f"{name}: {count} given again" for name, count in done.items()))

    def _prune(self, as_json: bool, *, days: int, **options: object) -> None:
        if not 1 <= days <= LONGEST:
            raise CommandError(f"--days is 1 or more, and {LONGEST} at most.")
        gone = prune(before=timezone.now() - timedelta(days=days))
        if as_json:
            self._say({"pruned": gone})
        else:
            self.stdout.write(f"forgotten: {gone}")

    def _say(self, found: object) -> None:
        self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2))


def _depths() -> dict[str, dict[str, int]] | None:
    """Per consumer what waits in its queue and among its dead letters; None without a broker that answers."""
    broker, names = pipeline.broker(), pipeline.consumer_names()
    if broker is None:
        return None
    try:
        with broker.session() as session:
            session.declare(names)
            return {
                name: {
                    "waiting": session.waiting(broker.queue(name)),
                    "dead": session.waiting(broker.dead_queue(name)),
                }
                for name in names
            }
    except Unavailable:
        return None


def _lines(status: PipelineStatus) -> list[str]:
    sealed_at = f" at {status.sealed_at:%Y-%m-%d %H:%M:%S %Z}" if status.sealed_at else ""
    return [
        f"sealed: {status.sealed}{sealed_at}",
        f"to be sealed: {status.unsealed}, the oldest {status.unsealed_seconds:.1f} s old",
        f"to be published: {status.unpublished}, the oldest {status.unpublished_seconds:.1f} s old",
        *(
            f"{one.name}: handled up to {one.position}, {one.behind} behind ({one.behind_seconds:.1f} s), "
            f"{one.failed} failed, {one.parked} parked"
            for one in status.consumers
        ),
    ]
