"""A Spark cluster of this machine alone: a master and workers on 127.0.0.1, at free ports, with little memory. For tests and benches."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from minsheng.archive import spark_packages


@dataclass
class Cluster:
    home: Path
    folder: Path
    port: int = 0

    def __post_init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.running = [self._java("master.Master", "--host", "127.0.0.1", "--port", str(self.port), "--webui-port", "0")]
        self.until(lambda: self._listens(), 90)
        self.workers(1, 2)

    def workers(self, *which: int) -> None:
        for n in which:
            self.running.append(self._java("worker.Worker", "--host", "127.0.0.1", "--webui-port", "0", "--cores", "1", "--memory", "700m",
                                           "--work-dir", str(self.folder / f"work{n}"), self.address))
        self.until(lambda: self.said("0").count("Registering worker") >= max(which), 90)

    @property
    def address(self) -> str:
        return f"spark://127.0.0.1:{self.port}"

    def _java(self, name: str, *given: str) -> subprocess.Popen:
        place = str(len(getattr(self, "running", ())))
        env = os.environ | {"SPARK_HOME": f"{self.home}/pyspark", "SPARK_SCALA_VERSION": "2.13", "SPARK_LOCAL_IP": "127.0.0.1"}
        with open(self.folder / place, "wb") as log:
            return subprocess.Popen([spark_packages.java(), "-Xmx256m", "-XX:+UseSerialGC", "-cp", f"{self.home}/pyspark/jars/*", f"org.apache.spark.deploy.{name}", *given],
                                    stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=env, cwd=self.folder)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def said(self, place: str) -> str:
        return (self.folder / place).read_text(errors="replace")

    def until(self, holds, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end and self.running[-1].poll() is None, [self.said(str(n))[-2000:] for n in range(len(self.running))]
            time.sleep(0.1)

    def kill(self, *which: int) -> None:
        for n in which:
            self.running[n].kill()

    def stop(self) -> None:
        for one in reversed(self.running):
            if one.poll() is None:
                one.send_signal(signal.SIGTERM)
        for one in reversed(self.running):
            try:
                one.wait(15)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()
