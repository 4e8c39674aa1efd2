"""
Lookup keys: how a thing that the outside names is found again in the log.

They are written in the same transaction as the events they follow from, and can be
derived again from the log at any time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from domain.chat.events import (
    ChatOpened,
    MessageReceived,
    MessageSent,
    MessageSentElsewhere,
    MessageStateChanged,
    PartStateChanged,
)
from domain.chat.state import Chat
from domain.client.events import ClientCreated, IdentityAdded
from domain.entities import State
from domain.event import Event
from domain.template import ReplyTemplate, TemplateChanged, TemplateCreated
from domain.values import Identity, Naming


@dataclass(frozen=True, slots=True)
class Key:
    """A key that follows from an event, standing for its stream and a number in it."""

    key: str
    number: int


NUMBERED: Final = (MessageReceived, MessageSent, MessageSentElsewhere)


def inbound_key(naming: Naming, account_id: str, dedup_key: str) -> str:
    """Return the key of something that a provider may deliver many times; one thing, one key."""
    return naming.key("inbound", account_id, dedup_key)


def message_key(naming: Naming, account_id: str, provider_id: str) -> str:
    """Return the key of a message by the provider's id of it, as edits and receipts name it."""
    return inbound_key(naming, account_id, f"m:{provider_id}")


def sent_key(naming: Naming, message_id: str) -> str:
    """Return the key of a message that was written here, by our own id of it."""
    return naming.key("sent", message_id)


def thread_key(naming: Naming, account_id: str, client_id: str, thread: str) -> str:
    """Return the key of a client's latest chat on a channel account."""
    return naming.lasting_key("thread", account_id, client_id, thread)


def identity_key(naming: Naming, identity: Identity) -> str:
    """Return the key of the client who is known under an identity."""
    return naming.lasting_key("identity", identity.scheme, identity.value)


def template_key(naming: Naming, says: ReplyTemplate) -> str:
    """Return the key of the template that has a code among those for the same people."""
    return naming.key("template", *says.place)


def keys_of(naming: Naming, state: State, event: Event) -> Iterator[Key]:
    """Yield the keys that follow from an event; `state` is the stream's after it."""
    match event:
        case ChatOpened(thread=thread, episode=episode):
            yield Key(thread, episode)
        case MessageSent(seq=seq, message_id=message_id):
            yield Key(sent_key(naming, message_id), seq)
        case (
            MessageReceived(seq=seq, provider_id=id_)
            | MessageSentElsewhere(seq=seq, provider_id=id_)
        ) if isinstance(state, Chat):
            yield Key(message_key(naming, state.account_id, id_), seq)
        case MessageStateChanged(seq=seq, provider_ids=ids) if isinstance(state, Chat):
            for id_ in ids:
                yield Key(message_key(naming, state.account_id, id_), seq)
        case PartStateChanged(seq=seq, provider_id=id_) if isinstance(state, Chat):
            yield Key(message_key(naming, state.account_id, id_), seq)
        case ClientCreated(identities=identities):
            for identity in identities:
                yield Key(identity_key(naming, identity), 0)
        case IdentityAdded(identity=identity):
            yield Key(identity_key(naming, identity), 0)
        case TemplateCreated(template=says) | TemplateChanged(template=says):
            yield Key(template_key(naming, says), 0)
        case _:
            return
