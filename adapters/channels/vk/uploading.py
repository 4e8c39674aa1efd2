"""A file on its way to VK: where to, the file itself, and that it is to be kept."""

from typing import Final
from urllib.parse import urlsplit

from adapters.channels import outcomes
from adapters.channels.base import (
    Answers,
    ErrorKind,
    HttpCall,
    HttpResponse,
    OutFile,
    SendErr,
    TransportFailure,
    Uploaded,
)
from adapters.channels.multipart import multipart
from adapters.channels.reading import Object, object_of, objects_of, raw_text, text_of
from adapters.channels.vk.calls import call
from adapters.channels.vk.config import VkConfig
from adapters.channels.vk.errors import refusal
from adapters.channels.vk.sending import PHOTOS

_TIMEOUT: Final = 120.0
_NOT_SENT: Final = "nothing was sent yet"


def upload(config: VkConfig, file: OutFile, answers: Answers) -> HttpCall | Uploaded | SendErr:
    """
    Return the next step of handing over a file.

    A document is handed over as the community's own: then it needs no addressee.
    """
    is_photo = file.mime.lower() in PHOTOS
    if not answers:
        if is_photo:
            return call(config, "photos.getMessagesUploadServer", {})
        voice = {"type": "audio_message"} if _is_voice(file) else {}
        return call(config, "docs.getWallUploadServer", {"group_id": config.group_id, **voice})
    answer = _object_in(answers[-1])
    if isinstance(answer, SendErr):
        return answer
    match len(answers):
        case 1:
            return _handed_over(
                text_of(object_of(answer, "response"), "upload_url"), file, is_photo
            )
        case 2:
            return _kept(config, answer, file, is_photo)
        case _:
            return _named(answer, is_photo)


def _object_in(answer: HttpResponse | TransportFailure) -> Object | SendErr:
    """Return what VK answered, or why that is no use; nothing has reached the client yet."""
    if isinstance(answer, TransportFailure):
        return SendErr(ErrorKind.TRANSIENT, answer.value, _NOT_SENT)
    body = outcomes.object_in(answer)
    if error := object_of(body, "error"):
        return refusal(error, answer)
    if text_of(body, "error"):
        words = text_of(body, "error_descr") or text_of(body, "error") or ""
        return SendErr(ErrorKind.CONTENT, "upload", words)
    if answer.is_success and body:
        return body
    failed = outcomes.of_status(answer)
    again = failed.kind is ErrorKind.UNKNOWN_OUTCOME
    return SendErr(ErrorKind.TRANSIENT, failed.code, _NOT_SENT) if again else failed


def _handed_over(url: str | None, file: OutFile, is_photo: bool) -> HttpCall | SendErr:
    if url is None or not _is_web_address(url):
        return SendErr(ErrorKind.TRANSIENT, "no-upload-url", _NOT_SENT)
    kind, content = multipart({}, "photo" if is_photo else "file", file)
    return HttpCall("POST", url, (("content-type", kind),), content, "vk upload", _TIMEOUT)


def _kept(config: VkConfig, answer: Object, file: OutFile, is_photo: bool) -> HttpCall | SendErr:
    if is_photo:
        taken = {key: value for key in _OF_A_PHOTO if (value := _as_text(answer, key))}
        # An empty list is how the server says that it could not read the picture.
        if len(taken) < len(_OF_A_PHOTO) or taken["photo"] == "[]":
            return SendErr(ErrorKind.CONTENT, "upload", "VK could not read the photo")
        return call(config, "photos.saveMessagesPhoto", taken)
    taken_as = text_of(answer, "file")
    if taken_as is None:
        return SendErr(ErrorKind.CONTENT, "upload", "VK did not take the document")
    return call(config, "docs.save", {"file": taken_as, "title": file.name})


_OF_A_PHOTO: Final = ("server", "photo", "hash")


def _as_text(answer: Object, key: str) -> str | None:
    value = answer.get(key)
    return raw_text(value) if isinstance(value, list | dict) else text_of(answer, key)


def _named(answer: Object, is_photo: bool) -> Uploaded | SendErr:
    """Return what VK calls the file: `<kind><owner>_<number>[_<key>]`."""
    kept = objects_of(answer, "response")
    thing = kept[0] if kept else {}
    # What a document turned out to be is told beside it; it is attached as a document.
    thing = object_of(thing, text_of(thing, "type") or "doc") or thing
    kind = "photo" if is_photo else "doc"
    owner, number = text_of(thing, "owner_id"), text_of(thing, "id")
    if owner is None or number is None:
        return SendErr(ErrorKind.TRANSIENT, "no-name", _NOT_SENT)
    key = text_of(thing, "access_key")
    return Uploaded(f"{kind}{owner}_{number}" + (f"_{key}" if key else ""))


def _is_voice(file: OutFile) -> bool:
    return file.mime.lower().partition(";")[0] == "audio/ogg"


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
