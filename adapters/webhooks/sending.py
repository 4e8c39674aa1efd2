"""One message to one address, signed as Standard Webhooks says, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from time import monotonic
from typing import Any, Final

import httpx
import orjson
from standardwebhooks import Webhook as Signer

from adapters.public_web import AddressRefused

TIMEOUT: Final = httpx.Timeout(15, connect=10)
LONGEST_WAIT: Final = 24 * 3600.0
"""Seconds that an address may ask us to wait at a time."""


@dataclass(frozen=True, slots=True)
class Message:
    """What an address is told; sent again, it has the same id."""

    id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt."""

    status: int | None
    """Of the answer; None where there was none."""
    error: str | None
    """Why there was none."""
    milliseconds: int
    retry_after: float | None = None
    """Seconds that the address asked us to wait."""

    @property
    def arrived(self) -> bool:
        return self.status is not None and HTTPStatus(200) <= self.status < HTTPStatus(300)

    @property
    def is_gone(self) -> bool:
        """Return whether the address wants to hear nothing more."""
        return self.status == HTTPStatus.GONE


def message_of(id_: str, kind: str, at: Any, data: Any) -> Message:
    """Return a message about something that happened."""
    return Message(id_, orjson.dumps({"type": kind, "timestamp": at, "data": data}))


class Sending:
    """Posts messages over a client that the caller guards and closes."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client: Final = client

    async def send(self, url: str, secrets: Sequence[str], message: Message) -> Outcome:
        """Return what became of one attempt; it never raises for what the address does."""
        began = monotonic()
        try:
            headers = signed(secrets, message, datetime.now(UTC))
            request = self._client.build_request(
                "POST", url, content=message.body, headers=headers, timeout=TIMEOUT
            )
            # What it answers besides the status is of no interest, however long it is.
            answer = await self._client.send(request, stream=True)
            await answer.aclose()
        except AddressRefused as error:
            return Outcome(None, f"refused: {error.why}", _since(began))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Outcome(None, type(error).__name__, _since(began))
        wait = _wait(answer.headers.get("retry-after"))
        return Outcome(answer.status_code, None, _since(began), wait)


def signed(secrets: Sequence[str], message: Message, now: datetime) -> dict[str, str]:
    """Return the headers of a message: with a signature for each secret in force."""
    text = message.body.decode()
    signatures = [Signer(secret).sign(message.id, now, text) for secret in secrets]
    return {
        "content-type": "application/json",
        "user-agent": "Recado",
        "webhook-id": message.id,
        "webhook-timestamp": f"{int(now.timestamp())}",
        "webhook-signature": " ".join(signatures),
    }


def _wait(text: str | None) -> float | None:
    if text is None or not text.isdecimal():
        return None
    return min(float(text[:9]), LONGEST_WAIT)


def _since(began: float) -> int:
    return round(1000 * (monotonic() - began))
