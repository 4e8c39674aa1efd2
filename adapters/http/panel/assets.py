"""
The panel's files as they are sent: under a path that names their content, so that a browser
keeps them for ever, with one page that lists them all.
"""

import gzip
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from string import Template
from typing import Final

import orjson

from adapters.http.panel.joining import join_modules, joined_name

FOLDER: Final = Path(__file__).parent
SDK: Final = FOLDER.parent / "sdk" / "recado.js"
_ICONS: Final = "vendor/lucide-static/icons"
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".map": "application/json",
}
_START: Final = "app/main.js"
_FIRST: Final = (_START, "app/panel.js")
"""Begin the files that every look at the panel needs; who signs in gets them meanwhile."""
_JOINED: Final = "joined"
_NAMED: Final = {
    "preact": "vendor/preact/dist/preact.mjs",
    "preact/hooks": "vendor/preact/hooks/dist/hooks.mjs",
    "htm": "vendor/htm/dist/htm.mjs",
    "@preact/signals": "vendor/@preact/signals/dist/signals.mjs",
    "@preact/signals-core": "vendor/@preact/signals-core/dist/signals-core.mjs",
    "uplot": "vendor/uplot/dist/uPlot.esm.js",
    "lean-qr": "vendor/lean-qr/index.mjs",
    "recado": "sdk/recado.js",
}
"""What modules call the files of others by."""
_LATER: Final = ("vendor/uplot/", "vendor/lean-qr/")
"""Not needed for the first look: read when somebody goes there."""
_POLICY: Final = Template(
    "default-src 'none'; script-src 'self' 'sha256-$importmap'; style-src 'self';"
    " connect-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:;"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
_STYLES: Final = ("tokens", "base", "kit")
"""The sheets that come before all others, which go by their names."""
_OTHERS_STYLES: Final = "vendor/uplot/dist/uPlot.min.css"
_SVG: Final = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, as it is and compressed."""

    body: bytes
    compressed: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All files of one state of the tree, and the page that goes with them."""

    digest: str
    files: Mapping[str, Asset]
    page: bytes
    policy: str
    """Content-Security-Policy of the page: it lets in the one script inside it, by its sum."""


def read_assets(parts: tuple[str, ...] = ()) -> Assets:
    """Return the panel as it lies on the disk now; `parts` are folders that it shows besides."""
    contents = dict(sorted(_contents()))
    contents |= _joined(contents)
    told = sha256()
    for path, content in contents.items():
        told.update(path.encode() + b"\x00" + content + b"\x00")
    digest = told.hexdigest()[:16]
    files = {
        path: Asset(content, gzip.compress(content, 9, mtime=0), _TYPES[Path(path).suffix])
        for path, content in contents.items()
    }
    root = f"/panel/files/{digest}"
    sums = _sums(root, contents)
    imports = {name: f"{root}/{path}" for name, path in _NAMED.items()}
    importmap = orjson.dumps({"imports": imports, "integrity": sums}).decode()
    preloads = "\n".join(_preloads(root, sums))
    page = Template((FOLDER / "index.html").read_text()).substitute(
        root=root, importmap=importmap, preloads=preloads, parts=" ".join(parts)
    )
    policy = _POLICY.substitute(importmap=b64encode(sha256(importmap.encode()).digest()).decode())
    return Assets(digest, files, page.encode(), policy)


def changed_at() -> int:
    """Return when a file of the panel was last written, in nanoseconds since 1970."""
    return max(path.stat().st_mtime_ns for path in (*_paths(), FOLDER / "index.html", SDK))


def _paths() -> Iterator[Path]:
    for folder in ("app", "styles", "vendor"):
        for path in (FOLDER / folder).rglob("*"):
            if path.suffix in _TYPES and not path.name.startswith("vendor."):
                yield path


def _contents() -> Iterator[tuple[str, bytes]]:
    yield "sdk/recado.js", SDK.read_bytes()
    for path in _paths():
        name = path.relative_to(FOLDER).as_posix()
        if not name.startswith((_ICONS, "styles/")):
            yield name, path.read_bytes()
    yield "icons.svg", _sprite()
    yield "styles.css", _styles()


def _joined(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the panel's own modules in few files; what they are made of stays beside them."""
    sources = {path: body.decode() for path, body in contents.items() if path.startswith("app/")}
    joined = join_modules(sources, _START)
    return {f"{_JOINED}/{name}": text.encode() for name, text in joined.items()}


def _styles() -> bytes:
    """Return all sheets as one; what stands above what is said by their layers."""
    first = [FOLDER / "styles" / f"{name}.css" for name in _STYLES]
    others = sorted(set((FOLDER / "styles").glob("*.css")) - set(first))
    return b"\n".join(path.read_bytes() for path in (*first, FOLDER / _OTHERS_STYLES, *others))


def _sprite() -> bytes:
    """Return all icons as one file of symbols, each under its own name."""
    symbols = []
    for path in sorted((FOLDER / _ICONS).glob("*.svg")):
        found = _SVG.search(path.read_text())
        assert found is not None, path
        drawn = " ".join(found[1].split())
        symbols.append(f'<symbol id="{path.stem}" viewBox="0 0 24 24">{drawn}</symbol>')
    inner = "".join(symbols)
    return f'<svg xmlns="http://www.w3.org/2000/svg">{inner}</svg>'.encode()


def _sums(root: str, contents: Mapping[str, bytes]) -> dict[str, str]:
    """Return what the lock says of the modules of others, by their address."""
    locked = orjson.loads((FOLDER / "vendor" / "vendor.lock.json").read_bytes())
    return {
        f"{root}/vendor/{package}/{file}": sum_
        for package, described in locked.items()
        for file, sum_ in described["files"].items()
        if f"vendor/{package}/{file}" in contents and file.endswith("js")
    }


def _preloads(root: str, sums: Mapping[str, str]) -> Iterator[str]:
    """Yield the links by which a browser fetches all first files at once, not level by level."""
    first = [f"{_JOINED}/{joined_name(path)}" for path in _FIRST]
    named = [path for path in _NAMED.values() if not path.startswith(_LATER)]
    for path in (*first, *named):
        address = f"{root}/{path}"
        checked = f' integrity="{sums[address]}"' if address in sums else ""
        yield f'  <link rel="modulepreload" href="{address}"{checked}>'
