"""A real streaming copy of a served program's embedded database, made with pg_basebackup; paused, killed and stopped from outside."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psutil
import psycopg

from minsheng.kit import embedded_access
from minsheng.kit.embedded_postgres import Embedded
from tests.served import Served, until


class Copy:
    """Its address is known before there is anything at it."""

    def __init__(self) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="minsheng-c-"))
        self.folder = self.place / "pg"
        self.server: subprocess.Popen | None = None

    def url(self, role: str = "minsheng_app") -> str:
        key = "" if role == "minsheng_app" else f"&passfile={self.place}/root.pass"
        return f"postgresql://{role}@/minsheng?host={self.folder}{key}"

    def make(self, of: Served) -> None:
        """Copied and following; returns when it answers. The server's user must be able to walk to the primary's socket."""
        main = self.main = Embedded(of.data)
        main.prepare_user()
        hba = main.folder / "pg_hba.conf"
        main.write("pg_hba.conf", hba.read_text() + "local replication postgres scram-sha-256\n")
        os.kill(main.pid(), signal.SIGHUP)
        for name in ("server.pass", "root.pass"):
            shutil.copy(embedded_access.key_of(of.data), self.place / name)
            (self.place / name).chmod(0o600)
        if main.uid is not None:
            for path in (self.place, self.place / "server.pass"):
                os.chown(path, main.uid, main.gid)
        where = f"postgresql://postgres@/?host={main.socket_folder()}&passfile={self.place}/server.pass"
        command = [main.binaries() / "pg_basebackup", "-D", self.folder, "-R", "-X", "stream", "-c", "fast", "-d", where, "--no-sync"]
        until(lambda: subprocess.run(command, **main.as_server(), capture_output=True, check=False).returncode == 0, 20)
        (self.folder / ".s.PGSQL.5432.lock").unlink(missing_ok=True)  # the primary's, whose socket lies in its folder
        self.start()

    def start(self, *options: str) -> None:
        command = [self.main.binaries() / "postgres", "-D", ".", *(part for option in options for part in ("-c", option))]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        self.server = subprocess.Popen(command, **self.main.as_server() | quiet | {"cwd": self.folder})
        until(lambda: self.sql("SELECT pg_is_in_recovery()"))

    def sql(self, statement: str, *given: object) -> list[tuple]:
        """As the superuser; asked again where the copy broke it off, because it took in what the primary had cleared away."""
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5) as link, contextlib.suppress(psycopg.errors.SerializationFailure):
            cursor = link.execute(statement, given)
            return cursor.fetchall() if cursor.description else []
        return self.sql(statement, *given)

    def processes(self) -> list[psutil.Process]:
        first = psutil.Process(self.server.pid)
        return [first, *first.children(recursive=True)]

    def each(self, number: int) -> None:
        """A signal to every process of it."""
        for process in self.processes():
            process.send_signal(number)

    def kill(self) -> None:
        """Returns when none of its processes is left: while one holds the shared memory, no other server starts here."""
        there = self.processes()
        for process in there:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        self.server.wait(20)
        until(lambda: all(map(ended, there)), 20)

    def clear(self) -> None:
        if self.server is not None and self.server.poll() is None:
            self.kill()
        shutil.rmtree(self.place, ignore_errors=True)


def ended(process: psutil.Process) -> bool:
    """Also one that nobody has asked for yet: it holds nothing any more."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
