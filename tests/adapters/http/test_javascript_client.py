"""`recado.js` as a program uses it: signs in, subscribes, acts, resumes, reads anew; in Node."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import orjson
import playwright

from adapters.http import sdk
from adapters.http.app import Recado, create_app
from tests.adapters.http.conftest import Caller, Installation
from tests.adapters.http.test_live import serving

NODE: Final = Path(playwright.__file__).parent / "driver" / "node"
STORY: Final = Path(__file__).parent / "recado_story.mjs"
WITHIN: Final = 60.0


class Program:
    """A story that runs in Node; it tells what it does, and waits to be led on."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def told(self, what: str) -> dict[str, Any]:
        assert self._process.stdout is not None
        async with asyncio.timeout(WITHIN):
            line = await self._process.stdout.readline()
        told: dict[str, Any] = orjson.loads(line)
        assert told["what"] == what, told
        return told

    async def go_on(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        await self._process.stdin.drain()


@asynccontextmanager
async def running(folder: Path, *words: str) -> AsyncIterator[Program]:
    """Yield the story while it runs, beside a copy of the SDK."""
    shutil.copy(Path(sdk.__file__).parent / "recado.js", folder / "recado.mjs")
    shutil.copy(STORY, folder / STORY.name)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        NODE, folder / STORY.name, *words, stdin=pipe, stdout=pipe
    )
    try:
        yield Program(process)
        async with asyncio.timeout(WITHIN):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_it_signs_in_acts_resumes_and_reads_anew(
    installation: Installation, tmp_path: Path
) -> None:
    """S13: what happened while it was cut off comes as changes, and never as a second snapshot."""
    await installation.password("ana")
    app = create_app(installation.parts())
    async with serving(app, installation) as caller:
        chat = await caller.new_chat(1)
        url = str(caller.http.base_url).rstrip("/")
        async with running(tmp_path, url, installation.tokens["ana"], chat) as program:
            await _tell(program, app, caller)


async def _tell(program: Program, app: Recado, caller: Caller) -> None:
    assert (await program.told("signed in"))["me"]["name"] == "Ana"
    assert (await program.told("listening"))["heard"] == ["live", "snapshot inbox", "up_to_date"]

    acted = await program.told("acted")
    assert (acted["isProblem"], acted["code"]) == (True, "chat_moved_on")
    assert acted["title"].startswith("The chat")
    assert acted["row"].items() <= acted["read"].items()

    await program.told("cut me off")
    app.say_goodbye()
    await caller.new_chat(2)
    await program.go_on()
    resumed = (await program.told("resumed"))["heard"]
    assert [one for one in resumed if one in {"bye", "lost", "live"}] == ["bye", "lost", "live"]
    assert "delta inbox" in resumed
    assert "snapshot inbox" not in resumed

    await program.told("change the rules")
    changed = await caller.call("PATCH", "/v1/settings", "admin", json={"patience": 60})
    assert changed.status_code == 200, changed.text
    await program.go_on()
    anew = await program.told("read anew")
    where = anew["heard"].index("must_refetch inbox")
    assert "snapshot inbox" in anew["heard"][where:]
    assert anew["rows"] == anew["list"]

    others = await program.told("changed")
    assert "snapshot said" in others["heard"]
    assert "snapshot inbox" not in others["heard"]
    assert others["said"] == ["oi", "Bom dia"]
    assert (await program.told("closed")) == {
        "what": "closed", "heard": ["closed"], "state": "closed",
    }  # fmt: skip
