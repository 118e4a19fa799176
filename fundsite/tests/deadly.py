"""A relay without a broker whose archive dies of one event, begun again as often as it is killed.

python -m fundsite.tests.deadly EVENT_ID
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

import django

MOST = 30  # deaths; it would go on for ever


def main(event_id: str) -> int:
    django.setup()
    for deaths in range(MOST):
        child = os.fork()
        if not child:
            _live(event_id)
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != -signal.SIGKILL:
            print(f"deaths: {deaths}", flush=True)
            return 0
    return 1


def _live(event_id: str) -> None:
    from events.consumers.documents import Documents  # noqa: PLC0415 - once Django is set up
    from events.envelope import Envelope  # noqa: PLC0415
    from events.queries import pipeline_status  # noqa: PLC0415
    from events.relay import drain  # noqa: PLC0415
    from events.transport import Direct  # noqa: PLC0415

    class Deadly(Documents):
        def handle(self, envelopes: Sequence[Envelope]) -> None:
            super().handle(envelopes)
            if any(str(one.id) == event_id for one in envelopes):
                os.kill(os.getpid(), signal.SIGKILL)

    drain(Direct([Deadly()]))
    while pipeline_status().unpublished:  # the database has yet to notice that the one before is dead
        drain(Direct([Deadly()]))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fundsite.settings")
    sys.exit(main(sys.argv[1]))
