"""`python3 -m deploy`: from a clone to a running command, whatever happened before."""

import ast
import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import deploy
from tests.fixtures_servers import wait_until

ROOT = Path(deploy.__file__).parents[1]

PROJECT = """
[project]
name = "recado"
version = "0.1.0"
dependencies = []
[project.scripts]
recado = "deploy.cli:main"
"""

CLI = """
import sys
def main():
    import tiny
    print("recado", *sys.argv[1:], tiny.WORD)
    return 3
"""


def tiny_wheel(folder: Path) -> str:
    """Write a package of one word; return the line that requires it."""
    wheel = folder / "tiny-1.0-py3-none-any.whl"
    files = {
        "tiny.py": "WORD = 'works'\n",
        "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        record = ""
        for name, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()
            record += f"{name},sha256={digest.rstrip('=')},{len(text)}\n"
            archive.writestr(name, text)
        archive.writestr("tiny-1.0.dist-info/RECORD", record)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"--no-index\n--find-links {folder}\ntiny==1.0 --hash=sha256:{digest}\n"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with a command of one line and one small requirement, no network needed."""
    clone = tmp_path / "a clone"
    (clone / "deploy").mkdir(parents=True)
    (clone / "deploy" / "__init__.py").write_text("")
    (clone / "deploy" / "cli.py").write_text(CLI)
    shutil.copy(ROOT / "deploy" / "__main__.py", clone / "deploy")
    (clone / "pyproject.toml").write_text(PROJECT)
    required = tiny_wheel(tmp_path)
    for name in ("requirements.txt", "requirements-dev.txt"):
        (clone / "deploy" / name).write_text(required)
    return clone


def run(clone: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "deploy", *arguments],
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_one_command_sets_up_and_hands_over_and_the_next_only_hands_over(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    first = run(clone, "demo", "--for", "60s")
    assert (first.stdout, first.returncode) == ("recado demo --for 60s works\n", 3)
    assert first.stderr.splitlines()[1] == (
        "recado: installing 1 packages, each checked against its hash"
    )

    # What is compiled is kept all the same, in the environment's own folder.
    assert list((clone / ".venv" / "pycache").rglob("tiny.*.pyc"))
    assert not list((clone / "deploy").rglob("*.pyc"))

    second = run(clone, "history", "chat-1")
    assert (second.stdout, second.stderr) == ("recado history chat-1 works\n", "")

    # Its own command works from anywhere, and pip knows it by name.
    recado = subprocess.run(
        [clone / ".venv/bin/recado", "up"], cwd="/", capture_output=True, text=True, check=False
    )
    assert recado.stdout == "recado up works\n"

    # A change of what is required is noticed.
    with (clone / "deploy" / "requirements.txt").open("a") as required:
        required.write("# changed\n")
    assert "installing 1 packages" in run(clone, "setup").stderr

    # The tests' list is the longer one; once it is there, nothing shorter replaces it.
    tests = run(clone, "test", "--version")
    assert "No module named pytest" in tests.stderr
    assert run(clone, "setup").stderr == f"recado: ready: {clone}/.venv/bin/recado\n"
    with (clone / "deploy" / "requirements.txt").open("a") as required:
        required.write("# changed again\n")
    run(clone, "setup")
    assert "requirements-dev.txt" in json.loads((clone / ".venv/.recado-setup").read_text())


def test_a_wrong_hash_is_refused(clone: Path) -> None:
    required = clone / "deploy" / "requirements.txt"
    required.write_text(required.read_text().partition("sha256:")[0] + "sha256:" + "0" * 64 + "\n")

    refused = run(clone, "demo")
    assert refused.returncode == 1
    assert "DO NOT MATCH THE HASHES" in refused.stderr
    assert refused.stderr.splitlines()[-1].startswith("recado: the packages cannot be installed")
    assert refused.stdout == ""


@pytest.mark.slow
def test_an_interrupted_set_up_is_made_whole_by_the_next_run(clone: Path) -> None:
    interrupted = subprocess.Popen(
        [sys.executable, "-m", "deploy", "setup"],
        cwd=clone,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until((clone / ".venv" / "bin" / "python").exists, 60)
    finally:
        os.killpg(interrupted.pid, signal.SIGKILL)
        interrupted.wait()
    assert run(clone, "demo").stdout == "recado demo works\n"

    # As after a kill in the midst of installing: half a package, and no word of an end.
    (clone / ".venv" / ".recado-setup").write_text("unfinished\n")
    for half in (clone / ".venv").rglob("tiny.py"):
        half.unlink()
    assert run(clone, "demo").stdout == "recado demo works\n"


def test_two_at_once_make_one_environment(clone: Path) -> None:
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "deploy", "up"],
            cwd=clone,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=120) for process in both]
    assert [out for out, _ in answers] == ["recado up works\n"] * 2
    assert "".join(err for _, err in answers).count("making") == 1


def test_what_runs_without_a_clone_made_ready(clone: Path) -> None:
    assert run(clone).returncode == 2
    assert "usage: python3 -m deploy" in run(clone, "--help").stdout
    assert not (clone / ".venv").exists()


def test_a_debian_without_venv_is_told_the_exact_line(clone: Path) -> None:
    """Debian's python3 comes without ensurepip until its package is there."""
    hidden = """
import importlib.util, runpy, sys
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *a: None if name == "ensurepip" else found(name, *a)
sys.argv = ["deploy", "demo"]
runpy.run_module("deploy", run_name="__main__")
"""
    told = subprocess.run(
        [sys.executable, "-c", hidden], cwd=clone, capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert f"python3.{sys.version_info[1]}-venv" in told.stderr
    assert len(told.stderr.splitlines()) == 1


def test_an_older_python_gets_as_far_as_being_told(clone: Path) -> None:
    older = next(filter(None, map(shutil.which, ("python3.9", "python3.10"))), None)
    if older is None or subprocess.run([older, "-c", ""], check=False).returncode != 0:
        pytest.skip("no older Python here")
    told = subprocess.run(
        [older, "-m", "deploy", "demo"], cwd=clone, capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert told.stderr.startswith("recado: Python 3.11 or newer is needed, this is 3.")


def test_it_parses_as_the_python_it_has_to_turn_away() -> None:
    ast.parse((ROOT / "deploy" / "__main__.py").read_text(), feature_version=(3, 9))
