"""The panel's files: what others wrote is as locked, the rest keeps the house's rules."""

import json
import re
from pathlib import Path

import pytest

from adapters.channels.registry import installed
from adapters.http.panel.assets import FOLDER, read_assets
from deploy.vendoring import faults, sum_of
from tests.adapters.http.conftest import Caller

APP = sorted((FOLDER / "app").rglob("*.js"))
WORD = re.compile(r'\bt\("([\w.]+)"')
TABLED = re.compile(r'^  "([\w.]+)": \[(.*?)\],?$', re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("folder", [FOLDER / "vendor", Path(__file__).parent / "vendor"])
def test_what_others_wrote_is_unchanged_and_has_its_licence(folder: Path) -> None:
    assert faults(folder) == []


def test_a_changed_file_is_found(tmp_path: Path) -> None:
    listed = {"name": "a", "version": "1", "licence": "MIT", "files": ["a.js"]}
    sums = {"a.js": sum_of(b"let a"), "LICENSE": sum_of(b"MIT")}
    written = {
        "vendor.toml": "[[package]]\n"
        + "".join(f"{k} = {json.dumps(v)}\n" for k, v in listed.items()),
        "vendor.lock.json": json.dumps({"a": {"version": "1", "archive": "", "files": sums}}),
        "NOTICES.md": "## a 1 (MIT)",
        "a/LICENSE": "MIT",
        "a/a.js": "let a",
    }
    for name, content in written.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert faults(tmp_path) == []
    (tmp_path / "a" / "a.js").write_text("let b")
    (tmp_path / "a" / "c.js").write_text("")
    assert faults(tmp_path) == ["a/a.js was changed", "a/c.js is not listed"]


@pytest.mark.parametrize("path", APP, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_a_module_asks_only_through_the_sdk_and_makes_no_markup_from_text(path: Path) -> None:
    text = path.read_text()
    for forbidden in ("fetch(", "XMLHttpRequest", "EventSource", "innerHTML", "outerHTML", "eval("):
        assert forbidden not in text
    assert "insertAdjacentHTML" not in text
    assert "dangerouslySet" not in text
    assert not re.search(r"https?://(?!127)", text)


def test_every_word_that_is_used_is_there_in_three_languages() -> None:
    words = {
        key: texts
        for path in (FOLDER / "app" / "words").glob("*.js")
        for key, texts in TABLED.findall(path.read_text())
    }
    for key, texts in words.items():
        assert len(re.findall(r'"(?:[^"\\]|\\.)+"', texts)) == 3, key
    used = {key for path in APP for key in WORD.findall(path.read_text())}
    assert used - words.keys() == set()


def test_every_step_of_connecting_a_channel_is_told_in_the_languages_of_the_panel() -> None:
    told = (FOLDER / "app" / "words" / "admin_setup.js").read_text()
    registry = installed()
    kinds = [one.kind for one in registry.listed() if one.origin.startswith("adapters.")]
    steps = {step for kind in kinds for step in registry.adapter_class(kind).meta.setup}
    keys = {
        step: json.dumps(step.replace("https://your.host", "{host}"), ensure_ascii=False)
        for step in steps
    }
    assert [step for step, key in keys.items() if key not in told] == []


async def test_the_page_lets_in_its_own_scripts_only(caller: Caller) -> None:
    """S8: by sum where they stand in the page, by address where they do not."""
    page = await caller.get("/panel/inbox/new")
    policy = page.headers["content-security-policy"]

    assert page.headers["content-type"].startswith("text/html")
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert read_assets().policy == policy
    assert "://" not in page.text
    for address in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
        got = await caller.get(address)
        assert got.status_code == 200, address
        assert "immutable" in got.headers["cache-control"]


async def test_files_of_another_state_are_not_there(caller: Caller) -> None:
    assert (await caller.get("/panel/files/0123456789abcdef/app/main.js")).status_code == 404
    assert (
        await caller.get(f"/panel/files/{read_assets().digest}/../routes.py")
    ).status_code == 404
    sdk = await caller.get("/sdk/recado.js")
    assert sdk.headers["content-type"].startswith("text/javascript")
