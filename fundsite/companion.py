"""The whole way of events in threads of one process, for `./run`: relay and consumers beside the server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

import structlog

from events import relay
from events.receiver import run_consumer
from fundsite import pipeline

STOP_SECONDS = 4.0  # for what is under way; what is not done then is done after the next start
REST_SECONDS = 5.0  # after something that nobody foresaw
log = structlog.get_logger(__name__)


class EventThreads:
    """Relay and, with a broker, each consumer in a thread of its own; without one the relay feeds them all."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        stopped, broker = self._stopping.is_set, pipeline.broker()
        tasks: dict[str, Callable[[], None]] = {"relay": lambda: relay.run(pipeline.transport(), stopped=stopped)}
        if broker:
            for consumer in pipeline.consumers():
                tasks[consumer.name] = partial(run_consumer, consumer, broker, stopped=stopped)
        for name, task in tasks.items():
            thread = threading.Thread(target=self._keep_going, args=(task,), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Returns once each has ended what it was doing, or has had time to."""
        self._stopping.set()
        until = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0))

    def _keep_going(self, task: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            try:
                task()
            except Exception:
                log.exception("events_thread_failed", thread=threading.current_thread().name)
                self._stopping.wait(REST_SECONDS)
