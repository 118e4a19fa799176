"""`python -m fundsite.probe URL`: exit 0 if the address answers 200. For containers, which have no curl."""

from __future__ import annotations

import http.client
import os
import sys
import urllib.request


def main(url: str) -> int:
    if not url.startswith(("http://", "https://")):
        return 2
    try:
        with urllib.request.urlopen(_asking(url), timeout=3) as answer:  # noqa: S310
            return 0 if answer.status == 200 else 1
    except (OSError, http.client.HTTPException):
        return 1


def _asking(url: str) -> urllib.request.Request:
    """By a name that the site goes by: it answers 400 to 127.0.0.1 unless that is one of ALLOWED_HOSTS."""
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".")
    return urllib.request.Request(url, headers={"Host": host} if host else {})  # noqa: S310


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else 2)
