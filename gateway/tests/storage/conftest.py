"""A PostgreSQL server for the tests, where it is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa


def programs() -> Path | None:
    """Return the folder of the newest server's programs, which Debian does not put on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def own_user() -> dict[str, Any]:
    """Return the user to run the server as: it does not run as root, and Debian's package creates a user for it."""
    if os.geteuid() != 0:
        return {}
    try:
        owner = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("root, and no user to run PostgreSQL as")
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Address of an empty database on a server for this session."""
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL on this machine")
    user = own_user()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    # Not in pytest's folder, which only its owner can access.
    with tempfile.TemporaryDirectory() as place:
        data = Path(place) / "data"
        if user:
            os.chown(place, user["user"], user["group"])
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={place} -c fsync=off"
        control = [str(folder / "pg_ctl"), "-D", str(data), "-w"]
        quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": place, **user}
        subprocess.run([folder / "initdb", "-D", data, "-A", "trust", "-U", "segue"], **quiet)
        subprocess.run([*control, "-o", options, "-l", f"{place}/log", "start"], **quiet)
        try:
            yield f"postgresql://segue@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **quiet)


@pytest.fixture
def empty_postgres_url(postgres_url: str) -> Iterator[str]:
    """SQLAlchemy's address of an empty database on that server."""
    url = postgres_url.replace("postgresql://", "postgresql+psycopg://")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE migrated")
    yield url.replace("/postgres", "/migrated")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE migrated WITH (FORCE)")
    engine.dispose()
