"""One evening of the demo: the installation, the play around it, and what is told of both."""

import asyncio
import os
import signal
import socket
from contextlib import suppress
from typing import Final

from deploy.demo import company
from deploy.demo.controls import Controls
from deploy.demo.play import Play
from deploy.demo.visit import Visit
from deploy.launch import Launch

LAST_WORDS: Final = 1.0
"""Seconds that what is on its way has before it is counted."""


async def perform(
    launch: Launch,
    providers: socket.socket,
    visit: Visit,
    seed: int,
    speed: float,
    seconds: float | None,
) -> None:
    """Run the demo until SIGTERM or SIGINT, or for so many seconds with a summary at the end."""
    loop = asyncio.get_running_loop()
    tasks: list[asyncio.Task[None]] = []
    plays: list[Play] = []
    players = company.COLLEAGUES if seconds is None else (company.VISITOR, *company.COLLEAGUES)

    async def play_on() -> None:
        play = Play(launch.urls, launch.address, providers, seed, speed)
        plays.append(play)
        controls = Controls(play, launch, visit.secret)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await play.run(players, [controls.mount()])
        await asyncio.sleep(LAST_WORDS)
        print(await asyncio.to_thread(play.summary), flush=True)
        os.kill(os.getpid(), signal.SIGTERM)

    def ready() -> None:
        _greet(launch, seconds)
        tasks.append(loop.create_task(play_on()))

    await launch.run(ready)
    for play in plays:
        play.settles = False
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _greet(launch: Launch, seconds: float | None) -> None:
    print(f"ready {launch.address}")
    print(f"  data in   {launch.data}")
    print(f"  log in as {company.VISITOR} (or bruno@, carla@, davi@, admin@ipe.test)")
    print(f"  password  {company.PASSWORD}")
    ends = "Ctrl-C stops everything" if seconds is None else f"ends by itself in {seconds:g} s"
    print(f"  {ends}", flush=True)
