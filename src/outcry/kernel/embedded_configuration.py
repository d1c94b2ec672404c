"""How the embedded PostgreSQL is set up: durable, on a private socket only, and tuned for tables that only grow."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from outcry.kernel.embedded_account import Account, EmbeddedPostgresError, give

PORT = 5432  # part of the socket's name, and said everywhere so that PGPORT cannot change it
MAX_SHARED_BUFFERS_MB = 256


def _shared_buffers_mb() -> int:
    """An eighth of the memory there is (the container's, where it has a limit), up to the maximum."""
    memory_bytes = psutil.virtual_memory().total
    with suppress(OSError, ValueError):
        memory_bytes = min(memory_bytes, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return max(16, min(MAX_SHARED_BUFFERS_MB, memory_bytes // 8 // 1024 // 1024))


def write_configuration(data: Path, sockets: Path, account: Account, durable: bool, extra: Mapping[str, str]) -> None:
    """Write postgresql.conf and pg_hba.conf whole, at each start; `extra` goes over what stands here.

    Raises EmbeddedPostgresError for a name or value that the file cannot hold.
    """
    settings = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": f"{_shared_buffers_mb()}MB",
        "huge_pages": "off",
        "fsync": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
        "synchronous_commit": "on" if durable else "off",
        "wal_compression": "off",
        "max_wal_size": "2GB",
        # A new file of the log is 16 MB of zeros, written while commits wait: used ones are kept and used again.
        "min_wal_size": "512MB",
        "random_page_cost": "1.1",
        "jit": "off",
        # Hot tables only grow: look after a few per cent, so that the visibility map keeps up with a busy auction. Not
        # faster and not more often than this: it takes its time from bids on small machines.
        "autovacuum_naptime": "30s",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_vacuum_insert_scale_factor": "0.05",
        "autovacuum_analyze_scale_factor": "0.05",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        **extra,
    }
    for name in settings:
        if not re.fullmatch(r"[a-z_][a-z0-9_.]*", name):
            raise EmbeddedPostgresError(f"{name!r} is not the name of a PostgreSQL setting")
    lines = [f"{name} = '{_quoted(value)}'" for name, value in settings.items()]
    _replace(data / "postgresql.conf", "# Written by Outcry at each start.\n" + "\n".join(lines) + "\n", account)
    _replace(data / "pg_hba.conf", "local all all trust\nlocal replication all trust\n", account)


def _quoted(value: str) -> str:
    if "\n" in value or "\0" in value:
        raise EmbeddedPostgresError("a PostgreSQL setting must be one line")
    return value.replace("\\", "\\\\").replace("'", "''")


def _replace(path: Path, content: str, account: Account) -> None:
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    # The folder is the account's: as root we must not follow a link that something put there.
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    give(new, account)
    new.replace(path)
