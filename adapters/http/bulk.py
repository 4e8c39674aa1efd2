"""One act on many chats: decided together, each with an outcome of its own (T6)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

import structlog
from fastapi import APIRouter, Request
from pydantic import Field

from adapters.http import bodies as b
from adapters.http.answers import Answers, Asked, AskedBy, demand
from adapters.http.chat_acts import ChatActs, asking, assigning, is_pulling, tagging, transferring
from adapters.http.parts import AppParts
from adapters.http.problems import Problem, best_language, problem_of
from adapters.http.reaching import who_may_take
from adapters.http.sentences import SENTENCES, Language
from adapters.storage.postgres.queries import Queries
from domain.chat import commands as c
from domain.errors import RecadoError
from domain.ports import Act, Receipt
from domain.values import ChatId

log = structlog.get_logger()

Json = dict[str, Any]
MakeAct = Callable[[AskedBy, ChatId], Act]

MOST: Final = 500
"""Chats of one request; as many as the desk commits in one transaction."""
_EVERYTHING: Final = 2**31 - 1

Chats = Annotated[list[b.Id], Field(min_length=1, max_length=MOST)]


class AssignMany(b.Assignment):
    act: Literal["assign"]
    chats: Chats


class TransferMany(b.TransferTo):
    act: Literal["transfer"]
    chats: Chats


class TagMany(b.TagChange):
    act: Literal["tag"]
    chats: Chats


class SnoozeMany(b.SnoozeUntil):
    act: Literal["snooze"]
    chats: Chats


class CloseMany(b.Body):
    act: Literal["close"]
    chats: Chats


class ReadMany(b.Body):
    """Each up to its last message."""

    act: Literal["read"]
    chats: Chats


Many = Annotated[
    AssignMany | TransferMany | TagMany | SnoozeMany | CloseMany | ReadMany,
    Field(discriminator="act"),
]


def routes(parts: AppParts, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1/chats", tags=["chats"])
    acts = ChatActs(parts, answers)

    @router.post("/bulk")
    async def act_on_many(request: Request, asked: Asked, body: Many) -> Json:
        """
        Assign, transfer, tag, snooze, close or read up to 500 chats.

        Each item of the answer tells of one chat, in the order given: `ok`, and the `code` and
        a sentence (`detail`) where it was refused. What is refused for one is done for others.
        """
        viewer = asked.viewer
        demand(viewer, "act")
        make = await _maker(body, parts.queries)
        ids = [ChatId(id_) for id_ in dict.fromkeys(body.chats)]
        wanted = {id_: make(_for_one(asked, id_, parts), id_) for id_ in ids}
        are_pulls = isinstance(body, AssignMany) and is_pulling(viewer, body)
        done = await acts.submit_all(viewer, wanted, are_pulls=are_pulls)
        language = best_language(request.headers.get("accept-language", ""))
        items = [_item(id_, outcome, language) for id_, outcome in done.items()]
        receipts = (one for one in done.values() if isinstance(one, Receipt))
        return {"items": items, "position": max((one.position for one in receipts), default=0)}

    return router


def _for_one(asked: AskedBy, chat_id: ChatId, parts: AppParts) -> AskedBy:
    """Return the request as it is for one chat: repeated, what was done is not done again."""
    if asked.identity is None:
        return asked
    return replace(asked, identity=parts.desk.naming.key(asked.identity, chat_id))


async def _maker(body: Many, queries: Queries) -> MakeAct:
    """Return what makes the act on one chat."""
    match body:
        case AssignMany():
            return lambda asked, id_: assigning(asked, id_, body)
        case TransferMany():
            members = await who_may_take(queries, body.group)
            return lambda asked, id_: transferring(asked, id_, body, members)
        case TagMany():
            return lambda asked, id_: tagging(asked, id_, body)
        case SnoozeMany():
            return lambda asked, id_: asking(asked, id_, c.SnoozeChat(until=body.until))
        case CloseMany():
            return lambda asked, id_: asking(asked, id_, c.CloseChat())
        case ReadMany():
            return lambda asked, id_: asking(asked, id_, _read(asked))


def _read(asked: AskedBy) -> c.MarkRead:
    return c.MarkRead(operator_id=asked.viewer.operator.id, up_to=_EVERYTHING)


def _item(chat_id: ChatId, outcome: Receipt | BaseException, language: Language) -> Json:
    if isinstance(outcome, Receipt):
        return {"id": chat_id, "ok": True}
    if not isinstance(outcome, RecadoError):
        log.error("http.failed", error=type(outcome).__name__)
        problem = Problem(500, "internal")
    else:
        problem = problem_of(outcome)
    detail = SENTENCES.get(problem.code, SENTENCES["refused"])[language]
    refused = {"code": problem.code, "status": problem.status, "detail": detail}
    return {"id": chat_id, "ok": False, **refused, **problem.facts}
