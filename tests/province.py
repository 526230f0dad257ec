"""A province to be tried: one PostgreSQL that asks everybody for a password, and the commands as an operator types them."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import psycopg

from minsheng.cli.__main__ import main
from minsheng.kit.embedded_postgres import Embedded
from tests.served import environment, until


class Province:
    def __init__(self, folder: Path):
        self.folder = folder
        self.cities = folder / "cities"
        self.server = Embedded(folder / "server", fast=True)
        self.env = environment(MINSHENG_CITIES=str(self.cities))

    def begin(self) -> None:
        self.server.start()
        self.asks("scram-sha-256")

    def asks(self, how: str) -> None:
        """Of everybody who comes in: `trust` or a password."""
        self.server.write("pg_hba.conf", f"local all postgres scram-sha-256\nlocal all all {how}\n")
        self.sql("SELECT pg_reload_conf()")
        until(lambda: self.sql("SELECT count(*) FROM pg_hba_file_rules WHERE auth_method = %s", how)[0][0] > 0 and self.sql(
            "SELECT pg_conf_load_time() > now() - interval '1 minute'")[0][0])

    @property
    def superuser(self) -> str:
        return self.server.url("postgres", "postgres")

    def sql(self, statement: str, *given: object) -> list[tuple]:
        with psycopg.connect(self.superuser, autocommit=True) as link:
            cursor = link.execute(statement, given)
            return cursor.fetchall() if cursor.description else []

    def cli(self, *words: str, **more: str) -> subprocess.CompletedProcess:
        """`./minsheng WORDS`; what is not of one city, in this process."""
        if words[0] == "province":
            return self._here(*words)
        return subprocess.run([sys.executable, "-m", "minsheng.cli", *words], env=self.env | more, capture_output=True, text=True, timeout=300, check=False)

    def _here(self, *words: str) -> subprocess.CompletedProcess:
        out, err = io.StringIO(), io.StringIO()
        with mock.patch.dict(os.environ, {"MINSHENG_CITIES": str(self.cities)}), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(list(words))
        return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())

    def add(self, name: str, *more: str) -> subprocess.CompletedProcess:
        words = ("--host", f"{name}.example.org", "--place", str(self.folder / name / "data"), "--server", self.superuser)
        return self.cli("province", "add", name, *words, *more)

    def settings(self, name: str) -> dict[str, str]:
        return dict(line.split("=", 1) for line in (self.cities / f"{name}.env").read_text().splitlines())

    def end(self) -> None:
        self.server.stop()
