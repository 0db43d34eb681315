"""A private PostgreSQL server for tests: an ordinary user's, on a Unix socket, in a temporary folder."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import sqlalchemy as sa

from metarr.store import migrate
from metarr.store.db import Store

_TEMPLATE = "metarr_template"


def find_programs() -> Path | None:
    """The folder of initdb and postgres, newest version first; None when Debian's package is not installed."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).parent if found else None


class PostgresServer:
    """initdb, start, stop (also the hard way), databases copied from one migrated template."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        # PostgreSQL refuses to run as root; its Debian package brings a user for it. Not below pytest's own folder,
        # which every other run of pytest on this machine closes to that user.
        self._user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self._home = Path(tempfile.mkdtemp(prefix="metarr-pg-"))  # short: it is the socket's path, too
        shutil.chown(self._home, self._user)
        atexit.register(shutil.rmtree, self._home, ignore_errors=True)
        self._data = self._home / "data"
        self._log = self._home / "log"
        self._run("initdb", "-D", str(self._data), "-U", "metarr", "-A", "trust", "-E", "UTF8", "--no-sync")
        self._has_template = False

    def start(self, *, is_durable: bool = False) -> None:
        """Returns when it accepts connections. `is_durable`: what is committed outlasts a power cut."""
        fsync = "on" if is_durable else "off"
        options = f"-k {self._home} -c listen_addresses= -c fsync={fsync} -c max_connections=200"
        self._run("pg_ctl", "start", "-w", "-D", str(self._data), "-l", str(self._log), "-o", options)

    def stop(self, mode: str = "immediate") -> None:
        """`immediate` is a crash: no checkpoint, every connection cut."""
        self._run("pg_ctl", "stop", "-w", "-D", str(self._data), "-m", mode)

    def url(self, database: str) -> str:
        """For SQLAlchemy."""
        return f"postgresql+psycopg://metarr@/{database}?host={self._home}"

    def template(self) -> str:
        """A migrated database; made once."""
        if not self._has_template:
            self._sql(f"CREATE DATABASE {_TEMPLATE}")
            store = Store(self.url(_TEMPLATE))
            migrate.upgrade(store)
            store.close()
            self._has_template = True
        return _TEMPLATE

    def create_database(self, name: str) -> None:
        """A copy of the migrated template."""
        self._sql(f"CREATE DATABASE {name} TEMPLATE {self.template()}")

    def create_empty(self, name: str) -> None:
        """One without any table."""
        self._sql(f"CREATE DATABASE {name}")

    def drop_database(self, name: str) -> None:
        """Whoever is still connected is cut off."""
        self._sql(f"DROP DATABASE {name} WITH (FORCE)")

    def _sql(self, statement: str) -> None:
        engine = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            user=self._user if os.geteuid() == 0 else None,
            cwd=self._home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
            text=True,
        )
        if done.returncode:
            log = self._log.read_text() if self._log.exists() else ""
            raise RuntimeError(f"{program} failed: {done.stderr}\n{log}")
