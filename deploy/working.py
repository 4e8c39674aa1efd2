"""The parts of which one works at a time: relay, project, route, dispatch, remember."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from adapters.audit.erasure_keeper import ErasureKeeper
from adapters.audit.erasure_places import ErasureStream, beside
from adapters.audit.keeper import HeadKeeper
from adapters.audit.publishing import Bus
from adapters.bus.relay import Relay
from adapters.bus.streams import ensure_streams
from adapters.bus.subjects import read_event
from adapters.channels.accounts import ConnectedChannels
from adapters.channels.copying import MediaCopier
from adapters.channels.dispatcher import Dispatcher
from adapters.channels.outgoing_files import Files
from adapters.channels.pulling import Puller
from adapters.channels.transport import http_client
from adapters.public_web import Origin, PublicWeb
from adapters.storage.erasing import Erasing
from adapters.storage.postgres.heartbeats import Heartbeats
from adapters.storage.postgres.keyframe_keeper import KeyframeKeeper
from adapters.storage.postgres.leases import Lease
from adapters.storage.postgres.look_keeper import LookKeeper
from adapters.storage.postgres.looks import LookKind
from adapters.storage.postgres.media_queue import MediaQueue
from adapters.storage.postgres.outbox import Outbox
from adapters.storage.postgres.projector import Projector
from adapters.storage.postgres.pull_cursors import PullCursors
from adapters.storage.postgres.snapshots import RoutingSnapshots
from adapters.storage.retaining import Retaining
from adapters.storage.retention_keeper import RetentionKeeper
from adapters.tasks import end
from adapters.webhooks.queue import WebhookQueue
from adapters.webhooks.register import WebhookRegister
from adapters.webhooks.sender import WebhookSender
from adapters.webhooks.sending import Sending
from deploy.attachments import AttachmentsPlace
from deploy.attesting import AuditPlace
from deploy.compose import Base, attachments_of, connected, links_of
from deploy.embedded.directory import Urls
from deploy.parts import tell_ready
from deploy.restoring import ErasureLists, erase_again
from deploy.shadowing import shadowed
from deploy.signals import stopped_by_signals
from domain.event import Recorded
from routers.hearing import log_broker
from routers.policies.registry import installed
from routers.ports import Outside, Published
from routers.process import Router

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the parts are told besides where everything is."""

    shadow_policy: str | None = None
    audit: AuditPlace | None = None
    webhook_origins: frozenset[Origin] = frozenset()
    looks_keep: Mapping[LookKind, timedelta] = field(default_factory=dict)
    """How long it is kept who looked, where not for the usual time."""


async def work(
    urls: Urls,
    parts: Sequence[str],
    files: AttachmentsPlace,
    told: Told,
    erasures: ErasureLists,
) -> None:
    """
    Play the parts until SIGTERM or SIGINT.

    Whoever was erased is so before anything is done, also in a restored database.
    """
    stop = stopped_by_signals()
    await erase_again(urls, erasures)
    async with connected(urls, "recado-work", 8, files) as base:
        await ensure_streams(base.nc)
        plays = _PARTS | {
            "route": partial(_route, shadow_policy=told.shadow_policy),
            "dispatch": partial(_dispatch, trusted=told.webhook_origins),
            "remember": partial(_remember, looks_keep=told.looks_keep),
        }
        if told.audit is not None:
            plays["attest"] = partial(_attest, audit=told.audit)
        tasks = [asyncio.create_task(_for_ever(name, plays[name], base)) for name in parts]
        stopping = asyncio.create_task(stop.wait())
        tell_ready()
        ended, _ = await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        await end([stopping, *tasks])
        for task in ended - {stopping}:
            task.result()


async def _for_ever(name: str, play: Callable[[Base], Awaitable[None]], base: Base) -> None:
    """
    Play one part; whatever ends it is logged, and it begins again.

    A connection to NATS that is closed for good ends the process: the supervisor makes a new one.
    """
    pause = 0.1
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await play(base)
        except Exception as error:
            log.exception("part.failed", part=name, error=type(error).__name__)
            if base.nc.is_closed:
                raise
        healthy = asyncio.get_running_loop().time() - began > 10  # noqa: PLR2004  (seconds)
        pause = 0.1 if healthy else min(2 * pause, 5.0)
        await asyncio.sleep(pause)


async def _relay(base: Base) -> None:
    await Relay(base.nc, base.urls.postgres).run(asyncio.Event())


async def _project(base: Base) -> None:
    await Projector(base.urls.postgres, base.opening(), base.nc).run(asyncio.Event())


async def _route(base: Base, shadow_policy: str | None = None) -> None:
    lease = Lease(base.pool, "router")
    heartbeats = Heartbeats(base.pool)

    def read(message: Published) -> Recorded:
        relayed = read_event(message)
        return base.mapper.decode(
            relayed.position, relayed.stream, relayed.version, relayed.topic, relayed.state
        )

    outside = Outside(
        desk=base.desk.under(lease),
        lease=lease,
        load_snapshot=RoutingSnapshots(base.urls.postgres, base.mapper).load,
        lost_heartbeats=heartbeats.lost,
        read=read,
        clock=heartbeats.clock,
    )
    policies = installed().policies
    with shadowed(outside, shadow_policy, policies) as heard:
        async with log_broker(base.urls.nats) as broker:
            await Router(broker, heard, policies).run()


async def _dispatch(base: Base, trusted: frozenset[Origin] = frozenset()) -> None:
    lease = Lease(base.pool, "dispatch")
    channels = ConnectedChannels(base.pool)
    outbox = Outbox(base.pool, base.opening())
    attachments = attachments_of(base)
    public = PublicWeb()
    async with lease.kept() as lost, http_client() as client, public.client(trusted) as outwards:
        files = Files(attachments, links_of(base))
        dispatcher = Dispatcher(outbox, channels, base.desk.under(lease), client, files)
        copier = MediaCopier(
            MediaQueue(base.pool, base.opening()),
            ConnectedChannels(base.pool),
            base.desk.under(lease),
            attachments,
            public,
        )
        puller = Puller(ConnectedChannels(base.pool), base.desk, PullCursors(base.pool))
        desk = base.desk.under(lease)
        register = WebhookRegister(base.pool, base.mapper)
        queue = WebhookQueue(base.pool, base.opening())
        webhooks = WebhookSender(register, queue, desk, Sending(outwards))
        async with asyncio.TaskGroup() as parts:
            parts.create_task(dispatcher.run(lease, base.poke.event(), lost))
            parts.create_task(copier.run(lease, lost))
            parts.create_task(puller.run(lost))
            parts.create_task(webhooks.run(base.poke.event(), lost))


async def _attest(base: Base, audit: AuditPlace) -> None:
    url, signer, places = base.urls.postgres, audit.signer(), audit.all_places()
    heads = HeadKeeper(url, signer, [*places, Bus(base.nc)])
    erasures = ErasureKeeper(url, signer, [*beside(places), ErasureStream(base.nc)])
    async with Lease(base.pool, "attest").kept() as lost, asyncio.TaskGroup() as parts:
        parts.create_task(heads.run(lost))
        parts.create_task(erasures.run(lost))


async def _remember(base: Base, looks_keep: Mapping[LookKind, timedelta] | None = None) -> None:
    keyframes = KeyframeKeeper(base.urls.postgres, base.mapper)
    looks = LookKeeper(base.urls.postgres, looks_keep or {})
    lease, store = Lease(base.pool, "remember"), attachments_of(base).store
    erasing = Erasing(base.pool, base.desk.under(lease), base.opening(), store)
    retention = RetentionKeeper(Retaining(base.pool, erasing))
    async with lease.kept() as lost, asyncio.TaskGroup() as parts:
        parts.create_task(keyframes.run(lost))
        parts.create_task(looks.run(lost))
        parts.create_task(retention.run(lost))


_PARTS: Final[dict[str, Callable[[Base], Awaitable[None]]]] = {
    "relay": _relay,
    "project": _project,
    "route": _route,
    "dispatch": _dispatch,
    "remember": _remember,
}
