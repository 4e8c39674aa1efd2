"""The README is true: its commands run, its code works, its links lead somewhere."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import playwright
import pytest
from typer.testing import CliRunner

from deploy import workspace
from deploy.cli import app
from tests.fixtures_servers import temporary_data

ROOT = Path(__file__).parents[2]
NODE = Path(playwright.__file__).parent / "driver" / "node"
README = (ROOT / "README.md").read_text()
RECADO = [sys.executable, "-m", "deploy.cli"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def demo() -> Iterator[dict[str, str]]:
    """Yield the environment of somebody who has the demo running."""
    with temporary_data() as data:
        process = subprocess.Popen(
            [*RECADO, "demo", "--data", str(data), "--speed", "10"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            assert process.stdout is not None
            said = iter(process.stdout.readline, "")
            ready = next(line for line in said if line.startswith("ready "))
            yield {
                **os.environ,
                "URL": ready.split()[1],
                "DATA": str(data),
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            }
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_new_subscriber_gets_what_the_readme_promises(
    demo: dict[str, str], tmp_path: Path
) -> None:
    recado = tmp_path / "recado"
    recado.write_text(f'#!/bin/sh\nexec {" ".join(RECADO)} "$@"\n')
    recado.chmod(0o755)
    (shell,) = [block for block in blocks("sh") if "curl" in block]
    shell = shell.replace(".venv/bin/recado", str(recado)) + '\necho "TOKEN=$TOKEN"'
    demo = {**demo, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        ["bash", "-euc", shell], cwd=tmp_path, env=demo, capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr
    assert '"items"' in run.stdout

    token = run.stdout.rpartition("TOKEN=")[2].strip()
    (python,), (javascript,) = blocks("python"), blocks("js")
    (tmp_path / "page.mjs").write_text(javascript)
    for program in ([sys.executable, "-c", python], [f"{NODE}", "page.mjs"]):
        listened = subprocess.run(
            program,
            cwd=tmp_path,
            env={**demo, "TOKEN": token},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert listened.returncode == 0, listened.stderr
        assert "up_to_date" in listened.stdout


def test_the_workspace_file_of_the_readme_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANA_PASSWORD", "a-long-password")
    file = tmp_path / "loja.toml"
    (example,) = blocks("toml")
    file.write_text(example)

    read = workspace.read(file)

    assert read.account.name == "Loja Ipê"
    assert read.operators[0].secret() == "a-long-password"


def test_every_command_that_the_readme_names_exists() -> None:
    named = set(re.findall(r"`(?:\.venv/bin/)?recado ([a-z]+)", README))
    assert {"history", "verify", "doctor"} <= named
    for name in sorted(named):
        shown = CliRunner().invoke(app, [name, "--help"])
        assert shown.exit_code == 0, name
        assert "Example" in shown.stdout, name


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
    headings = {re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in _headings()}
    for anchor in re.findall(r"\]\(#([^)]+)\)", README):
        assert anchor in headings, anchor


def _headings() -> list[str]:
    return re.findall(r"^#+ (.*)$", README, re.MULTILINE)
