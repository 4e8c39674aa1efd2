"""The panel's modules as few files: they run as they would by themselves."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from adapters.http.panel.assets import FOLDER, read_assets
from adapters.http.panel.joining import ModuleNotJoinable, join_modules

NODE = shutil.which("node")


def joined(**modules: str) -> dict[str, str]:
    return join_modules({f"app/{name}.js": text for name, text in modules.items()}, "app/main.js")


def lines_of(mappings: str) -> list[tuple[int, int, int]]:
    """Return line, source and line there, for each line of a map that has one."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    source = at = 0
    found = []
    for line, said in enumerate(mappings.split(";")):
        values, value, shift = [], 0, 0
        for digit in map(digits.index, said):
            value |= (digit & 31) << shift
            shift += 5
            if not digit & 32:
                values.append(-(value >> 1) if value & 1 else value >> 1)
                value = shift = 0
        if values:
            source, at = source + values[1], at + values[2]
            found.append((line, source, at))
    return found


def test_what_is_read_later_is_a_file_of_its_own_and_holds_nothing_twice() -> None:
    files = joined(
        main='import { a } from "./a.js";\nexport const go = () => import("./page.js");\n',
        a="export const a = 1;\n",
        page='import { a } from "./a.js";\nimport { b } from "./b.js";\nexport default a + b;\n',
        b="export const b = 2;\n",
    )
    assert set(files) == {"app-main.js", "app-main.js.map", "app-page.js", "app-page.js.map"}
    assert "const a = 1" in files["app-main.js"]
    assert "const a = 1" not in files["app-page.js"]
    assert 'from "./app-main.js"' in files["app-page.js"]


def test_a_map_leads_from_every_line_to_where_it_was_written() -> None:
    sources = {
        "app/main.js": 'import {\n  a,\n} from "./a.js";\n\nconsole.log(a);\n',
        "app/a.js": "/** One. */\nexport const a = 1;\n\nfunction two() {\n  return 2;\n}\n",
    }
    files = join_modules(sources, "app/main.js")
    told = json.loads(files["app-main.js.map"])
    written = files["app-main.js"].split("\n")
    came = {
        (told["sources"][source], at): written[line]
        for line, source, at in lines_of(told["mappings"])
    }
    assert len(came) == sum(text.count("\n") for text in sources.values())
    assert came["../app/a.js", 0] == "/** One. */"
    assert came["../app/a.js", 1] == "const a = 1;"
    assert came["../app/a.js", 4] == "  return 2;"
    assert came["../app/main.js", 4] == "console.log(a);"


@pytest.mark.parametrize(
    "text",
    [
        'export * from "./a.js";',
        'import a from "./a.js"',
        "export let a = 1;",
        "const a = 1;\nexport { a };",
        "await 1;",
        'import "./none.js";',
        'import "./main.js";',
    ],
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(ModuleNotJoinable):
        joined(main=f"{text}\n", a="export const a = 1;\n")


@pytest.mark.skipif(NODE is None, reason="NO NODE: joined modules are run in the browser only")
def test_joined_modules_run_in_the_same_order_and_see_the_same_names(tmp_path: Path) -> None:
    modules = {
        "main": (
            'import { EventEmitter as Emitter } from "node:events";\n'
            'import two, { said as told } from "./two.js";\n'
            'import * as one from "./one.js";\n'
            'told.push("main", two(), typeof Emitter, one.name$);\n'
            'import("./later.js").then((later) =>'
            " console.log(JSON.stringify([...told, later.default, later.more])));\n"
        ),
        "one": 'import { said } from "./said.js";\nsaid.push("one");\nexport const name$ = "n";\n',
        "two": (
            'import "./one.js";\nimport { said } from "./said.js";\nsaid.push("two");\n'
            'export default function two() {\n  return "2";\n}\nexport { said } from "./said.js";\n'
        ),
        "said": "export const said = [];\n",
        "later": (
            'import { said } from "./said.js";\nexport default {\n  n: said.length,\n};\n'
            "export async function more() {}\n"
        ),
    }
    for folder, files in (
        ("apart", {f"{name}.js": text for name, text in modules.items()}),
        ("joined", joined(**modules)),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "package.json").write_text('{"type": "module"}')
        for name, text in files.items():
            (tmp_path / folder / name).write_text(text)
    runs = [
        subprocess.run(
            [str(NODE), str(tmp_path / where)], capture_output=True, check=True, timeout=60
        ).stdout
        for where in ("apart/main.js", "joined/app-main.js")
    ]
    assert runs[0] == runs[1] != b""


def test_the_panel_is_joined_in_few_files_that_hold_all_its_modules() -> None:
    files = read_assets().files
    held = {
        source.removeprefix("../")
        for path, asset in files.items()
        if path.endswith(".map")
        for source in json.loads(asset.body)["sources"]
    }
    assert held == {path.relative_to(FOLDER).as_posix() for path in (FOLDER / "app").rglob("*.js")}
