"""What is told of files that came in (M8)."""

from typing import Final

from domain.chat import commands as c
from domain.chat import events as e
from domain.chat.files import FOLLOWED_FILES, FileState
from domain.content import Media, MediaKind, Parts, Text
from tests.domain.chat.given import EARLIER, opened
from tests.spec import NOW

PHOTO: Final = Media(media=MediaKind.IMAGE, reference="r1")
SHEET: Final = Media(media=MediaKind.DOCUMENT, reference="r2")


def said(*parts: Text | Media, seq: int = 1) -> e.MessageReceived:
    words: Parts = parts
    return e.MessageReceived(at=EARLIER, seq=seq, provider_id="w", parts=words, sent_at=EARLIER)


def edited(*parts: Text | Media) -> e.MessageEdited:
    words: Parts = parts
    return e.MessageEdited(at=NOW, seq=1, parts=words, sent_at=NOW)


def copy(part: int = 1, reference: str = "r1") -> c.NoteMediaCopied:
    return c.NoteMediaCopied(
        seq=1, part=part, reference=reference, sha256="ab", mime="image/png", size=3, name="n.png"
    )


COPIED: Final = e.MediaCopied(
    at=NOW, seq=1, part=1, sha256="ab", mime="image/png", size=3, name="n.png"
)
LOST: Final = e.MediaLost(at=NOW, seq=1, part=1, why="too large")
SAID: Final = opened.given(said(Text(text="veja"), PHOTO))
LOSE: Final = c.NoteMediaLost(seq=1, part=1, reference="r1", why="too large")


def test_a_copied_file_is_told_once() -> None:
    """M8"""
    SAID.when(copy()).then(COPIED)
    SAID.when_twice(copy()).then_nothing()


def test_a_lost_file_is_told_once_and_may_come_later() -> None:
    """M8"""
    SAID.when(LOSE).then(LOST)
    SAID.when_twice(LOSE).then_nothing()
    SAID.given(LOST).when(copy()).then(COPIED)
    SAID.given(COPIED).when(LOSE).then_nothing()


def test_only_a_file_that_came_in_is_told_of() -> None:
    SAID.when(copy(part=0)).then_nothing()
    SAID.when(copy(part=1, reference="r2")).then_nothing()
    ours = opened.given(said(Media(media=MediaKind.IMAGE, sha256="ab")))
    ours.when(copy(part=0, reference="r1")).then_nothing()


def test_a_copy_that_an_edit_overtook_is_not_taken_for_the_new_file() -> None:
    """M8, M9"""
    other = SAID.given(edited(Text(text="veja"), SHEET))
    other.when(copy()).then_nothing()
    assert other.state.files[1, 1].state is FileState.PENDING


def test_an_edit_that_keeps_a_file_keeps_its_copy() -> None:
    """M9: also where it is another part now."""
    kept = SAID.given(COPIED, edited(PHOTO, SHEET))
    assert kept.state.files[1, 0].state is FileState.COPIED
    assert kept.state.files[1, 1].state is FileState.PENDING


def test_a_deleted_messages_files_are_waited_for_no_more() -> None:
    SAID.given(e.MessageDeleted(at=NOW, seq=1, sent_at=NOW)).when(copy()).then_nothing()


def test_a_bounded_number_of_files_is_followed() -> None:
    talk = opened.given(*(said(PHOTO, seq=n) for n in range(1, FOLLOWED_FILES + 3)))
    assert len(talk.state.files) == FOLLOWED_FILES
    assert min(talk.state.files) == (3, 0)
