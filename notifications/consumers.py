"""The consumer that tells people what happened."""

from __future__ import annotations

from collections.abc import Sequence

from events.envelope import Envelope
from notifications.services.notices import tell
from notifications.services.sending import Postman


class Notifications:
    """The consumer `notifications`. What is sent is sent between batches: nothing waits for a mail server."""

    name = "notifications"

    def __init__(self) -> None:
        self._postman = Postman()

    def handle(self, envelopes: Sequence[Envelope]) -> None:
        tell(envelopes)

    def after(self) -> None:
        self._postman.round()
