"""
Brings other people's JavaScript into the tree, byte for byte, and says whether it still is that.

    python -m deploy.vendoring update adapters/http/panel/vendor
    python -m deploy.vendoring check adapters/http/panel/vendor

`vendor.toml` names packages, versions, files and licences; `update` fetches them with npm,
which checks what it gets against the registry's own sums, and writes `vendor.lock.json` (the
archive's sum, and SHA-384 of each file) and `NOTICES.md`. `check` needs no network.
"""

import sys
import tarfile
import tomllib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha384
from pathlib import Path, PurePosixPath
from shutil import rmtree
from subprocess import run
from tempfile import TemporaryDirectory
from typing import Any, Final

import orjson

LIST: Final = "vendor.toml"
LOCK: Final = "vendor.lock.json"
NOTICES: Final = "NOTICES.md"
LICENCE_FILE: Final = "LICENSE"

Package = Mapping[str, Any]


def packages(folder: Path) -> list[Package]:
    """Return what `vendor.toml` lists."""
    listed: list[Package] = tomllib.loads((folder / LIST).read_text())["package"]
    return listed


def sum_of(content: bytes) -> str:
    """Return a file's sum as the `integrity` of a page writes it."""
    return "sha384-" + b64encode(sha384(content).digest()).decode()


def update(folder: Path) -> None:
    """Fetch everything anew; what was there before goes."""
    for kept in folder.iterdir():
        if kept.is_dir():
            rmtree(kept)
    listed = packages(folder)
    locked = {package["name"]: _fetched(package, folder / package["name"]) for package in listed}
    (folder / LOCK).write_bytes(orjson.dumps(locked, option=orjson.OPT_INDENT_2) + b"\n")
    (folder / NOTICES).write_text("".join(_notices(folder, listed)))


def faults(folder: Path) -> list[str]:
    """Return what is wrong: files that changed, are missing, or are there unasked."""
    locked = orjson.loads((folder / LOCK).read_bytes())
    found = [f"{LIST} and {LOCK} name different things"] * (_named(folder) != _locked(locked))
    sums = {
        f"{name}/{file}": sum_
        for name, package in locked.items()
        for file, sum_ in package["files"].items()
    }
    present = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and path.parent != folder
    }
    found += [f"{file} is missing" for file in sums.keys() - present.keys()]
    found += [f"{file} is not listed" for file in present.keys() - sums.keys()]
    both = sums.keys() & present.keys()
    found += [f"{f} was changed" for f in both if sum_of(present[f].read_bytes()) != sums[f]]
    notices = (folder / NOTICES).read_text()
    found += [f"{NOTICES} lacks {name}" for name in locked if f"## {name} " not in notices]
    return sorted(found)


def _named(folder: Path) -> dict[str, tuple[str, set[str]]]:
    return {p["name"]: (p["version"], {*p["files"], LICENCE_FILE}) for p in packages(folder)}


def _locked(locked: Mapping[str, Package]) -> dict[str, tuple[str, set[str]]]:
    return {name: (package["version"], set(package["files"])) for name, package in locked.items()}


def _fetched(package: Package, into: Path) -> dict[str, Any]:
    """Put a package's files in their place, and return what the lock says of it."""
    with TemporaryDirectory() as place:
        wanted = f"{package['name']}@{package['version']}"
        asked = ["npm", "pack", "--json", "--pack-destination", place, wanted]
        said = run(asked, check=True, capture_output=True).stdout  # noqa: S603  (names from vendor.toml)
        (packed,) = _packed(orjson.loads(said))
        with tarfile.open(next(Path(place).glob("*.tgz"))) as archive:
            files = [*package["files"], LICENCE_FILE]
            sums = {file: _extracted(archive, file, into) for file in files}
    return {"version": package["version"], "archive": packed["integrity"], "files": sums}


def _packed(said: Any) -> list[Package]:
    """Return npm's list of what it packed; some versions key it by name."""
    return list(said.values()) if isinstance(said, dict) else said


def _extracted(archive: tarfile.TarFile, file: str, into: Path) -> str:
    member = archive.extractfile(str(PurePosixPath("package") / file))
    if member is None:
        raise FileNotFoundError(file)
    content = member.read()
    path = into / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return sum_of(content)


def _notices(folder: Path, listed: list[Package]) -> Iterator[str]:
    yield "# What others wrote\n\nUnchanged files of these packages, under their own licences.\n"
    for package in listed:
        text = (folder / package["name"] / LICENCE_FILE).read_text().strip()
        yield f"\n## {package['name']} {package['version']} ({package['licence']})\n\n"
        yield f"```\n{text}\n```\n"


def main(arguments: list[str]) -> int:
    """Run `update` or `check` on a folder; return 1 where something is wrong."""
    match arguments:
        case ["update", folder]:
            update(Path(folder))
            return 0
        case ["check", folder]:
            wrong = faults(Path(folder))
            print("\n".join(wrong) or "all as locked")
            return 1 if wrong else 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
