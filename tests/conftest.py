"""The tests' database: migrated once by its owner as a template; tests work on a copy as the program's role, which owns nothing.

DATABASE_URL names a server (PostgreSQL >= 15) whose user may make databases and roles; without it an embedded server is started
in a temporary folder and stopped at the end.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import warnings
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

# These machines are noisy: how long an example takes says nothing about the code.
settings.register_profile("noisy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("noisy")

HERE = "MINSHENG_TEST_FOLDER"


def pytest_configure(config):
    """One folder for the whole run, the workers of pytest-xdist included."""
    from django.conf import settings as configured

    os.environ["MINSHENG_STRICT"], configured.STRICT = "1", True  # of programs that tests start, and here
    if hasattr(config, "workerinput"):
        os.environ.pop("COVERAGE_PROCESS_CONFIG", None)  # what a worker starts is not counted (tests/coverage_floors.py): that took seconds
    else:
        os.environ[HERE] = tempfile.mkdtemp(prefix="minsheng-t-")
        os.environ.setdefault("MINSHENG_TODAY", str(date.today().toordinal()))  # workers that begin after midnight collect the same tests
        os.environ["MINSHENG_EVERYDAY"] = "1" if _nothing_asked_for(config) else ""


def _nothing_asked_for(config) -> bool:
    """Whether this is `./minsheng test` alone: who names tests, or asks for all of them, gets them."""
    named = config.args_source is not pytest.Config.ArgsSource.TESTPATHS or config.option.keyword or config.option.markexpr
    return not named and os.environ.get("MINSHENG_HEAVY") != "1"


def pytest_unconfigure(config):
    if hasattr(config, "workerinput"):
        _leave_the_server()
    if hasattr(config, "workerinput") or HERE not in os.environ:
        return
    folder = Path(os.environ.pop(HERE))
    made = folder / "server.json"
    if made.exists():
        known = json.loads(made.read_text())
        if known["embedded"]:
            from minsheng.kit.embedded_postgres import Embedded

            Embedded(folder / "data").stop()
        else:
            with psycopg.connect(known["maintenance"], autocommit=True) as link:
                for name in known["databases"]:
                    link.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(folder, ignore_errors=True)


def _leave_the_server() -> None:
    """The worker that started the server ends before it: others work on, and the first process stops it at the end."""
    from minsheng.kit import embedded_postgres

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        embedded_postgres._launched.clear()


@pytest.fixture
def cast(db):
    """The small city of `tests.cast` with its people, at its hour."""
    from minsheng.kit import clock
    from tests.cast import NOW, build

    with clock.fixed(NOW):
        yield build()


# Those that run alone wait for each other, not each for a long one beside it. The longest of all begins when they are through.
FIRST = ("test_handover.py", "test_kill.py", "test_outage.py", "test_backup.py", "test_hostile.py", "test_random_walk.py")


def pytest_collection_modifyitems(config, items):
    """Those with the longest tests first, so that no process waits at the end for another's."""
    def place(item) -> tuple[int, bool, bool]:
        name, long = item.path.name, item.path.parent.name in ("verification", "journeys", "hostile")
        return FIRST.index(name) if name in FIRST else len(FIRST), not long, name in FIRST and "alone" not in item.keywords

    items.sort(key=place)
    for item in items:
        if item.path.parent.name == "rules":
            item.add_marker("pure")
    shares = CI if "MINSHENG_PART" in os.environ else EVERYDAY if os.environ.get("MINSHENG_EVERYDAY") else ()
    others = _of_another_day(items, shares)
    left_out = [item for item in items if item.path.name in others and "one_server" not in item.keywords]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item.path.name not in others or "one_server" in item.keywords]


AT_A_TELEPHONE = {"test_dead_phone.py", "test_keyboard_day.py", "test_lost_calls.py"}  # beside test_browser_calls.py, which runs each day

# One in how many files of a kind runs, others each day. `.ci/run` has less than forty minutes, and Debian's server has answered the rooms in the same
# run; `./minsheng test` alone has fifteen, and takes of what is long only this.
CI = (("rooms", 3), ("journeys", 2), ("telephone", 3))
EVERYDAY = (("journeys", 3), ("verification", 3), ("telephone", 3))


def _of_another_day(items, shares) -> set[str]:
    """Files of today's run that stay for another day; the page walk in a browser, which draws its own share, never does."""
    from tests.of_today import of_today

    found = set()
    for kind, one_in in shares:
        files = AT_A_TELEPHONE if kind == "telephone" else {item.path.name for item in items if item.path.parent.name == kind} - {"test_every_page.py"}
        found |= files - set(of_today(sorted(files), one_in))
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Tests run beside each other; one marked `alone` measures seconds or kills processes, and runs when no other does."""
    folder, kind = Path(os.environ[HERE]), fcntl.LOCK_EX if "alone" in item.keywords else fcntl.LOCK_SH
    with open(folder / "room", "w") as room, open(folder / "door", "w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)  # who waits to be alone holds the door, so that no other goes in before
        fcntl.flock(room, kind)
        fcntl.flock(door, fcntl.LOCK_UN)
        return (yield)


def pytest_terminal_summary(terminalreporter):
    """What a machine lacks is said loudly, not hidden behind an s; and that this was not everything."""
    if os.environ.get("MINSHENG_EVERYDAY"):
        terminalreporter.write_line("Of the long journeys only today's share has run: MINSHENG_HEAVY=1 ./minsheng test runs them all.")
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = {str(report.longrepr[2]).removeprefix("Skipped: ").removeprefix("NOT RUN HERE: ") for report in skipped
               if "apt-get install" in str(report.longrepr) or "NOT RUN HERE" in str(report.longrepr)}
    for reason in sorted(reasons):
        terminalreporter.write_line(f"NOT RUN HERE: {reason}", red=True, bold=True)


class Server:
    """The server of this run: where to make databases, and the addresses of one database by role."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.given = os.environ.get("DATABASE_URL", "")

    def address(self, name: str, owner: bool) -> str:
        from urllib.parse import urlsplit, urlunsplit

        if not self.given:
            return self.embedded().url("minsheng_owner" if owner else "minsheng_app", name)
        parts = urlsplit(self.given)
        text = urlunsplit((parts.scheme, parts.netloc, "/" + name, parts.query, ""))
        return text if "://" in text else text.replace(":/", ":///", 1)

    def embedded(self):
        from minsheng.kit.embedded_postgres import Embedded

        server = Embedded(self.folder / "data", fast=True)
        server.prepare_user()
        return server

    def maintenance(self) -> str:
        return self.address("postgres", owner=True)

    def start(self) -> None:
        """Once a run: the server, and the template migrated by its owner."""
        if not self.given:
            server = self.embedded()
            server.start()
            with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as link:
                link.execute("GRANT CONNECT ON DATABASE postgres TO minsheng_owner")
                link.execute("GRANT pg_signal_backend TO minsheng_owner")  # a link that a thread has just closed may still be ending
        self.make(self.template, "template0")
        self.note(self.template)
        point(self, self.template)
        from django.db import connections

        from minsheng.kit import database

        database.migrate()
        connections.close_all()

    @property
    def template(self) -> str:
        return f"t_{self.folder.name.rsplit('-', 1)[1].lower()}_template"

    def make(self, name: str, template: str) -> None:
        with psycopg.connect(self.maintenance(), autocommit=True) as link:
            link.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            link.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def note(self, name: str) -> None:
        file = self.folder / "server.json"
        known = json.loads(file.read_text())["databases"] if file.exists() else []
        text = {"embedded": not self.given, "maintenance": self.maintenance(), "databases": [*known, name]}
        file.write_text(json.dumps(text))


def point(server: Server, name: str) -> None:
    """Django's two aliases look at the database `name`."""
    from django.conf import settings
    from django.db import connections

    from minsheng.settings import APP_ROLE, database

    for alias in ("default", "owner"):
        made = database(server.address(name, alias == "owner"), APP_ROLE if alias == "default" else "")
        connections[alias].close()
        connections[alias].settings_dict.update({key: made[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")})
        settings.DATABASES[alias].update({key: made[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")})


@pytest.fixture(scope="session", autouse=True)
def _own_data_folder():
    """Kept bytes and logs of the tests lie in the run's folder."""
    from django.conf import settings

    settings.DATA = Path(os.environ[HERE]) / "data"


@pytest.fixture(scope="session")
def database_server(django_db_blocker) -> Server:
    folder = Path(os.environ[HERE])
    server = Server(folder)
    with open(folder / "lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / "migrated").exists():
            with django_db_blocker.unblock():
                server.start()
            (folder / "migrated").touch()
    return server


@pytest.fixture(scope="session")
def database_name(database_server) -> str:
    return database_server.template.replace("template", os.environ.get("PYTEST_XDIST_WORKER", "main"))


@pytest.fixture(scope="session")
def django_db_setup(database_server, database_name, django_db_blocker):
    """pytest-django's fixture, ours: a copy of the template for this process."""
    from django.db import connections
    from django.test import TransactionTestCase

    with open(database_server.folder / "lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        database_server.make(database_name, database_server.template)
        database_server.note(database_name)
    copies = Copies(database_server, database_name, django_db_blocker)
    Copies.of_this_process = copies
    copies.choose(Copies.wanted)

    def renew(self) -> None:
        """After a test that commits: a fresh copy, because history can not be emptied (that is the point of it)."""
        connections.close_all()
        copies.renew()

    TransactionTestCase._fixture_teardown = renew
    yield
    with django_db_blocker.unblock():
        connections.close_all()


class Copies:
    """The databases of this process: one empty, one in which the cast of characters lives already. Making the cast takes longer
    than most tests, so a test whose fixture `cast` asks for it is given the copy that has it."""

    wanted = ""  # of the test that is about to run: "" or "cast"
    of_this_process: Copies | None = None

    def __init__(self, server: Server, name: str, blocker):
        self.server, self.name, self.blocker, self.current, self.made = server, name, blocker, "", {""}

    def choose(self, kind: str) -> None:
        if kind not in self.made:
            self._make(kind)
        self.current = kind
        self._look()

    def renew(self) -> None:
        with self._alone():
            self.server.make(self._name(self.current), self._template(self.current))
        self._look()

    def _name(self, kind: str) -> str:
        return f"{self.name}_{kind}" if kind else self.name

    def _template(self, kind: str) -> str:
        return f"{self.server.template}_{kind}" if kind else self.server.template

    def _make(self, kind: str) -> None:
        with self._alone():
            if not (self.server.folder / kind).exists():
                self._furnish(kind)
                (self.server.folder / kind).touch()
            self.server.make(self._name(kind), self._template(kind))
            self.server.note(self._name(kind))
        self.made.add(kind)

    def _furnish(self, kind: str) -> None:
        """Once a run: the template with the cast in it."""
        from django.db import connections

        from minsheng.kit import clock
        from tests.cast import NOW, build

        self.server.make(self._template(kind), self.server.template)
        self.server.note(self._template(kind))
        point(self.server, self._template(kind))
        forget()
        with self.blocker.unblock(), clock.fixed(NOW):
            build()
            connections.close_all()

    @contextmanager
    def _alone(self):
        with open(self.server.folder / "lock", "w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            yield

    def _look(self) -> None:
        point(self.server, self._name(self.current))
        forget()


def wants_cast(item) -> bool:
    """Its fixture `cast` calls `build` of tests/cast.py; another `cast` makes people of its own, in an empty database."""
    fixtures = item._fixtureinfo.name2fixturedefs.get("cast") if hasattr(item, "_fixtureinfo") else None
    return bool(fixtures) and "build" in fixtures[-1].func.__code__.co_names


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    Copies.wanted = "cast" if wants_cast(item) else ""
    copies = Copies.of_this_process
    if copies is not None and copies.current != Copies.wanted:
        copies.choose(Copies.wanted)


def forget() -> None:
    """Nothing of another database is known any more."""
    forget_ids()
    _forget_reads()


def forget_ids() -> None:
    """The block of running numbers was drawn from a sequence that is gone."""
    from minsheng.kit import ids

    ids._next = ids._end = 0


@pytest.fixture(autouse=True)
def _forget_what_was_kept():
    """Reads that a process keeps for five seconds are kept as long as a test, whose statements are counted, and no longer."""
    from minsheng.kit import kept

    kept.KEEP_S = 600.0
    yield
    _forget_reads()


def _forget_reads() -> None:
    from minsheng.calendar import queries as calendar
    from minsheng.cases import queries as cases
    from minsheng.measures import schemes
    from minsheng.org import queries as org

    for room in (calendar, cases, org, schemes):
        room.forget()


@pytest.fixture
def chromium() -> str:
    """The browser's program; without one the journey is skipped and the summary says what to install."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    pytest.skip("journeys need a browser: apt-get install chromium")
