"""Whatever a channel says can be stored and passed on: the bus takes 8 MB at a time (M4)."""

from typing import Any

import pytest

from adapters.bus.batches import MOST_BYTES as MOST_ON_THE_BUS
from adapters.channels.base import MOST_BYTES, InboundEvent, read_inbound, unreadable
from adapters.channels.bounding import GROWTH, MOST_STORED, bounded, may_be_large
from adapters.channels.registry import adapter_for
from domain.content import Choice, ContactCard, Parts, Text, Unsupported
from domain.event import Event
from domain.inbound import MessageArrived, MessageWasEdited, Notice, Peer, ReactionArrived
from domain.values import Identity
from tests.adapters.channels.kit import NOW
from tests.adapters.channels.twilio_kit import FORM, posted
from tests.data.record import Day
from tests.prepared import MAPPER

WIDE = "\x01" * MOST_BYTES
ANA = Peer((Identity("plain", "ana"),), "Ana")


def said(parts: Parts, **more: Any) -> MessageArrived:
    return MessageArrived(
        account=None,
        dedup_key="m:1",
        occurred_at=NOW,
        peer=more.pop("peer", ANA),
        provider_id="1",
        parts=parts,
        **more,
    )


def notice(raw: str) -> Notice:
    return Notice(account=None, dedup_key="x:1", occurred_at=NOW, code="x", raw=raw, why="unknown")


def stored(event: InboundEvent) -> list[tuple[Event, int]]:
    """Return the events that a thing becomes, with their sizes in the log."""
    day = Day()
    before = len([*day.desk.recorded()])
    day.comes_in(event)
    recorded = [*day.desk.recorded()][before:]
    return [(one.event, len(MAPPER.encode(one.event, one.meta, one.subject))) for one in recorded]


LARGE: dict[str, InboundEvent] = {
    "a notice": notice(WIDE),
    "a notice that is dense at its beginning": notice("\x01" * 2_000_000 + "a" * 9_000_000),
    "a text": said((Text(text=WIDE),)),
    "many parts": said(tuple(Choice(id="\x01" * 1000, title="a") for _ in range(3000))),
    "a part of many": said((ContactCard(name="a", phones=("\x01" * 100,) * 30_000),)),
    "what stands beside": said((Text(text="oi"),), referral=WIDE, subject=WIDE),
    "a name": said((Text(text="oi"),), peer=Peer((Identity("plain", "a"),), WIDE)),
}


@pytest.mark.parametrize("name", LARGE)
def test_nothing_is_stored_that_the_bus_would_not_take(name: str) -> None:
    """M4"""
    sizes = [size for _, size in stored(bounded(LARGE[name]))]
    assert sizes
    assert max(sizes) < MOST_ON_THE_BUS - 64 * 1024


def test_without_the_bound_it_would_not() -> None:
    assert max(size for _, size in stored(notice(WIDE))) > MOST_ON_THE_BUS


def test_what_is_cut_says_so_and_keeps_its_beginning_and_its_name() -> None:
    """M4: a message stays a message, under the same key."""
    large = said((Text(text="Oi" + WIDE), Text(text="tchau")))
    short = bounded(large)
    assert isinstance(short, MessageArrived)
    first, second, mark = short.parts
    assert isinstance(first, Text)
    assert isinstance(mark, Unsupported)
    assert (short.dedup_key, first.text[:2], second) == ("m:1", "Oi", Text(text="tchau"))
    assert (mark.what, "would take" in mark.raw) == ("too-large", True)

    kept = bounded(notice("abc" + WIDE))
    assert isinstance(kept, Notice)
    assert kept.raw.startswith("abc\x01")
    assert "cut: it would take 18874" in kept.raw[-100:]


def test_an_edit_is_cut_like_a_message_and_a_reaction_too() -> None:
    edit = MessageWasEdited(
        account=None, dedup_key="e", occurred_at=NOW, peer=ANA, provider_id="1",
        parts=(Text(text=WIDE),),
    )  # fmt: skip
    reaction = ReactionArrived(
        account=None, dedup_key="r", occurred_at=NOW, peer=ANA, provider_id="1", emoji=WIDE
    )
    short = bounded(edit)
    assert isinstance(short, MessageWasEdited)
    assert isinstance(short.parts[-1], Unsupported)
    assert len(getattr(bounded(reaction), "emoji", WIDE)) < MOST_BYTES


def test_what_is_not_too_large_stays_as_it_is() -> None:
    ordinary = said((Text(text="a" * MOST_BYTES),))
    assert bounded(ordinary) is ordinary
    assert not may_be_large(b"a" * (MOST_STORED // GROWTH))


def test_a_form_of_control_characters_from_the_wire_fits() -> None:
    """M4: the largest webhook that is read at all, at its worst."""
    body = b"Unknown=" + b"\x01" * (MOST_BYTES - 8)
    config = {"account_sid": "AC1", "auth_token": "t", "sender": "+551130000000"}
    request = posted(body, FORM)
    (event,) = read_inbound(adapter_for("twilio", config), request)
    assert may_be_large(body)
    assert max(size for _, size in stored(bounded(event))) < MOST_ON_THE_BUS - 64 * 1024
    lost = bounded(unreadable(request, "adapter-failed"))
    assert max(size for _, size in stored(lost)) < MOST_ON_THE_BUS - 64 * 1024
