"""Two PostgreSQL servers kept by Patroni and a third machine that only votes, each in a network namespace of its own on one bridge."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from pathlib import Path

import psycopg

from tests.served import until

BIN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
SBIN = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
TTL = 7  # seconds after which a leader that is not heard of is none: one round and two tries of three seconds fit in (docs/operating/failover.md)
CONFIG = """
scope: minsheng
name: n{n}
restapi: {{listen: "{ip}:8008", connect_address: "{ip}:8008"}}
etcd: {{hosts: "{voters}"}}
bootstrap:
  dcs:
    ttl: {ttl}
    loop_wait: 1
    retry_timeout: 3
    synchronous_mode: true
    primary_stop_timeout: 3
    postgresql:
      use_pg_rewind: true
      parameters: {{max_connections: 60, shared_buffers: 64MB, fsync: "off", wal_keep_size: 256MB, timezone: UTC,
                    wal_sender_timeout: 4s, wal_receiver_timeout: 4s}}
  initdb: [{{encoding: UTF8}}, {{locale: C.UTF-8}}]
postgresql:
  listen: "{ip}:5432"
  connect_address: "{ip}:5432"
  data_dir: {folder}/data
  bin_dir: {bin}
  pgpass: {folder}/pgpass
  pg_hba: [local all all trust, host all all {net} trust, host replication all {net} trust]
  parameters: {{unix_socket_directories: {folder}}}
  basebackup: [checkpoint: fast]
  remove_data_directory_on_rewind_failure: true
  remove_data_directory_on_diverged_timelines: true
  authentication: {{superuser: {{username: postgres, password: x}}, replication: {{username: rep, password: x}}, rewind: {{username: postgres, password: x}}}}
watchdog: {{mode: "off"}}
"""


def missing() -> str:
    """Why such machines cannot be made here; "" when they can."""
    lacks = [name for name, program in (("iproute2", "ip"), ("etcd-server", "etcd"), ("patroni", "patroni")) if shutil.which(program, path=SBIN) is None]
    if lacks or not BIN:
        return "a fail-over needs apt-get install " + " ".join([*lacks, *([] if BIN else ["postgresql"])])
    if os.geteuid() != 0:
        return "a fail-over needs root: it makes network namespaces"
    probe = f"m{os.getpid()}p"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False)
    subprocess.run(["ip", "netns", "del", probe], capture_output=True, check=False)
    return "" if made.returncode == 0 else "a fail-over needs network namespaces, and this kernel gives none"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, env=os.environ | {"PATH": SBIN})


class Machine:
    """`n`: 1 and 2 hold the database, 3 only votes."""

    def __init__(self, n: int, cluster: Cluster):
        self.n, self.cluster, self.name, self.ip = n, cluster, f"m{os.getpid()}n{n}", f"{cluster.net}.{10 + n}"
        self.folder = cluster.folder / f"n{n}"
        self.folder.mkdir()
        self.folder.chmod(0o700)
        shutil.chown(self.folder, "postgres", "postgres")
        self.running: list[subprocess.Popen] = []
        self.outside, inside = f"m{os.getpid()}o{n}", f"m{os.getpid()}i{n}"
        ip("netns", "add", self.name)
        ip("link", "add", self.outside, "type", "veth", "peer", "name", inside, "netns", self.name)
        ip("link", "set", self.outside, "master", cluster.bridge, "up")
        for words in (("addr", "add", f"{self.ip}/24", "dev", inside), ("link", "set", inside, "up"), ("link", "set", "lo", "up")):
            ip("-n", self.name, *words)

    def run(self, *command: str) -> None:
        with open(self.folder / f"{Path(command[0]).name}.log", "ab") as out:
            words = ["ip", "netns", "exec", self.name, "runuser", "-u", "postgres", "--", *command]
            self.running.append(subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=self.folder, start_new_session=True,
                                                 env={"PATH": SBIN, "LANG": "C.UTF-8", "HOME": str(self.folder), "ETCD_UNSUPPORTED_ARCH": "arm64"}))

    def begin(self, fresh: bool = True) -> None:
        members = ",".join(f"n{n}=http://{self.cluster.net}.{10 + n}:2380" for n in (1, 2, 3))
        self.run("etcd", "--name", f"n{self.n}", "--data-dir", str(self.folder / "etcd"), "--listen-peer-urls", f"http://{self.ip}:2380",
                 "--initial-advertise-peer-urls", f"http://{self.ip}:2380", "--listen-client-urls", f"http://{self.ip}:2379", "--advertise-client-urls",
                 f"http://{self.ip}:2379", "--initial-cluster", members, "--initial-cluster-state", "new" if fresh else "existing",
                 "--unsafe-no-fsync", "--enable-v2", "--pre-vote")
        if self.n < 3:
            voters = ",".join(f"{self.cluster.net}.{10 + n}:2379" for n in (1, 2, 3))
            (self.folder / "patroni.yml").write_text(CONFIG.format(n=self.n, ip=self.ip, voters=voters, ttl=TTL, folder=self.folder, bin=BIN[-1],
                                                                   net=f"{self.cluster.net}.0/24"))
            self.run("patroni", str(self.folder / "patroni.yml"))

    def said(self) -> str:
        """Patroni's last words, without those who asked the database while it was not there and without that all is as it was."""
        lines = (self.folder / "patroni.log").read_text(errors="replace").splitlines(keepends=True)
        idle = (" FATAL:  the database system is ", "INFO: no action. ", "INFO: Lock owner: ", " setting: ", "Latest checkpoint's ", "  Bytes per ")
        return "".join([line for line in lines if not any(words in line for words in idle)][-250:])

    def kill(self) -> None:
        """As when its plug is pulled."""
        pids = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True, check=False, env=os.environ | {"PATH": SBIN}).stdout
        for pid in pids.split():
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(int(pid), signal.SIGKILL)
        for one in self.running:
            one.wait(10)
        self.running.clear()

    def renew(self) -> None:
        """As docs/operating/failover.md says of one that came back and is no second within a minute: made anew from the primary."""
        self.run("patronictl", "-c", str(self.folder / "patroni.yml"), "reinit", "minsheng", f"n{self.n}", "--force")

    def cut(self) -> None:
        """From all others; everything on it goes on."""
        ip("link", "set", self.outside, "down")

    def join(self) -> None:
        ip("link", "set", self.outside, "up")


class Cluster:
    def __init__(self) -> None:
        self.net, self.bridge = f"10.213.{os.getpid() % 250}", f"m{os.getpid()}b"
        self.folder = Path(tempfile.mkdtemp(prefix="minsheng-f-"))
        self.folder.chmod(0o755)
        ip("link", "add", self.bridge, "type", "bridge")
        ip("addr", "add", f"{self.net}.1/24", "dev", self.bridge)
        ip("link", "set", self.bridge, "up")
        self.machines: list[Machine] = []

    def begin(self) -> None:
        self.machines += [Machine(n, self) for n in (1, 2, 3)]
        for one in self.machines:
            one.begin()
        until(self.safe, 120, 0.2)
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as link:
            link.execute("CREATE ROLE minsheng_owner LOGIN CREATEROLE")
            link.execute("CREATE ROLE minsheng_app LOGIN")
            link.execute("CREATE DATABASE minsheng OWNER minsheng_owner")

    def url(self, role: str, name: str = "minsheng", of: list[Machine] | None = None) -> str:
        """All of them; the one that takes writes answers."""
        hosts = ",".join(f"{self.net}.{10 + n}:5432" for n in ([one.n for one in of] if of else (1, 2)))
        return f"postgresql://{role}@{hosts}/{name}?target_session_attrs=read-write&connect_timeout=2"

    def members(self) -> list[dict]:
        """As Patroni lists them (`patronictl list`), asked of the machine that takes writes: one that was cut off still tells of before."""
        for one in self.machines[:2]:
            with contextlib.suppress(OSError, psycopg.Error):
                psycopg.connect(self.url("postgres", "postgres", [one])).close()
                with urllib.request.urlopen(f"http://{one.ip}:8008/cluster", timeout=2) as answer:
                    return json.load(answer)["members"]
        raise OSError("nobody takes writes")

    def safe(self) -> bool:
        """Patroni has written down who has all that is acknowledged: only that one takes over. PostgreSQL knows it two seconds earlier."""
        return any(one["role"] == "sync_standby" for one in self.members())

    def first(self) -> Machine:
        """Whom Patroni says to lead."""
        leads = next((one["name"] for one in self.members() if one["role"] == "leader"), "")
        if found := [one for one in self.machines if f"n{one.n}" == leads]:
            return found[0]
        raise OSError("nobody leads")

    def end(self) -> None:
        for one in self.machines:
            one.kill()
            ip("netns", "del", one.name)
        ip("link", "del", self.bridge)
        shutil.rmtree(self.folder, ignore_errors=True)
