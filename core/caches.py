"""The cache of production: Redis, and this process's memory for as long as Redis does not answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache.backends.locmem import LocMemCache
from django_redis.cache import RedisCache
from django_redis.exceptions import ConnectionInterrupted

RETRY_AFTER = 5.0  # seconds during which a Redis that failed is left alone, lest every request wait for it
log = structlog.get_logger(__name__)


class RedisOrMemory(RedisCache):
    """What is kept here are counters of attempts, so an outage has to be answered between two evils. To refuse
    everybody (closed) makes Redis a single point of failure for signing in; to count nobody (open) lets whoever
    disturbs Redis guess passwords without end. Counting in each process is neither: the limit then holds per process.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        shared = {name: value for name, value in params.items() if name in ("KEY_PREFIX", "VERSION", "TIMEOUT")}
        self._memory = LocMemCache(f"instead of {server}", shared)
        self._leave_alone_until = 0.0

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._either(lambda cache: cache.add(*args, **kwargs))

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        return self._either(lambda cache: cache.incr(*args, **kwargs))

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._either(lambda cache: cache.get(*args, **kwargs))

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._either(lambda cache: cache.set(*args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._either(lambda cache: cache.delete(*args, **kwargs))

    def _either(self, act: Callable[[Any], Any]) -> Any:
        if time.monotonic() >= self._leave_alone_until:
            try:
                return act(self.client)
            except ConnectionInterrupted as error:
                self._leave_alone_until = time.monotonic() + RETRY_AFTER
                log.error("redis_unavailable", reason=type(error.__cause__).__name__)
        return act(self._memory)
