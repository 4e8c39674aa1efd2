"""Answers about past moments: the same lists, counts and chats, `as_of` a time or a position."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Final, TypeVar

import psycopg
from fastapi import Query

from adapters.http.auth import Viewer
from adapters.http.parts import AppParts
from adapters.http.problems import Problem
from adapters.storage.postgres.looks import LookKind
from adapters.storage.postgres.moments import Moment, NoSuchMoment, moment_of
from adapters.storage.postgres.panels import PastIsNotReady
from adapters.storage.postgres.past import AsksWholeChats, Eyes, Past
from adapters.storage.postgres.queries import Page
from domain.errors import NotAllowed, NotFound
from domain.values import ChatId
from projections.filters import ChatFilter, Listed
from projections.items import Item, stamp

AsOf = Annotated[
    str | None,
    Query(
        max_length=60,
        description="A past moment: a time with its zone, a position, or `position@time`.",
    ),
]
SeenBy = Annotated[
    str | None,
    Query(max_length=100, description="With `as_of`: the operator whose panel it was."),
]

AT_ONCE: Final = 1
"""Questions about the past that one process answers at a time: each keeps a thread busy."""
_PATIENCE: Final = 2.0
T = TypeVar("T")


class PastAnswers:
    """Asks the past in a thread, one question after the other."""

    def __init__(self, parts: AppParts) -> None:
        url = parts.pool.conninfo
        assert isinstance(url, str)
        self._url: Final = url
        self._past: Final = Past(url, parts.opening or parts.mapper)
        self._queries: Final = parts.queries
        self._looks: Final = parts.looks
        self._room: Final = asyncio.Semaphore(AT_ONCE)

    async def chats(
        self,
        viewer: Viewer,
        chats: ChatFilter,
        as_of: str,
        seen_by: str | None,
        cursor: str | None,
        limit: int,
    ) -> tuple[Page, Item]:
        """Return a page of a list as it was, and the moment; raise the problems of `_ask`."""
        eyes = _eyes(viewer, seen_by)
        _check_no_filter(chats)
        moment = await self._moment(as_of)
        self._note(viewer, moment, eyes)
        if chats.section in {Listed.CLOSED, Listed.ALL}:
            await self._queries.wait_for(moment.position, _PATIENCE)
        page = await self._ask(
            lambda: self._past.chats(eyes, chats, moment, cursor=cursor, limit=limit)
        )
        return page, _told(moment)

    async def counts(
        self, viewer: Viewer, chats: ChatFilter, as_of: str, seen_by: str | None
    ) -> Item:
        """Return how many chats each list held, and the moment."""
        eyes = _eyes(viewer, seen_by)
        _check_no_filter(chats)
        moment = await self._moment(as_of)
        self._note(viewer, moment, eyes)
        counted = await self._ask(lambda: self._past.counts(eyes, chats, moment))
        return {**counted, "as_of": _told(moment)}

    async def chat(self, chat_id: ChatId, as_of: str) -> Item:
        """Return a chat, which the asker sees now, as it was; raise `NotFound` before it began."""
        moment = await self._moment(as_of)
        item = await self._ask(lambda: self._past.chat(chat_id, moment))
        if item is None:
            raise NotFound("chat", chat_id)
        return {**item, "as_of": _told(moment)}

    async def messages(
        self, chat_id: ChatId, as_of: str, cursor: str | None, q: str | None, limit: int
    ) -> tuple[Page, Item]:
        """Return a page of such a chat's messages as they stood, and the moment."""
        moment = await self._moment(as_of)
        found = await self._ask(
            lambda: self._past.messages(chat_id, moment, cursor=cursor, q=q, limit=limit)
        )
        if found is None:
            raise NotFound("chat", chat_id)
        return found, _told(moment)

    def _note(self, viewer: Viewer, moment: Moment, eyes: Eyes) -> None:
        """Count a look at the past: one for each hour of it, and each panel (A5)."""
        whose = "" if eyes.whose is None else f" of operator-{eyes.whose}"
        what = f"panel at {moment.at:%Y-%m-%dT%H}Z{whose}"
        self._looks.note(LookKind.PAST, viewer.id, what)

    async def _moment(self, as_of: str) -> Moment:
        def find() -> Moment:
            with psycopg.connect(self._url, autocommit=True) as connection:
                return moment_of(connection, as_of)

        return await self._ask(find)

    async def _ask(self, question: Callable[[], T]) -> T:
        try:
            async with self._room:
                return await asyncio.to_thread(question)
        except NoSuchMoment as error:
            fault = {"pointer": "/query/as_of", "detail": str(error)}
            raise Problem(422, "no_such_moment", errors=[fault]) from None
        except AsksWholeChats as error:
            fault = {"pointer": "/query/filter", "detail": str(error)}
            raise Problem(422, "not_of_the_past", errors=[fault]) from None
        except PastIsNotReady as error:
            raise Problem(503, "past_not_ready", retry_after=30, reached=error.reached) from None


def _eyes(viewer: Viewer, seen_by: str | None) -> Eyes:
    """Return who looks; raise `NotAllowed` where his role of today may not look back."""
    if not viewer.scope.may("replay"):
        raise NotAllowed("replay")
    return Eyes(viewer.scope, viewer.id if seen_by == "me" else seen_by)


def _check_no_filter(chats: ChatFilter) -> None:
    """Raise a problem for a filter: records and texts of the past are not at hand for it."""
    if chats.tree is not None:
        raise Problem(422, "filter_of_the_past")


def _told(moment: Moment) -> Item:
    return {"position": moment.position, "at": stamp(moment.at)}
