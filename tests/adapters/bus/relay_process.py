"""A relay to be killed: `python -m tests.adapters.bus.relay_process`, URLs in the environment."""

import asyncio
import os

from adapters.bus.nats import connect
from adapters.bus.relay import Relay


async def main() -> None:
    nc = await connect(os.environ["TEST_NATS"], name="relay")
    await Relay(nc, os.environ["TEST_POSTGRES"]).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main())
