"""A PostgreSQL primary and its streaming replica, from the embedded server's binaries, on ports of their own."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import psycopg2

from fundsite.postgres import Cluster, as_owner, binary, open_cluster
from fundsite.tests.processes import environment, free_port, wait_until


class Server:
    """One server. `folder` is made; the process runs in the foreground as whoever PostgreSQL accepts."""

    def __init__(self, folder: Path, *, copy_of: Server | None = None) -> None:
        self.cluster: Cluster = open_cluster(folder)
        self.port = free_port()
        if owner := self.cluster.owner:
            os.chown(self.cluster.root, owner.uid, owner.gid)
        data = str(self.cluster.data)
        if copy_of is None:
            self._run(
                "initdb",
                f"--pgdata={data}",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            )
        else:
            self._run("pg_basebackup", f"--pgdata={data}", "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
                      f"--dbname=host=127.0.0.1 port={copy_of.port} user=postgres")  # fmt: skip
        self.start()

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = [f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"]
        arguments = [part for option in options for part in ("-c", option)]
        with (self.cluster.root / "log").open("ab") as log:
            self.process = subprocess.Popen(
                as_owner(self.cluster, [binary("postgres"), "-D", str(self.cluster.data), *arguments]),
                cwd=self.cluster.root,
                env=environment(LC_ALL="C"),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self.answers, "the server answers")

    def answers(self) -> bool:
        try:
            self.ask("SELECT 1")
        except psycopg2.OperationalError:
            return False
        return True

    def ask(self, sql: str) -> object:
        """The first value of the first row."""
        connection = psycopg2.connect(self.url, connect_timeout=5)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchone()[0]
        finally:
            connection.close()

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """SIGQUIT leaves at once, SIGINT in order. (Killing every process at once would leave shared memory behind.)"""
        self.process.send_signal(how)
        self.process.wait(30)

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run(
            as_owner(self.cluster, [binary(name), *arguments]),
            cwd=self.cluster.root,
            env=environment(LC_ALL="C"),
            check=True,
            capture_output=True,
        )
