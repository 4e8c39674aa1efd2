"""What the Send API's answers mean; Instagram goes through the same one."""

from typing import Final

from adapters.channels.base import (
    ErrorKind,
    ErrorRow,
    HttpResponse,
    SendErr,
    SendOk,
    TransportFailure,
)
from adapters.channels.meta.errors import COMMON, ErrorTable, senseless
from adapters.channels.reading import text_of

TABLE: Final = ErrorTable(
    (
        *COMMON,
        ErrorRow("10/2018065", ErrorKind.WINDOW_CLOSED, "outside the allowed window"),
        ErrorRow("10/2018108", ErrorKind.RECIPIENT, "the client has blocked or left the talk"),
        ErrorRow("10/2018278", ErrorKind.WINDOW_CLOSED, "outside the allowed window"),
        ErrorRow("10/2018300", ErrorKind.RECIPIENT, "another application holds the thread"),
        ErrorRow("10/2534022", ErrorKind.WINDOW_CLOSED, "outside the allowed window (Instagram)"),
        ErrorRow("100/2018001", ErrorKind.RECIPIENT, "there is no such client"),
        ErrorRow("100/2018164", ErrorKind.RECIPIENT, "the client is not there any more"),
        ErrorRow("100/2534014", ErrorKind.RECIPIENT, "there is no such client (Instagram)"),
        ErrorRow("551", ErrorKind.RECIPIENT, "the client cannot be reached at the moment"),
        ErrorRow("4/2018022", ErrorKind.RATE_LIMITED, "too many calls to telephone numbers"),
        ErrorRow("32", ErrorKind.RATE_LIMITED, "too many calls for the Page"),
        ErrorRow("80006", ErrorKind.RATE_LIMITED, "too many calls to the Messenger Platform"),
        ErrorRow("80002", ErrorKind.RATE_LIMITED, "too many calls for the Instagram account"),
        ErrorRow("613", ErrorKind.RATE_LIMITED, "too many messages"),
        ErrorRow("1200", ErrorKind.TRANSIENT, "passing fault at the provider"),
        ErrorRow("100/2018047", ErrorKind.CONTENT, "the file could not be handed over"),
        ErrorRow("100/2018109", ErrorKind.CONTENT, "the file is too large"),
        ErrorRow("230", ErrorKind.AUTH, "pages_messaging was not granted"),
        ErrorRow(
            "200/2018028", ErrorKind.RECIPIENT, "an unpublished application writes to testers only"
        ),
        ErrorRow("200/1545041", ErrorKind.RECIPIENT, "the client takes no messages from the Page"),
    )
)


def classify(result: HttpResponse | TransportFailure) -> SendOk | SendErr:
    """Return what the result of a call to `/messages` means."""
    answer = TABLE.judge(result)
    if isinstance(answer, SendErr):
        return answer
    provider_id = text_of(answer, "message_id")
    if provider_id is None:
        return senseless(result)
    return SendOk(provider_id)
