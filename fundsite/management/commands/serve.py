"""Bring the database up to date, fill in the demonstration, and serve the site until Ctrl-C or SIGTERM.

Everything is in one process: pages, API, sockets, and the relay with the consumers of events.
"""

from __future__ import annotations

import http.client
import io
import os
import signal
import threading
import time
from argparse import ArgumentParser, ArgumentTypeError
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.servers.basehttp import get_internal_wsgi_application
from django.db import connections
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from fundsite.bootstrap import Refusal, port_number
from fundsite.companion import EventThreads
from fundsite.demo_logins import DEMO_LOGINS
from fundsite.gateway import Gateway

STOP_SECONDS = 5  # how long requests under way may take to finish
READY_SECONDS = 60.0


class Command(BaseCommand):
    help = "Migrate, seed the demonstration and serve the site on this machine (development only)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="where to listen; default: 127.0.0.1")
        default = os.environ.get("PORT") or "8000"
        parser.add_argument("--port", type=_port, default=default, help="default: PORT, or 8000")

    def handle(self, *, host: str, port: int, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError(
                "serve is for development. In production run what docker-compose.yml does: pages from "
                "fundsite.wsgi, sockets from fundsite.asgi, relay and consumers."
            )
        for name in ("SIGTERM", "SIGHUP"):
            if number := getattr(signal, name, None):
                signal.signal(number, signal.default_int_handler)
        try:
            self._prepare()
            _serve(host, port)
        except KeyboardInterrupt:
            pass  # asked to stop, and stopped: that is success
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} cannot be used: {error}. Choose another one with --port."
            ) from error

    def _prepare(self) -> None:
        for alias in connections:
            call_command("migrate", database=alias, interactive=False, verbosity=0)
        call_command("seed", demo=True, verbosity=0, stdout=io.StringIO())
        connections.close_all()  # the worker is a fork, and a connection cannot be in two processes
        for one in connections.all(initialized_only=True):
            one.close_pool()  # type: ignore[attr-defined]  # that of either kind of database has one


def _port(text: str) -> int:
    try:
        return port_number(text)
    except Refusal as refusal:
        raise ArgumentTypeError(str(refusal)) from None


def _serve(host: str, port: int) -> None:
    """One worker process with its threads; returns once it has stopped. Network sockets speak HTTP/1.1 only."""
    server = Granian(
        "fundsite.asgi:application",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=1,
        http=HTTPModes.http1,
        log_level=LogLevels.error,  # its warnings are advice on tuning
        log_access=False,
        workers_kill_timeout=STOP_SECONDS,
    )
    if hangup := getattr(signal, "SIGHUP", None):
        # The terminal was closed. The server itself would take this as a wish to reload.
        server.on_startup(lambda: signal.signal(hangup, server.signal_handler_interrupt))
    server.serve(target_loader=partial(_load, host, port, os.getpid()), wrap_loader=False)


def _load(host: str, port: int, parent: int) -> Gateway:
    """Runs in the worker: the application, and a thread that says when it answers."""
    application = Gateway(get_internal_wsgi_application(), EventThreads())
    threading.Thread(target=_attend, args=(host, port, parent), daemon=True).start()
    return application


def _attend(host: str, port: int, parent: int) -> None:
    """Announce the site once it really answers, then watch over the parent: orphaned, a worker would keep the port."""
    here = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - recognised, not bound
    print(_welcome(here, port) if _answers(here, port) else _worry(port), flush=True)
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def _answers(host: str, port: int) -> bool:
    """Wait for a 200 from /healthz."""
    deadline, pause = time.monotonic() + READY_SECONDS, 0.02
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(host, port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return True
        except OSError:
            pass  # not listening yet
        finally:
            connection.close()
        time.sleep(pause)
        pause = min(pause * 2, 2.0)
    return False


def _worry(port: int) -> str:
    return f"/healthz on port {port} has not answered 200 for {READY_SECONDS:.0f} seconds; the lines above say why."


def _welcome(host: str, port: int) -> str:
    width, longest = (max(len(login[place]) for login in DEMO_LOGINS) for place in (0, 1))
    logins = [f"  {username:{width}}  {password:{longest}}  {role}" for username, password, role in DEMO_LOGINS]
    address = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
    return "\n".join([f"\n{settings.SITE_NAME} is ready: {address}", *logins, "Stop with Ctrl-C.\n"])
