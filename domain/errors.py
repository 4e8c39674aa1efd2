"""
What can be refused, and why.

* RecadoError
  + Refused                     the rules say no; nothing was recorded
    - NotFound                  no such chat, operator, group, … (a foreign one looks the same)
    - ChatIsClosed
    - AlreadyAssigned           somebody else has it
    - NotAssigned               nobody has it
    - ChatMovedOn               the decision was made on an older version
    - OperatorIsNotAvailable    offline, or not a member
    - OperatorIsFull            at capacity
    - NobodyInGroup             a group that refuses chats while nobody can take them
    - NotOneTarget              a transfer goes to an operator or to a group
    - OverflowIsIncomplete      where to, or after how long, is missing
    - OverflowGoesInCircles     a chat would come back to where it came from
    - ReplyWindowIsClosed       the channel takes no free answer any more
    - CannotBeCarried           the channel cannot take such a message
    - EmptyMessage
    - NotYours                  a comment of somebody else
    - MentionNotSeen            who is mentioned does not see the chat
    - NothingToRetry            the message has not failed
    - InvalidRecord             what was entered into a client's record is not what it says
    - ClientMovedOn             a field was changed since it was looked at
    - ClientIsMerged            the record goes on in another one
    - CannotMerge               the two records cannot become one
    - ClientIsErased            nobody can read him any more
    - ClientIsHeld              he must not be erased now
    - ChatIsErased              it was its client's, who was erased
    - TagIsRemoved              nobody can give it any more
    - UnresolvedVariables       what a reply says has holes in it
    - AlreadyExists
    - NotAllowed                the role does not have this right
  + IdentityReused              same command identity, other content
  + LeaseLost                   another process does this now
  + LogIsBusy                   the log could not be written in time; try again
"""


class RecadoError(Exception):
    """Root of everything that Recado says no to."""


class Refused(RecadoError):
    """The rules say no; nothing was recorded."""


class NotFound(Refused):
    def __init__(self, kind: str, id_: str) -> None:
        super().__init__(f"there is no {kind} {id_}")
        self.kind = kind
        self.id = id_


class ChatIsClosed(Refused):
    def __init__(self, chat_id: str) -> None:
        super().__init__(f"chat {chat_id} is closed")
        self.chat_id = chat_id


class AlreadyAssigned(Refused):
    def __init__(self, chat_id: str, operator_id: str) -> None:
        super().__init__(f"chat {chat_id} is already with operator {operator_id}")
        self.chat_id = chat_id
        self.operator_id = operator_id


class NotAssigned(Refused):
    def __init__(self, chat_id: str) -> None:
        super().__init__(f"chat {chat_id} is with nobody")
        self.chat_id = chat_id


class ChatMovedOn(Refused):
    def __init__(self, chat_id: str, seen: int, version: int) -> None:
        super().__init__(f"chat {chat_id} is at version {version}, the decision was on {seen}")
        self.chat_id = chat_id
        self.seen = seen
        self.version = version


class OperatorIsNotAvailable(Refused):
    def __init__(self, operator_id: str, why: str) -> None:
        super().__init__(f"operator {operator_id} is not available: {why}")
        self.operator_id = operator_id
        self.why = why


class OperatorIsFull(Refused):
    def __init__(self, operator_id: str, capacity: int) -> None:
        super().__init__(f"operator {operator_id} has {capacity} chats, as many as he may")
        self.operator_id = operator_id
        self.capacity = capacity


class NobodyInGroup(Refused):
    def __init__(self, group_id: str) -> None:
        super().__init__(f"nobody in group {group_id} can take a chat now, and it refuses them")
        self.group_id = group_id


class NotOneTarget(Refused):
    def __init__(self, chat_id: str) -> None:
        super().__init__(f"chat {chat_id} is passed to an operator or to a group, one of the two")
        self.chat_id = chat_id


class OverflowIsIncomplete(Refused):
    def __init__(self, group_id: str) -> None:
        super().__init__(f"group {group_id} overflows and lacks overflow_to or overflow_after")
        self.group_id = group_id


class OverflowGoesInCircles(Refused):
    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__(f"chats would overflow in a circle: {' -> '.join(path)}")
        self.path = path


class ReplyWindowIsClosed(Refused):
    def __init__(self, chat_id: str) -> None:
        super().__init__(f"the channel takes no free answer in chat {chat_id} any more")
        self.chat_id = chat_id


class CannotBeCarried(Refused):
    def __init__(self, chat_id: str, what: str, why: str) -> None:
        super().__init__(f"the channel of chat {chat_id} cannot carry this {what}: {why}")
        self.chat_id = chat_id
        self.what = what
        self.why = why


class EmptyMessage(Refused):
    def __init__(self) -> None:
        super().__init__("a message needs text or an attachment")


class NotYours(Refused):
    def __init__(self, chat_id: str, seq: int) -> None:
        super().__init__(f"comment {seq} of chat {chat_id} is somebody else's")
        self.chat_id = chat_id
        self.seq = seq


class MentionNotSeen(Refused):
    def __init__(self, chat_id: str, operators: tuple[str, ...]) -> None:
        super().__init__(f"{len(operators)} of those mentioned do not see chat {chat_id}")
        self.chat_id = chat_id
        self.operators = operators


class NothingToRetry(Refused):
    def __init__(self, chat_id: str, seq: int) -> None:
        super().__init__(f"message {seq} of chat {chat_id} has not failed")
        self.chat_id = chat_id
        self.seq = seq


class InvalidRecord(Refused):
    """`faults` are the fields, each with the code of what is wrong with it; never what it held."""

    def __init__(self, faults: tuple[tuple[str, str], ...]) -> None:
        super().__init__(f"invalid: {', '.join(field for field, _ in faults)}")
        self.faults = faults


class ClientMovedOn(Refused):
    """`fields` were changed since version `seen` of the client's record."""

    def __init__(self, client_id: str, seen: int, version: int, fields: tuple[str, ...]) -> None:
        super().__init__(f"client {client_id} is at version {version}, the change was on {seen}")
        self.client_id = client_id
        self.seen = seen
        self.version = version
        self.fields = fields


class ClientIsMerged(Refused):
    def __init__(self, client_id: str, into: str) -> None:
        super().__init__(f"client {client_id} goes on as {into}")
        self.client_id = client_id
        self.into = into


class ClientIsErased(Refused):
    def __init__(self, client_id: str) -> None:
        super().__init__(f"client {client_id} was erased")
        self.client_id = client_id


class ClientIsHeld(Refused):
    def __init__(self, client_id: str, reason: str) -> None:
        super().__init__(f"client {client_id} must not be erased")
        self.client_id = client_id
        self.reason = reason


class ChatIsErased(Refused):
    def __init__(self, chat_id: str) -> None:
        super().__init__(f"chat {chat_id} was erased with its client")
        self.chat_id = chat_id


class CannotMerge(Refused):
    def __init__(self, client_id: str, why: str) -> None:
        super().__init__(f"client {client_id} cannot be merged: {why}")
        self.client_id = client_id
        self.why = why


class AlreadyExists(Refused):
    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"there is already a {kind} {name}")
        self.kind = kind
        self.name = name


class TagIsRemoved(Refused):
    def __init__(self, name: str) -> None:
        super().__init__("a tag of this name was removed")
        self.name = name


class UnresolvedVariables(Refused):
    """`names` are the variables that have no value in this chat."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(f"{len(names)} variables have no value")
        self.names = names


class NotAllowed(Refused):
    def __init__(self, action: str) -> None:
        super().__init__(f"this role may not {action}")
        self.action = action


class IdentityReused(RecadoError):
    def __init__(self, identity: str) -> None:
        super().__init__(f"command {identity} was already used with other content")
        self.identity = identity


class LeaseLost(RecadoError):
    def __init__(self, lease: str) -> None:
        super().__init__(f"another process holds the {lease} lease now")
        self.lease = lease


class LogIsBusy(RecadoError):
    def __init__(self, why: str) -> None:
        super().__init__(f"the log cannot be written now: {why}")
        self.why = why
