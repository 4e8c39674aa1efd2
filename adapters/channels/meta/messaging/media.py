"""Files: how they are handed over, and how they are fetched."""

from typing import Final

import orjson

from adapters.channels.base import (
    Answers,
    Download,
    ErrorKind,
    HttpCall,
    OutFile,
    SendErr,
    Unavailable,
    Uploaded,
)
from adapters.channels.meta import graph
from adapters.channels.meta.errors import harmless_again
from adapters.channels.meta.messaging.config import MessagingConfig
from adapters.channels.meta.messaging.errors import TABLE
from adapters.channels.meta.messaging.manner import Manner
from adapters.channels.reading import text_of
from adapters.channels.redirects import follow

_FETCH_SECONDS: Final = 60.0


def upload(
    config: MessagingConfig, manner: Manner, file: OutFile, answers: Answers
) -> HttpCall | Uploaded | SendErr:
    """Return the call that hands a file over, and then what it is called there for 90 days."""
    if manner.fetches:
        return _left_to_be_fetched(file)
    if not answers:
        return _upload_call(config, manner, file)
    answer = TABLE.judge(answers[-1])
    if isinstance(answer, SendErr):
        return harmless_again(answer)
    handle = text_of(answer, "attachment_id")
    if handle is None:
        return SendErr(ErrorKind.TRANSIENT, "no-id", "the answer makes no sense")
    return Uploaded(handle)


def fetch(
    config: MessagingConfig, product: str, reference: str, answers: Answers
) -> HttpCall | Download | Unavailable:
    """Return the next step towards a file, which lies open at an address that soon expires."""
    if not graph.is_file_address(config, reference):
        return Unavailable("it does not lie at the provider", for_good=True)
    call = HttpCall("GET", reference, (), b"", f"{product} file", _FETCH_SECONDS)
    return follow(call, answers)


def _upload_call(config: MessagingConfig, manner: Manner, file: OutFile) -> HttpCall | SendErr:
    way = manner.way_of(file)
    if way is None:
        return SendErr(ErrorKind.CONTENT, "file-refused", f"{file.mime} is not taken, or too large")
    attachment = {"type": way.type, "payload": {"is_reusable": True}}
    fields = {"message": orjson.dumps({"attachment": attachment}).decode()}
    if manner.product == "instagram":
        fields["platform"] = manner.product
    path, label = f"{manner.account}/message_attachments", f"{manner.product} attachments"
    return graph.post_file(config, path, fields, ("filedata", file), label)


def _left_to_be_fetched(file: OutFile) -> Uploaded | SendErr:
    """Return the address as the handle: there is nothing to hand over."""
    if file.public_url is None:
        why = "this channel fetches files, and this installation has no public address"
        return SendErr(ErrorKind.CONTENT, "not-public", why)
    return Uploaded(file.public_url)
