"""M4: of a kind that no adapter has heard of, the words and the file are shown all the same."""

from typing import Any

import pytest

from adapters.channels.base import ChannelAdapter
from domain.content import Media, MediaKind, Parts, Share, Text, Unsupported
from domain.inbound import MessageArrived
from tests.adapters.channels.kit import (
    ANA,
    from_ana,
    graph_body,
    graph_change,
    json_request,
    telegram,
    whatsapp,
)
from tests.adapters.channels.meta_kit import attached, body, instagram, messenger
from tests.adapters.channels.vk_kit import event, message, vk

TELEGRAM = {
    "message_id": 5,
    "from": {"id": 77, "first_name": "Ana"},
    "chat": {"id": 77, "type": "private"},
    "date": 1893574800,
}


def parts(adapter: ChannelAdapter, value: Any) -> Parts:
    (arrived,) = adapter.parse(json_request(value))
    assert isinstance(arrived, MessageArrived)
    return arrived.parts


def on_whatsapp(thing: Any) -> Parts:
    change = graph_change(contacts=[ANA], messages=[from_ana("hologram", thing)])
    return parts(whatsapp(), graph_body(change))


def on_telegram(thing: Any) -> Parts:
    return parts(telegram(), {"update_id": 1, "message": {**TELEGRAM, "hologram": thing}})


@pytest.mark.parametrize("on", [on_whatsapp, on_telegram])
@pytest.mark.parametrize("thing", [{"text": "Oi"}, {"question": {"text": "Oi"}}, {"title": "Oi"}])
def test_its_words_are_shown_and_the_whole_is_kept(on: Any, thing: Any) -> None:
    words, kept = on(thing)
    assert words == Text(text="Oi")
    assert isinstance(kept, Unsupported)
    assert kept.what == "hologram"
    assert '"Oi"' in kept.raw


def test_its_file_is_copied_like_any_other() -> None:
    """M8"""
    seen, kept = on_whatsapp({"id": "9", "mime_type": "video/mp4", "caption": "veja"})
    assert isinstance(kept, Unsupported)
    film = Media(media=MediaKind.VIDEO, reference="9", mime="video/mp4", caption="veja")
    assert seen == film
    file, kept = on_telegram({"file_id": "9", "mime_type": "model/3d"})
    assert isinstance(kept, Unsupported)
    assert file == Media(media=MediaKind.DOCUMENT, reference="9", mime="model/3d")


def test_a_message_of_another_kind_of_update_is_a_message() -> None:
    update = {"update_id": 1, "hologram_message": {**TELEGRAM, "text": "Oi"}}
    assert parts(telegram(), update) == (Text(text="Oi"),)


@pytest.mark.parametrize("frame", [lambda u: {"ok": True, "result": [u]}, lambda u: u["message"]])
def test_what_polling_gives_is_read_as_what_a_webhook_gives(frame: Any) -> None:
    update = {"update_id": 1, "message": {**TELEGRAM, "text": "Oi"}}
    assert telegram().parse(json_request(frame(update))) == telegram().parse(json_request(update))


def test_a_type_that_is_not_what_came_does_not_hide_it() -> None:
    voice = {"id": "9", "mime_type": "audio/ogg"}
    change = graph_change(contacts=[ANA], messages=[from_ana("audio", voice=voice)])
    assert parts(whatsapp(), graph_body(change)) == (
        Media(media=MediaKind.VOICE, reference="9", mime="audio/ogg"),
    )


@pytest.mark.parametrize("adapter", [messenger(), instagram()])
def test_its_address_is_found_whatever_it_is_called(adapter: ChannelAdapter) -> None:
    link = "https://cdn.meta.test/1"
    assert parts(adapter, body(attached("hologram", hologram_media_url=link))) == (
        Share(what="hologram", link=link),
    )


@pytest.mark.parametrize("thing", [{"title": "Oi"}, {"url": "https://vk.test/1"}])
def test_a_thing_with_a_name_or_an_address_is_a_share(thing: dict[str, str]) -> None:
    said = message(text="", attachments=[{"type": "hologram", "hologram": thing}])
    share = Share(what="hologram", title=thing.get("title"), link=thing.get("url"))
    assert parts(vk(), event("message_new", {"message": said})) == (share,)
