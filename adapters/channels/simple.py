"""
The shell of a channel that carries text, for packages that bring one.

Four things are a provider's own: its name for the account, how it proves itself, what its
bodies say, and the call that sends a text. Everything else is as the contract wants it.
"""

from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import orjson
from pydantic import SecretStr

from adapters.channels import outcomes
from adapters.channels.base import (
    Ack,
    AdapterMeta,
    CannotBeSent,
    Capabilities,
    HttpCall,
    HttpResponse,
    OutboundMessage,
    Rate,
    RawRequest,
    SendErr,
    SendOk,
    TransportFailure,
    Verdict,
    unreadable,
)
from adapters.channels.forms import fields_of
from adapters.channels.offers import written_out
from adapters.channels.reading import (
    Object,
    Unreadable,
    content_key,
    load_object,
    raw_text,
    short,
    text_of,
)
from adapters.channels.splitting import split_text
from domain.chat.events import MessageState
from domain.content import Offer, Text
from domain.inbound import (
    AccountRef,
    DeliveryReported,
    InboundEvent,
    MessageArrived,
    Notice,
    Peer,
)
from domain.values import Identity


class SimpleChannel(ABC):
    """One connected account of a text channel; see `adapters.channels.base.ChannelAdapter`."""

    meta: ClassVar[AdapterMeta]
    max_text: ClassVar[int] = 1_000
    """Characters of one message; longer texts are cut where a reader would cut them."""
    receipts: ClassVar[frozenset[MessageState]] = frozenset()
    secret_field: ClassVar[str | None] = None
    """A field of the body that is a secret, and is not to be kept."""

    def __init__(self, config: Any) -> None:
        self.config = config

    @abstractmethod
    def account_ref(self) -> AccountRef: ...

    @abstractmethod
    def verify(self, request: RawRequest) -> Verdict: ...

    @abstractmethod
    def read(self, said: Object, request: RawRequest) -> list[InboundEvent]:
        """Return what a body says, given as its JSON object or the fields of its form."""
        ...

    @abstractmethod
    def call(self, address: str, text: str, message_id: str) -> HttpCall:
        """Return the call that sends one text."""
        ...

    def provider_id(self, answer: Object) -> str | None:
        """Return the provider's id of the message that an answer says was taken."""
        return text_of(answer, "id")

    def arrived(
        self, id_: str, sender: str, text: str, at: datetime, name: str | None = None
    ) -> MessageArrived:
        """Return a client's message as the host takes it in; `sender` is answered to."""
        return MessageArrived(
            account=self.account_ref(),
            dedup_key=f"m:{short(id_)}",
            occurred_at=at,
            peer=Peer((Identity(f"{self.meta.kind}.user", short(sender)),), name),
            provider_id=short(id_),
            parts=(Text(text=text),),
        )

    def reported(self, id_: str, state: MessageState, at: datetime) -> DeliveryReported:
        """Return what became of a message that was sent, by the provider's id of it."""
        return DeliveryReported(
            account=self.account_ref(),
            dedup_key=f"s:{state.value}:{short(id_)}",
            occurred_at=at,
            state=state,
            provider_id=short(id_),
        )

    def post(self, url: str, fields: dict[str, Any], bearer: SecretStr) -> HttpCall:
        """Return a call with these fields, in the format of the webhooks, and a bearer token."""
        is_form = self.meta.body == "form"
        media_type = "application/x-www-form-urlencoded" if is_form else "application/json"
        return HttpCall(
            method="POST",
            url=url,
            headers=(
                ("authorization", f"Bearer {bearer.get_secret_value()}"),
                ("content-type", media_type),
            ),
            content=urlencode(fields).encode() if is_form else orjson.dumps(fields),
            label=f"{self.meta.kind} {urlsplit(url).path}",
        )

    def error_code(self, answer: Object) -> str | None:
        """Return the provider's code in an answer that says no."""
        return text_of(answer, "code")

    def capabilities(self) -> Capabilities:
        """Return those of plain text, with cautious rates; override for more."""
        return Capabilities(
            max_text=self.max_text,
            text_unit="chars",
            reply_window=None,
            receipts=self.receipts,
            idempotent_send=False,
            ordered_send=False,
            rate_per_account=Rate(10, timedelta(seconds=1)),
            rate_per_peer=Rate(1, timedelta(seconds=1)),
            retry_horizon=timedelta(days=1),
        )

    def handshake(self, request: RawRequest) -> Ack | None:
        return None

    def ack(self, request: RawRequest) -> Ack:
        return Ack()

    def parse(self, request: RawRequest) -> list[InboundEvent]:
        """Return what a body says; what is not understood is kept as it came (M4)."""
        load = fields_of if self.meta.body == "form" else load_object
        try:
            said = load(request.body)
        except Unreadable as error:
            return [unreadable(request, error.code)]
        if self.secret_field is not None:
            said.pop(self.secret_field, None)
        return self.read(said, request) or [_unknown(said, request)]

    def build(self, message: OutboundMessage) -> list[HttpCall]:
        """Return a call for each piece of text. Raises `CannotBeSent` for anything else."""
        calls: list[HttpCall] = []
        for part in message.parts:
            if not isinstance(part, Text | Offer):
                raise CannotBeSent(message.message_id, f"a part of kind {part.kind!r}")
            text = part.text if isinstance(part, Text) else written_out(part)
            pieces = split_text(text, self.max_text, "chars")
            calls += [self.call(message.address, one, message.message_id) for one in pieces]
        if not calls:
            raise CannotBeSent(message.message_id, "there is no text in it")
        return calls

    def classify(self, call: HttpCall, result: HttpResponse | TransportFailure) -> SendOk | SendErr:
        """Return what an answer means: by `meta.errors`, then by its HTTP status."""
        if isinstance(result, TransportFailure):
            return outcomes.of_failure(result)
        answer = outcomes.object_in(result)
        code = self.error_code(answer)
        for row in self.meta.errors:
            if row.code == code:
                wait = outcomes.retry_after_of(result)
                return SendErr(row.kind, row.code, row.meaning, wait)
        provider_id = self.provider_id(answer) if result.is_success else None
        return SendOk(provider_id) if provider_id else outcomes.of_status(result)


def _unknown(said: Object, request: RawRequest) -> Notice:
    return Notice(
        account=None,
        dedup_key=content_key("n", said),
        occurred_at=request.received_at,
        code="unknown",
        raw=raw_text(said),
        why="unknown",
    )
