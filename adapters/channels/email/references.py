"""
What a file in a mail is called, so that it can be fetched again.

The mail itself stays in its mailbox: the name says where it was seen, and by its Message-ID
how to find it when the mailbox was numbered anew.
"""

import re
from dataclasses import dataclass
from typing import Final

from adapters.channels.base import RawRequest

_FORM: Final = re.compile(
    r"(?P<part>[0-9.]{1,200})/(?P<validity>[0-9]{0,20})\.(?P<uid>[0-9]{0,20})/(?P<id><.*>)"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in a mailbox; `validity` and `uid` are 0 for a mail that was handed in by HTTP."""

    message_id: str
    validity: int = 0
    uid: int = 0
    part: str = "0"
    """Number of the part; `0` is the whole mail."""

    def to(self, part: str) -> str:
        """Return the name of a part of this mail."""
        return f"{part}/{self.validity}.{self.uid}/{self.message_id}"

    @classmethod
    def read(cls, text: str) -> "Reference | None":
        """Return what a name says; None for a text that is no such name."""
        match = _FORM.fullmatch(text)
        if match is None:
            return None
        validity, uid = int(match["validity"] or 0), int(match["uid"] or 0)
        return cls(match["id"], validity, uid, match["part"])

    @classmethod
    def of_request(cls, request: RawRequest, message_id: str) -> "Reference":
        """Return where the mail in a request was seen."""
        told = dict(request.query) if request.method == PULLED else {}
        validity, uid = told.get("uidvalidity", ""), told.get("uid", "")
        if validity.isdecimal() and uid.isdecimal():
            return cls(message_id, int(validity), int(uid))
        return cls(message_id)


PULLED: Final = "PULL"
"""The method of requests that this adapter made itself, out of a mailbox."""
