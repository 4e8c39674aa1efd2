"""The two routes of the live feed: make a subscription, and listen to it."""

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.http.auth import Gate, Viewer
from adapters.http.feed.stream import Connection, Streams
from adapters.http.feed.subscribing import Subscribers
from adapters.http.feed.tokens import (
    LONGEST_ID,
    MOST_VIEWS,
    PARAMS,
    ChatsParams,
    CountsParams,
    MessagesParams,
    NoParams,
    Subscription,
    Wanted,
    params_of,
    subscription_of,
)
from adapters.http.parts import AppParts, Asking, Looking
from adapters.http.presence import beat
from adapters.http.problems import Problem
from adapters.http.wire import Receive, Scope, Send
from domain.access import Scope as Rights
from domain.errors import NotFound

_EVENTS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Events without end", "content": {"text/event-stream": {}}}
}


class ViewWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=50)]
    """What the subscriber calls the view."""
    projection: Annotated[str, Field(max_length=50)]
    params: dict[str, Any] = {}


class SubscriptionWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    views: Annotated[list[ViewWanted], Field(min_length=1, max_length=MOST_VIEWS)]


class Stream(Response):
    """Hands the connection over to the feed."""

    media_type = "text/event-stream"

    def __init__(self, streams: Streams, connection: Connection) -> None:
        super().__init__()
        self._streams = streams
        self._connection = connection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._streams.serve(self._connection, receive, send)


def routes(parts: AppParts, gate: Gate, subscribers: Subscribers, streams: Streams) -> APIRouter:
    router = APIRouter(prefix="/v1/subscriptions", tags=["live"])
    naming = parts.desk.naming

    @router.post("", status_code=201)
    async def subscribe(viewer: Looking, wanted: SubscriptionWanted) -> dict[str, str]:
        """Name the views to be kept up to date; listen to them under the id that comes back."""
        views = tuple(_wanted(number, view) for number, view in enumerate(wanted.views))
        if len({view.id for view in views}) < len(views):
            raise _invalid("/views", "two views have the same id")
        for view in views:
            if isinstance(view.params, MessagesParams):
                chat_id = view.params.chat
                item = await parts.queries.chat(viewer.scope, chat_id)
                if item is None:
                    raise NotFound("chat", chat_id)
                parts.looks.at_chat(viewer, item)
            if isinstance(view.params, ChatsParams):
                await parts.queries.tree(viewer.scope, view.params.filter, view.params.tab)
        id_ = Subscription(viewer.id, views).id(naming)
        if len(id_) > LONGEST_ID:
            raise _invalid("/views", "the filters are too long together; save them as tabs")
        return {"id": id_}

    @router.get("/{subscription_id}/stream", responses=_EVENTS, response_model=None)
    async def listen(
        request: Request,
        viewer: Asking,
        subscription_id: str,
        from_: Annotated[str | None, Query(alias="from", max_length=100)] = None,
        after: Annotated[str | None, Query(max_length=LONGEST_ID)] = None,
    ) -> Response:
        """
        Send snapshots, then changes as they happen; resumable by `Last-Event-ID` or `from`.

        Views are added and removed by making another subscription and going on with it:
        `after` is the id of the one that `from` comes from. Views that both have go on with
        what changed, new ones begin with a snapshot.
        """
        subscription = subscription_of(subscription_id, naming)
        before = None if after is None else subscription_of(after, naming)
        if subscription is None or subscription.operator_id != viewer.id:
            raise Problem(404, "not_found")
        await beat(parts.pool, [viewer.id])
        last = request.headers.get("last-event-id") or from_
        joined = await subscribers.join(subscription, viewer.scope, last, after=before)
        rights_now = partial(_rights_now, gate, viewer)
        connection = Connection(
            viewer.id, viewer.digest, subscription, viewer.scope, rights_now, joined
        )
        return Stream(streams, connection)

    return router


async def _rights_now(gate: Gate, viewer: Viewer) -> Rights | None:
    now = await gate.known(viewer.secret)
    return None if now is None or gate.lacks_second_factor(now) else now.scope


def _wanted(number: int, view: ViewWanted) -> Wanted:
    where = f"/views/{number}"
    if view.projection not in PARAMS:
        raise _invalid(f"{where}/projection", f"there are: {', '.join(sorted(PARAMS))}")
    try:
        params: ChatsParams | CountsParams | MessagesParams | NoParams = params_of(
            view.projection, view.params
        )
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        steps = "/".join(str(step) for step in first["loc"])
        raise _invalid(f"{where}/params/{steps}", first["msg"]) from None
    return Wanted(view.id, view.projection, params)


def _invalid(pointer: str, what: str) -> Problem:
    return Problem(422, "invalid", errors=[{"pointer": pointer, "detail": what}])
