"""The AsyncAPI document as it is committed, and as `recado route --asyncapi` prints it."""

import json
from pathlib import Path
from typing import Final

from routers.hearing import log_broker
from routers.schemas import asyncapi

COMMITTED: Final = Path(__file__).with_name("asyncapi.json")


def asyncapi_json() -> str:
    """Return the document of what is on NATS, the same for the same code."""
    document = asyncapi(log_broker("nats://localhost:4222"))
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
