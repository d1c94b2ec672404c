"""Who the embedded PostgreSQL runs as, and making its files reachable for that account.

PostgreSQL refuses to run as root. When we are root it runs as an unprivileged account instead, which then must be
able to reach its binaries and its data through every parent folder.
"""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

ACCOUNT_NAME = "outcry"
FALLBACK_ACCOUNT_NAME = "nobody"
_USERADD_SECONDS = 30


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot run; the message says why, where and what to do."""


@dataclass(frozen=True)
class Account:
    """A system account; `switches` when it is not the one we run as."""

    uid: int
    gid: int
    switches: bool


def account_for(data: Path) -> Account:
    """The account PostgreSQL runs as for the data folder `data` (which need not exist yet).

    Ours, unless we are root. Then: whoever owns the data already, so that a folder made as an ordinary user stays
    that user's; else the account `outcry`, made on first use; else `nobody`. Raises EmbeddedPostgresError when the
    data belongs to somebody else and we are not root.
    """
    try:
        owner = data.stat().st_uid
    except FileNotFoundError:
        owner = None
    except PermissionError:
        raise EmbeddedPostgresError(f"{data} cannot be read by this user") from None
    if os.geteuid() != 0:
        if owner is not None and owner != os.geteuid():
            raise EmbeddedPostgresError(
                f"{data} belongs to {_name_of(owner)}; start as root or as that user, or change the folder's owner"
            )
        return Account(os.geteuid(), os.getegid(), switches=False)
    entry = _entry_of_uid(owner) if owner else None
    entry = entry or _entry_of_name(ACCOUNT_NAME) or _create_account() or _entry_of_name(FALLBACK_ACCOUNT_NAME)
    if entry is None:
        raise EmbeddedPostgresError(
            "PostgreSQL does not run as root, and there is no other account to run it as: "
            f"create one (useradd --system {ACCOUNT_NAME}), start as an ordinary user, or set OUTCRY_DATABASE_URL"
        )
    return Account(entry.pw_uid, entry.pw_gid, switches=True)


def _entry_of_uid(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def _entry_of_name(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _name_of(uid: int) -> str:
    entry = _entry_of_uid(uid)
    return entry.pw_name if entry else f"user {uid}"


def _create_account() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        return None
    # A read-only or exotic user database makes this fail, also when another process adds it now: look afterwards.
    subprocess.run(
        [useradd, "--system", "--user-group", "--no-create-home", "--shell", "/bin/false", ACCOUNT_NAME],
        check=False,
        capture_output=True,
        timeout=_USERADD_SECONDS,
    )
    return _entry_of_name(ACCOUNT_NAME)


def give(path: Path, account: Account) -> None:
    """Make `account` the owner of `path` and everything in it; nothing to do when it already is.

    The top goes last: its owner says that all below is done, also after a crash in the middle.
    """
    if not account.switches or path.lstat().st_uid == account.uid:
        return
    for folder, subfolders, files in os.walk(path):
        for name in (*subfolders, *files):
            os.chown(Path(folder, name), account.uid, account.gid, follow_symlinks=False)
    os.chown(path, account.uid, account.gid, follow_symlinks=False)


def make_reachable(path: Path, account: Account) -> None:
    """Let `account` pass through every parent folder of `path`.

    Only when it is not us, and only by the x bit for others on folders that root owns (such as a /root with mode
    0700): that lets one go through to a name one already knows, it does not let anyone list or read what is there.
    Raises EmbeddedPostgresError when a parent is closed by another owner.
    """
    if not account.switches:
        return
    for parent in reversed(path.parents):
        status = parent.stat()
        if _allows(status, account, stat.S_IXUSR):
            continue
        if status.st_uid != 0:
            raise EmbeddedPostgresError(
                f"{_name_of(account.uid)}, which runs PostgreSQL, cannot pass through {parent}, which belongs to "
                f"{_name_of(status.st_uid)}; choose another data folder or allow it (chmod o+x {parent})"
            )
        bit = stat.S_IXGRP if status.st_gid == account.gid else stat.S_IXOTH
        parent.chmod(stat.S_IMODE(status.st_mode) | bit)


def make_readable(top: Path, probe: Path, account: Account) -> None:
    """Let `account` read and run what lies under `top`, if it cannot run `probe`, one of its programs.

    An installation made by root under a strict umask is closed to everyone else.
    """
    if not account.switches:
        return
    make_reachable(top, account)
    if all(_allows(p.stat(), account, stat.S_IXUSR) for p in (probe, *probe.parents) if p.is_relative_to(top)):
        return
    for folder, _, files in os.walk(top):
        Path(folder).chmod(0o755)
        for name in files:
            file = Path(folder, name)
            mode = stat.S_IMODE(file.stat().st_mode)
            file.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


def _allows(status: os.stat_result, account: Account, user_bit: int) -> bool:
    """Whether the mode bits let `account` do what `user_bit` (S_IXUSR, say) lets an owner do."""
    if status.st_uid == account.uid:
        return bool(status.st_mode & user_bit)
    if status.st_gid == account.gid:
        return bool(status.st_mode & (user_bit >> 3))
    return bool(status.st_mode & (user_bit >> 6))
