"""The document store in MongoDB: what the same tests say there, and what only MongoDB has.

The server speaks MongoDB's wire protocol and comes from PyPI. The tests run in a process of their own: with a second
database that rolls nothing back, pytest-django would have every other test empty the tables instead.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection

from fundsite.tests.mongodb import running_mongodb

BOTH = (
    "events/tests/test_documents.py",
    "events/tests/test_audit.py",
    "events/tests/test_documents_admin.py",
    "events/tests/test_lookups.py",
    "notifications/tests/test_notices.py",
    "fundsite/tests/in_mongodb.py",
    "fundsite/tests/backup_in_mongodb.py",
)


def test_the_documents_behave_in_mongodb_as_in_postgresql(tmp_path: Path, django_db_setup: None) -> None:
    at = connection.settings_dict
    name = f"{at['NAME'].removeprefix('test_')}_mongodb"
    database = f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{name}"
    with running_mongodb(tmp_path) as mongodb:
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", *BOTH],
            env={**os.environ, "MONGODB_URL": mongodb, "DATABASE_URL": database},
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert ended.returncode == 0, ended.stdout + ended.stderr
