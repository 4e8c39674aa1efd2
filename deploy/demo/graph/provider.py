"""What the three products have in common: a token, signed deliveries, and scenarios of them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from deploy.demo.graph.files import Shelf
from deploy.demo.graph.limits import Windows
from deploy.demo.graph.wire import as_sent, error, signed_headers
from deploy.demo.providers import Clock, FakeProvider, Fault, Post, html_error

Refusals = dict[Fault, tuple[int, int, str, int | None]]
"""HTTP status, code, words and subcode of each fault."""
Entries = list[dict[str, Any]]

_MOST_IN_ONE: Final = 1000


class GraphProvider(FakeProvider):
    """
    One account, its clients' telephones and the webhook it reports to.

    Scenarios: `copies` of every webhook, `drop_next`, and `hold` and `release`, which delays,
    reorders and batches. The clock is the caller's, so that it may jump.
    """

    object_name: str
    refusals: Refusals

    def __init__(
        self,
        *,
        access_token: str,
        app_secret: str,
        post: Post,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(post, clock)
        self.token_is_revoked = False
        self.windows = Windows(clock)
        self.files = Shelf(clock)
        self.messages: list[dict[str, Any]] = []
        """What was sent to us, whole."""
        self.copies = 1
        self._to_drop = 0
        self._held: Entries | None = None
        self._access_token = access_token
        self._app_secret = app_secret.encode()

    def drop_next(self, count: int = 1) -> None:
        """Let the next webhooks be lost for good."""
        self._to_drop += count

    def hold(self) -> None:
        """Deliver nothing until `release`."""
        self._held = []

    def release(self, order: Callable[[Entries], Entries] = list, *, batched: bool = False) -> None:
        """Deliver what was held back, in another order or all in one body."""
        entries, self._held = order(self._held or []), None
        size = _MOST_IN_ONE if batched else 1
        for start in range(0, len(entries), size):
            self._deliver_entries(entries[start : start + size])

    def refusal(self, fault: Fault) -> Response:
        if fault not in self.refusals:
            return html_error(503)
        status, code, words, subcode = self.refusals[fault]
        response = error(status, code, words, subcode)
        if fault is Fault.RATE_LIMITED_FOR:
            response.headers["retry-after"] = str(self.retry_after)
        return response

    def report(self, entry: dict[str, Any]) -> None:
        """Deliver an entry, or hold it back."""
        if self._to_drop:
            self._to_drop -= 1
        elif self._held is not None:
            self._held.append(entry)
        else:
            self._deliver_entries([entry])

    def is_authorized(self, request: Request) -> bool:
        given = request.headers.get("authorization")
        return not self.token_is_revoked and given == f"Bearer {self._access_token}"

    def _deliver_entries(self, entries: Entries) -> None:
        body = as_sent({"object": self.object_name, "entry": entries})
        for _ in range(self.copies):
            self.deliver(signed_headers(self._app_secret, body), body)
