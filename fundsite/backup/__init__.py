"""Backups of everything the product keeps, and getting them back. Only PostgreSQL's COPY is needed, no pg_dump.

A backup is a tar of zstd-compressed pieces: `about.json` first, the tables' rows in COPY's text form, `manifest.json`
last, with the SHA-256 of every piece. Behind its end stands the SHA-256 of all of it: a file without is half a backup.
"""
