"""
Make the environment of this clone, then hand over to it.

Standard library only, and nothing newer than Python 3.9 outside of function bodies:
an older Python must get as far as being told that it is too old.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
SIDE_BY_SIDE = ("-n", "2", "--dist", "loadfile")
STATE = VENV / ".recado-setup"
RUN, TEST = "requirements.txt", "requirements-dev.txt"
OLDEST = (3, 11)

USAGE = """\
usage: python3 -m deploy COMMAND [ARGUMENT...]

  setup     make .venv with everything Recado needs
  demo      the same, then run the demo company with simulated customers
  test      the same, then run the tests (arguments go to pytest)
  COMMAND   the same, then `recado COMMAND`

Try: python3 -m deploy demo --for 60s"""


class CannotSetUp(Exception):
    """The environment cannot be made; the message says what to do."""


def main() -> None:
    arguments = sys.argv[1:]
    if sys.version_info < OLDEST:
        sys.exit("recado: Python 3.11 or newer is needed, this is %d.%d" % sys.version_info[:2])  # noqa: UP031 - read by old ones
    if os.name != "posix":
        sys.exit("recado: runs on Linux and macOS; on Windows use WSL")
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE)
        sys.exit(0 if arguments else 2)

    try:
        set_up(TEST if arguments[0] == "test" else RUN)
    except CannotSetUp as error:
        sys.exit(f"recado: {error}")
    except OSError as error:
        sys.exit(f"recado: cannot set up {VENV}: {error.strerror} ({error.filename})")
    except KeyboardInterrupt:
        say("interrupted; the next run begins again")
        sys.exit(130)
    hand_over(arguments)


def say(line: str) -> None:
    print(f"recado: {line}", file=sys.stderr, flush=True)


def hand_over(arguments: "list[str]") -> None:
    """Become what was asked for; comes back only from `setup`."""
    if arguments[0] == "setup":
        say(f"ready: {VENV / 'bin' / 'recado'}")
        return
    keep_what_is_compiled()
    sys.stdout.flush()
    if arguments[0] == "test":
        os.chdir(ROOT)
        # A file at a time on each of two cores: what a file starts, it shares.
        tests = [str(PYTHON), "-m", "pytest", *(arguments[1:] or SIDE_BY_SIDE)]
        os.execv(PYTHON, tests)  # noqa: S606 - no shell needed
    recado = VENV / "bin" / "recado"
    os.execv(recado, [str(recado), *arguments])  # noqa: S606 - no shell needed


def keep_what_is_compiled() -> None:
    """
    Let Python keep what it compiles in the environment's own folder, where it was told not to.

    An installation starts several processes, and a part that ends starts again: with
    everything compiled anew each start takes twice as long.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(VENV / "pycache"))


# -- what is there ----------------------------------------------------------------


def fingerprints() -> "dict[str, str]":
    """Return what each list of requirements stands for now."""
    project = (ROOT / "pyproject.toml").read_bytes()
    here = f"{sys.version_info[:2]} {ROOT}".encode()
    return {
        name: hashlib.sha256(project + here + (ROOT / "deploy" / name).read_bytes()).hexdigest()
        for name in (RUN, TEST)
    }


def installed() -> "dict[str, str]":
    """Return what the environment was made from; empty when that was never finished."""
    try:
        known = json.loads(STATE.read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def suffices(wanted: str) -> bool:
    return installed().get(wanted) == fingerprints()[wanted] and (VENV / "bin/recado").exists()


# -- making it --------------------------------------------------------------------


def set_up(wanted: str) -> None:
    """Make `.venv` hold what the `wanted` requirements say; at once when it does."""
    if suffices(wanted):
        return
    with one_at_a_time():
        if suffices(wanted):
            return
        began = time.monotonic()
        if TEST in installed():
            wanted = TEST  # the longer list: what it pins stays as it is
        ensure_venv()
        STATE.write_text("unfinished\n")
        install_requirements(wanted)
        install_project()
        names = (RUN, TEST) if wanted == TEST else (RUN,)
        draft = STATE.with_suffix(".new")
        draft.write_text(json.dumps({name: fingerprints()[name] for name in names}))
        draft.replace(STATE)
        say(f"set up in {time.monotonic() - began:.0f} s")


@contextlib.contextmanager
def one_at_a_time() -> "Iterator[None]":
    """
    Wait until no other set-up works in this clone.

    The steps inherit the lock: a pip that outlives a killed set-up still holds it.
    """
    import fcntl  # noqa: PLC0415 - not on Windows, which was told so by now

    clone = os.open(ROOT, os.O_RDONLY)
    os.set_inheritable(clone, True)
    try:
        try:
            fcntl.flock(clone, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work here, waiting for it")
            fcntl.flock(clone, fcntl.LOCK_EX)
        yield
    finally:
        os.close(clone)


def ensure_venv() -> None:
    """Make the environment unless a whole one is there: half a one is made anew."""
    interrupted = STATE.exists() and not installed()
    if not interrupted and venv_works():
        return
    if importlib.util.find_spec("ensurepip") is None:
        raise CannotSetUp(no_ensurepip())
    say(f"making {VENV} with Python {sys.version.split()[0]}")
    # Not the .venv's own interpreter, should this be it: it is about to be deleted.
    python = getattr(sys, "_base_executable", None) or sys.executable
    run([python, "-m", "venv", "--clear", str(VENV)], "the environment cannot be made")


def venv_works() -> bool:
    """Return whether it has an interpreter of our version that starts, and pip."""
    question = "import sys, pip; print(tuple(sys.version_info[:2]))"
    try:
        answer = subprocess.run(  # noqa: S603 - our own interpreter
            [str(PYTHON), "-c", question], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    return answer.returncode == 0 and answer.stdout.strip() == f"{tuple(sys.version_info[:2])}"


def no_ensurepip() -> str:
    package = f"python3.{sys.version_info[1]}-venv"
    if Path("/etc/debian_version").exists():
        sudo = "" if os.geteuid() == 0 else "sudo "
        return f"this Python cannot make environments yet: {sudo}apt-get install -y {package}"
    return f"this Python has no ensurepip: install your system's package of it (like {package})"


def install_requirements(name: str) -> None:
    file = ROOT / "deploy" / name
    count = sum("==" in line for line in file.read_text().splitlines())
    say(f"installing {count} packages, each checked against its hash")
    # Compiling on first import instead of now halves the wait. The list is complete, so that
    # what its entries say they need is not asked again: aiogram wants an older pydantic.
    run(
        [*pip_install(), "--no-compile", "--no-deps", "--require-hashes", "-r", str(file)],
        "the packages cannot be installed",
    )


def install_project() -> None:
    """
    Install this clone, editable, as `recado`.

    From a wheel written here: pip then makes the command and can remove it again, and
    no build back end has to be fetched, pinned or run.
    """
    import tomllib  # noqa: PLC0415 - newer than the oldest Python that reads this file

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wheel = VENV / f"recado-{project['version']}-py3-none-any.whl"
    write_editable_wheel(wheel, project)
    options = ["--no-deps", "--no-index", "--force-reinstall", str(wheel)]
    run([*pip_install(), *options], "recado itself cannot be installed")
    wheel.unlink()


def write_editable_wheel(wheel: Path, project: "dict[str, Any]") -> None:
    """Write a wheel that holds only the way to this clone (PEP 660) and the command's name."""
    about = f"{project['name']}-{project['version']}.dist-info"
    metadata = ["Metadata-Version: 2.1"]
    metadata += [f"Name: {project['name']}", f"Version: {project['version']}"]
    metadata += [f"Requires-Dist: {need}" for need in project["dependencies"]]
    scripts = [f"{name} = {target}" for name, target in project["scripts"].items()]
    files = {
        f"_{project['name']}_clone.pth": f"{ROOT}\n",
        f"{about}/METADATA": "\n".join(metadata) + "\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/entry_points.txt": "\n".join(["[console_scripts]", *scripts]) + "\n",
    }
    files[f"{about}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{about}/RECORD"])
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


def pip_install() -> "list[str]":
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-user"]
    return [str(PYTHON), "-m", "pip", "install", *options]


def run(argv: "list[str]", otherwise: str) -> None:
    """Run a step; what it says is shown when it fails. Raises CannotSetUp."""
    step = subprocess.run(  # noqa: S603 - no shell, our own words
        argv,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        close_fds=False,  # they inherit the lock
    )
    if step.returncode != 0:
        print(step.stdout, file=sys.stderr, end="")
        raise CannotSetUp(f"{otherwise}: see above; the next run begins again")


if __name__ == "__main__":
    main()
