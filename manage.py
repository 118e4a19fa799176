#!/usr/bin/env python3
"""Django's commands. With no DATABASE_URL they use the embedded database, started for them if it does not run."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

try:
    import environ
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, connection
except ImportError:
    sys.exit("Django is not installed here. Start ./run once, then use: .venv/bin/python manage.py ...")

from core import request_context
from fundsite import embedded
from fundsite.sqlpart.environment import needs_no_other


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fundsite.settings")
    root = Path(__file__).resolve().parent
    environ.Env.read_env(root / ".env")
    # Being ended politely must still run what follows the command: a file half written goes, the last user of the
    # embedded database stops it.
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores one
            signal.signal(number, _end)
    if (
        os.environ.get("DATABASE_URL")
        or os.environ.get("ENVIRONMENT", "development") == "production"
        or needs_no_other(sys.argv[1] if sys.argv[1:] else "")
    ):
        _execute()
        return
    data_dir = root / Path(os.environ.get("DATA_DIR") or ".data").expanduser()
    os.environ["DATA_DIR"] = str(data_dir)
    try:
        with embedded.running(data_dir) as os.environ["DATABASE_URL"]:
            _execute()
    except embedded.EmbeddedError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:  # while the database starts
        sys.exit(130)
    finally:
        # Nothing is left but to end; a further, impatient Ctrl-C should not turn that into a failure.
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _execute() -> None:
    """Run the command. What settings lack, and that there is no database to talk to, is said in one line."""
    origin = request_context.RequestContext(path=" ".join(["manage.py", *sys.argv[1:2]]), role="system")
    try:
        with request_context.bound(origin):
            execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # whoever reads along, `head` for one, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would try once more at its end
        sys.exit(141)
    except ImproperlyConfigured as error:
        if settings.configured:  # they are complete: it is the program that is wrong
            raise
        sys.exit(str(error))
    except OperationalError as error:
        if connection.connection is not None:
            raise
        reason = " ".join(str(error).split())
        sys.exit(f"The database of DATABASE_URL cannot be used: {reason}")


def _end(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
