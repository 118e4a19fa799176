"""A relay that goes on, whatever becomes of its connection."""

from __future__ import annotations

from contextlib import suppress

from django.db import OperationalError, connection

from core.tests.threads import eventually
from events.inbox import note_progress
from events.relay import run
from events.tests.diary import Kept, login
from events.tests.posts import running


class CutOff(Kept):
    """The server hangs up on it once, between two batches, where nobody listens."""

    cut = False

    def idle(self) -> None:
        if self.envelopes and not self.cut:
            self.cut = True
            with suppress(OperationalError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        note_progress("diary")


def test_a_relay_that_finds_its_connection_closed_opens_another(real_commits: None) -> None:
    transport = CutOff()
    with running(lambda stopped: run(transport, stopped=stopped)):
        first = login()
        eventually(lambda: transport.cut, "the line is cut")
        second = login()
        eventually(lambda: second in [one.id for one in transport.envelopes], "what came later arrives")
    assert [one.id for one in transport.envelopes if one.id in (first, second)] == [first, second]
