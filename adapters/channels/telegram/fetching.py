"""A file that a client sent, in two steps: where it lies, and what is in it."""

import re
from typing import Final
from urllib.parse import quote

from adapters.channels import outcomes
from adapters.channels.base import (
    Answers,
    Download,
    HttpCall,
    HttpResponse,
    Reaction,
    TransportFailure,
    Unavailable,
)
from adapters.channels.reading import flag_of, int_of, object_of, text_of
from adapters.channels.telegram.config import TelegramConfig
from adapters.channels.telegram.errors import kind_of
from adapters.channels.telegram.sending import call

_PATH: Final = re.compile(r"(?!\.)[\w .()-]+(/(?!\.)[\w .()-]+)*")
_TIMEOUT: Final = 60.0


def fetch(
    config: TelegramConfig, reference: str, answers: Answers
) -> HttpCall | Download | Unavailable:
    """
    Return the next step towards the file with this id.

    The address that it is downloaded from holds the bot's token: it is made here for the
    one call, and is no part of anything that is kept.
    """
    if not answers:
        return call(config, "getFile", {"file_id": reference})
    answer = answers[-1]
    if isinstance(answer, TransportFailure):
        return Unavailable("the provider could not be reached", for_good=False)
    body = outcomes.object_in(answer)
    path = text_of(object_of(body, "result"), "file_path")
    if not answer.is_success or not flag_of(body, "ok"):
        return _refused(int_of(body, "error_code"), text_of(body, "description"), answer)
    if path is None or not _PATH.fullmatch(path):
        # A server of one's own that keeps files on its disk names a place on that disk.
        return Unavailable("the provider does not say where it is", for_good=True)
    return Download(_download(config, path))


def _refused(code: int | None, words: str | None, answer: HttpResponse) -> Unavailable:
    if code is None and answer.is_success:
        return Unavailable("the answer makes no sense", for_good=False)
    kind = kind_of(code or answer.status, words or "")
    for_good = kind.reaction is Reaction.GIVE_UP
    return Unavailable(words or f"the provider answered {answer.status}", for_good)


def _download(config: TelegramConfig, path: str) -> HttpCall:
    token = config.bot_token.get_secret_value()
    return HttpCall(
        method="GET",
        url=f"{config.api_base.rstrip('/')}/file/bot{token}/{quote(path)}",
        headers=(),
        content=b"",
        label="telegram file",
        timeout=_TIMEOUT,
    )
