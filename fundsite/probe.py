"""`python -m fundsite.probe URL`: exit 0 if the address answers 200. For containers, which have no curl."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request


def main(url: str) -> int:
    if not url.startswith(("http://", "https://")):
        return 2
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:  # noqa: S310
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, TimeoutError):
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else 2)
