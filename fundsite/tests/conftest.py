from __future__ import annotations

from events.tests.brokers import behind_the_line, broker, line, rabbitmq

__all__ = ["behind_the_line", "broker", "line", "rabbitmq"]
