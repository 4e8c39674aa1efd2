"""
The panel's modules as few files: each is put, line for line, into a function of its own.

A browser asks for every module by itself, and a hundred of them take seconds. Joined they cost
a handful of requests; the sources stay the modules they are, a source map leads back to them,
and nobody builds anything. Modules may say little, and what else one says is refused here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath
from typing import Final

from adapters.http.panel.source_map import source_map

_IMPORT: Final = re.compile(r'^import (?:([^"]+?) from )?"([^"]+)";$', re.MULTILINE)
_PASSED_ON: Final = re.compile(r'^export \{([^}]*)\} from "([^"]+)";$', re.MULTILINE)
_DECLARED: Final = re.compile(
    r"^export (default )?((?:async )?function|class|const) ([\w$]+)", re.MULTILINE
)
_DEFAULT: Final = re.compile(r"^export default (?=\S)", re.MULTILINE)
_LATER: Final = re.compile(r'^(?!\s*/?\*)((?:.*\s)?)import\("(\.[^"]+)"\)', re.MULTILINE)
_REFUSED: Final = re.compile(r"^(?:import[^(]|export\b|await\b).*", re.MULTILINE)


class ModuleNotJoinable(ValueError):
    """A module says something that is not understood here."""


@dataclass(slots=True)
class _Module:
    path: str
    body: str
    needs: list[str] = field(default_factory=list)
    """Paths of modules and names of others' packages, in the order in which they are run."""
    later: list[str] = field(default_factory=list)
    """Paths of modules that are read when somebody goes there."""


def join_modules(sources: Mapping[str, str], start: str) -> dict[str, str]:
    """
    Return files by name, with a map each: one for what `start` needs, and one for each module
    that is imported later, with what it needs and no earlier file holds.

    Raises `ModuleNotJoinable` where a module is missing, needs itself, or says something unknown.
    """
    modules: dict[str, _Module] = {}
    place: dict[str, str] = {}
    files: dict[str, str] = {}
    starts = [start]
    for path in starts:
        fresh = list(_in_order(path, sources, modules))
        place |= dict.fromkeys(fresh, path)
        held = [modules[one] for one in fresh]
        starts += [one for module in held for one in module.later if one not in starts]
        files |= _file(path, held, place, sources)
    return files


def joined_name(path: str) -> str:
    """Return the name of the file that begins with a module."""
    return path.replace("/", "-")


def _in_order(
    path: str,
    sources: Mapping[str, str],
    modules: dict[str, _Module],
    above: tuple[str, ...] = (),
) -> Iterator[str]:
    """Yield the modules that no file holds yet, each after all that it needs, as browsers do."""
    if path in above:
        raise ModuleNotJoinable(f"{path} needs itself: {' > '.join(above)}")
    if path in modules:
        return
    if path not in sources:
        raise ModuleNotJoinable(f"{' > '.join(above)} needs {path}, which is not there")
    module = _understood(path, sources[path])
    for needed in module.needs:
        if needed.endswith(".js"):
            yield from _in_order(needed, sources, modules, (*above, path))
    modules[path] = module
    yield path


def _understood(path: str, text: str) -> _Module:
    module = _Module(path, text)
    told: list[str] = []

    def needed(of: str) -> str:
        name = normpath(join(dirname(path), of)) if of.startswith(".") else of
        module.needs.append(name)
        return name_of(name)

    def imported(found: re.Match[str]) -> str:
        name = needed(found[2])
        return _padded(found, f"const {_taken(found[1], name)};" if found[1] else "")

    def passed_on(found: re.Match[str]) -> str:
        name = needed(found[2])
        told.extend(f"{one}: {name}.{one}" for one in _names(found[1]))
        return _padded(found, "")

    def declared(found: re.Match[str]) -> str:
        told.append(f"default: {found[3]}" if found[1] else found[3])
        return f"{found[2]} {found[3]}"

    def default(_: re.Match[str]) -> str:
        told.append("default: $default")
        return "const $default = "

    def later(found: re.Match[str]) -> str:
        name = normpath(join(dirname(path), found[2]))
        module.later.append(name)
        held = name_of(name)
        return f'{found[1]}import("./{joined_name(name)}").then(({{ {held} }}) => {held})'

    # Others' statements are read in their order, for it is the order in which they run.
    both = re.compile(f"{_IMPORT.pattern}|{_PASSED_ON.pattern}", re.MULTILINE)
    text = both.sub(
        lambda found: (
            _IMPORT.sub(imported, found[0])
            if found[0].startswith("import")
            else _PASSED_ON.sub(passed_on, found[0])
        ),
        text,
    )
    text = _LATER.sub(later, _DEFAULT.sub(default, _DECLARED.sub(declared, text)))
    if refused := _REFUSED.search(text):
        raise ModuleNotJoinable(f"{path} says {refused[0]!r}")
    module.body = f"{text.rstrip()}\nreturn {{ {', '.join(told)} }};"
    return module


def _names(listed: str) -> list[str]:
    return [name for one in listed.split(",") if (name := " ".join(one.split()))]


def _taken(what: str, of: str) -> str:
    """Return how a module's function takes what the module imports."""
    if what.startswith("* as "):
        return f"{what.removeprefix('* as ')} = {of}"
    default, _, listed = what.partition("{")
    names = [name.replace(" as ", ": ") for name in _names(listed.rstrip("} "))]
    if default := default.strip(", "):
        names.insert(0, f"default: {default}")
    return f"{{ {', '.join(names)} }} = {of}"


def _padded(found: re.Match[str], text: str) -> str:
    """Return a text of as many lines as what it stands for."""
    return text + "\n" * found[0].count("\n")


def name_of(path: str) -> str:
    """Return what a module is called inside a joined file."""
    return "$" + re.sub(r"\W", "_", path)


def _file(
    path: str, held: Sequence[_Module], place: Mapping[str, str], sources: Mapping[str, str]
) -> dict[str, str]:
    name = joined_name(path)
    head = list(_imports(path, held, place))
    parts = [f"const {name_of(one.path)} = (() => {{\n{one.body}\n}})();" for one in held]
    tail = f"export {{ {', '.join(name_of(one.path) for one in held)} }};"
    lines = [(one.path, sources[one.path].count("\n")) for one in held]
    return {
        name: "\n".join([*head, *parts, tail, f"//# sourceMappingURL={name}.map\n"]),
        f"{name}.map": source_map(len(head), parts, lines),
    }


def _imports(path: str, held: Sequence[_Module], place: Mapping[str, str]) -> Iterator[str]:
    needed = dict.fromkeys(one for module in held for one in module.needs)
    for one in needed:
        if one not in place:
            yield f'import * as {name_of(one)} from "{one}";'
    elsewhere: dict[str, list[str]] = {}
    for one in needed:
        if place.get(one, path) != path:
            elsewhere.setdefault(place[one], []).append(name_of(one))
    for start, names in elsewhere.items():
        yield f'import {{ {", ".join(names)} }} from "./{joined_name(start)}";'
