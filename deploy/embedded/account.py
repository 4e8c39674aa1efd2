"""Who the servers run as: PostgreSQL refuses to run as root, so root gives it a user."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.errors import EmbeddedServerFailed

USER = "pgserver"
PLACES = "/usr/sbin:/sbin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """
    Return the system user PostgreSQL runs as, made if need be; None unless we are root.

    Raises EmbeddedServerFailed when it cannot be made.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(USER)
    except KeyError:
        _make_user()
        entry = pwd.getpwnam(USER)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _make_user() -> None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:{PLACES}")
    if useradd is None:
        raise EmbeddedServerFailed(
            "PostgreSQL",
            f"it does not run as root and there is no useradd to make a user for it: "
            f"make a system user called {USER}, or run Recado as an ordinary user",
        )
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    made = subprocess.run(  # noqa: S603 - fixed arguments, no shell
        [useradd, *options, "--shell", "/usr/sbin/nologin", USER],
        capture_output=True,
        text=True,
        check=False,
    )
    already_there = 9
    if made.returncode not in (0, already_there):
        reason = made.stderr.strip().splitlines()[-1:] or [f"status {made.returncode}"]
        raise EmbeddedServerFailed("PostgreSQL", f"its user {USER} cannot be made: {reason[0]}")


def closed_folder(path: Path, account: Account) -> Path | None:
    """Return the topmost folder on the way to `path`, itself included, that stops `account`."""
    for folder in [*reversed(path.parents), path]:
        if not _may_pass(folder.stat(), account):
            return folder
    return None


def _may_pass(folder: os.stat_result, account: Account) -> bool:
    if folder.st_uid == account.uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == account.gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)
