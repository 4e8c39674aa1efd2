"""Channel accounts over HTTP: what each can do, whether it is paused, and going on again."""

from typing import Any, Final

from fastapi import APIRouter, Depends, Response

from adapters.http.abilities import can
from adapters.http.answers import Answers, Asked, demand
from adapters.http.pages import json
from adapters.http.parts import AppParts, caught_up
from domain.acts import Ask
from domain.channel import BY_HAND, DISCONNECTED, PauseChannel, ResumeChannel
from domain.values import ChannelAccountId, stream_of

_FORGET: Final = "DELETE FROM recado_channel_secrets WHERE account_id = %s"


def routes(parts: AppParts, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1/channels", tags=["records"])

    @router.get("", dependencies=[Depends(caught_up)])
    async def list_channels() -> Response:
        """Return all channel accounts: what each can do, and why it is paused, if it is."""
        found = await parts.queries.channels()
        items = [item | {"can": can(parts.channels, item["id"])} for item in found.items]
        return json({"items": items, "next_cursor": None, "position": found.position})

    @router.post("/{channel_id}/pause")
    async def pause_channel(asked: Asked, channel_id: ChannelAccountId) -> dict[str, Any]:
        """Send nothing by an account until it is resumed; what comes in is taken all the same."""
        demand(asked.viewer, "administer")
        stream = stream_of("channel", channel_id)
        act = Ask(stream=stream, command=PauseChannel(reason=BY_HAND), **asked.how)
        return await answers.submit(act, stream)

    @router.post("/{channel_id}/resume")
    async def resume_channel(asked: Asked, channel_id: ChannelAccountId) -> dict[str, Any]:
        """Send again by an account that was paused; what waited leaves."""
        demand(asked.viewer, "administer")
        stream = stream_of("channel", channel_id)
        act = Ask(
            stream=stream,
            command=ResumeChannel(),
            meta=asked.meta,
            identity=asked.identity,
            fingerprint=asked.fingerprint,
        )
        return await answers.submit(act, stream)

    @router.delete("/{channel_id}")
    async def disconnect_channel(asked: Asked, channel_id: ChannelAccountId) -> dict[str, Any]:
        """Forget its configuration: nothing comes in or leaves by it any more; its chats stay."""
        demand(asked.viewer, "administer")
        stream = stream_of("channel", channel_id)
        act = Ask(stream=stream, command=PauseChannel(reason=DISCONNECTED), **asked.how)
        answer = await answers.submit(act, stream)
        async with parts.pool.connection() as connection:
            await connection.execute(_FORGET, (channel_id,))
        return answer

    return router
