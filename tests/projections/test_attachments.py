"""Files in the messages view: pending, copied or lost (M8)."""

from typing import Any, Final

from domain.chat import events as e
from domain.content import Media, MediaKind, Parts, Text
from domain.event import Event, Recorded
from domain.values import Meta, StreamId
from projections.items import message_item
from projections.messages import MessageRow, apply, touched
from tests.spec import NOW

PHOTO: Final = Media(media=MediaKind.IMAGE, reference="r1", mime="image/jpeg", name="f.jpg")
SHEET: Final = Media(media=MediaKind.DOCUMENT, reference="r2")
SAID: Final = e.MessageReceived(
    at=NOW, seq=1, provider_id="w", parts=(PHOTO, SHEET), sent_at=NOW, subject="Notas"
)
COPIED: Final = e.MediaCopied(
    at=NOW, seq=1, part=0, sha256="ab", mime="image/png", size=9, thumbnail="cd"
)
LOST: Final = e.MediaLost(at=NOW, seq=1, part=1, why="too large")


def item(*events: Event) -> dict[str, Any]:
    row: MessageRow | None = None
    for position, event in enumerate(events, 1):
        assert touched(event) == 1
        row = apply(row, Recorded(position, StreamId("chat-1"), position, Meta("x"), None, event))
    assert row is not None
    return message_item(row)


def states(*events: Event) -> list[tuple[int, str, str | None]]:
    return [(a["part"], a["state"], a["sha256"]) for a in item(*events)["attachments"]]


def edited(*parts: Media | Text) -> e.MessageEdited:
    words: Parts = parts
    return e.MessageEdited(at=NOW, seq=1, parts=words, sent_at=NOW)


def test_a_file_is_pending_until_it_is_copied_or_lost() -> None:
    """M8"""
    assert states(SAID) == [(0, "pending", None), (1, "pending", None)]
    assert states(SAID, COPIED, LOST) == [(0, "copied", "ab"), (1, "lost", None)]


def test_what_the_content_says_of_a_file_goes_before_what_the_provider_said() -> None:
    """M8"""
    photo, sheet = item(SAID, COPIED, LOST)["attachments"]
    assert (photo["mime"], photo["size"], photo["name"]) == ("image/png", 9, "f.jpg")
    assert (photo["thumbnail"], sheet["why"]) == ("cd", "too large")


def test_an_edit_keeps_the_copies_of_the_files_that_it_keeps() -> None:
    """M9"""
    other = Media(media=MediaKind.IMAGE, reference="r3")
    after = (SAID, COPIED, edited(Text(text="veja"), other, PHOTO))
    assert states(*after) == [(1, "pending", None), (2, "copied", "ab")]


def test_a_deleted_message_shows_no_files() -> None:
    """M9"""
    assert states(SAID, COPIED, e.MessageDeleted(at=NOW, seq=1, sent_at=NOW)) == []


def test_a_file_of_ours_is_there_from_the_start() -> None:
    ours = Media(media=MediaKind.IMAGE, sha256="ef", mime="image/png", size=3)
    sent = e.MessageSent(at=NOW, seq=1, message_id="m", parts=(ours,))
    assert states(sent) == [(0, "copied", "ef")]


def test_the_parts_of_a_split_message_add_their_ids() -> None:
    """M6"""
    sent = e.MessageSent(at=NOW, seq=1, message_id="m", parts=(Text(text="Oi"),))
    parts = [
        e.PartStateChanged(at=NOW, seq=1, provider_id=id_, state=e.MessageState.SENT)
        for id_ in ("a", "b", "a")
    ]
    shown = item(sent, *parts)
    assert (shown["provider_ids"], shown["state"]) == (["a", "b"], "queued")


def test_the_subject_is_shown() -> None:
    assert item(SAID)["subject"] == "Notas"
