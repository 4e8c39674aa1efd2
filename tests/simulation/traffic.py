"""Clients who write, and a provider that delivers: again, late, in any order, until answered."""

from collections import Counter
from collections.abc import Callable
from typing import Final

from domain.chat.events import MessageState
from domain.content import Text
from domain.errors import IdentityReused, LogIsBusy
from domain.inbound import (
    DeliveryReported,
    EchoArrived,
    InboundEvent,
    MessageArrived,
    MessageWasDeleted,
    MessageWasEdited,
    Notice,
    Peer,
    ReactionArrived,
)
from domain.intake import TakeIn, keep_mismatch, take_in
from domain.values import ChannelAccountId, Identity
from tests.simulation.nodes import Office

ACCOUNTS: Final = (ChannelAccountId("whatsapp"), ChannelAccountId("telegram"))
REDELIVERED_AFTER: Final = 5.0


class Traffic:
    """`acknowledged` tells what the provider was told is recorded."""

    def __init__(self, office: Office, clients: int) -> None:
        self.sent: Final = Counter[str]()
        self.acknowledged: Final = set[str]()
        self.is_over = False
        self._office, self._rng = office, office.rng
        self._clients: Final = clients
        self._numbers = 0

    def write(self) -> None:
        """Have some client write, or do something about what he wrote."""
        rng, climate = self._rng, self._office.climate
        client = rng.randrange(self._clients)
        account = ACCOUNTS[client % len(ACCOUNTS)]
        kind = rng.random()
        if kind < climate.poison:
            self._send(account, self._notice())
        elif kind > 0.96 and self.sent:
            self._send(account, self._about(client))
        else:
            self._message(account, client)

    def burst(self, messages: int) -> None:
        for _ in range(messages):
            self._office.loop.call_later(self._rng.random(), self.write)
        self._office.sometimes["burst"] += 1

    def report(self, message_id: str, account: str) -> None:
        """Have the provider say how far an answer came, in any order."""
        states = (MessageState.SENT, MessageState.DELIVERED, MessageState.READ)
        for state in self._rng.sample(states, self._rng.randint(0, 3)):
            report = DeliveryReported(
                account=None,
                dedup_key=f"d:{message_id}:{state}",
                occurred_at=self._office.loop.now(),
                state=state,
                correlation=message_id,
            )
            self._send(ChannelAccountId(account), report)

    def _message(self, account: ChannelAccountId, client: int) -> None:
        rng = self._rng
        self._numbers += 1
        provider_id = f"{client}.{self._numbers}"
        if self.sent and rng.random() < self._office.climate.repeated_words:
            provider_id = f"{client}.{rng.randint(1, self._numbers)}"
            self._office.sometimes["id_used_again"] += 1
        kind = EchoArrived if rng.random() < 0.02 else MessageArrived
        arrived = kind(
            account=None,
            dedup_key=f"m:{provider_id}",
            occurred_at=self._office.loop.now(),
            peer=self._peer(client),
            provider_id=provider_id,
            parts=(Text(text=f"words {self._numbers}"),),
        )
        self.sent[f"{account} {provider_id}"] += 1
        self._send(account, arrived)

    def _about(self, client: int) -> InboundEvent:
        id_ = f"{client}.{self._rng.randint(1, self._numbers)}"
        now, peer = self._office.loop.now(), self._peer(client)
        makes: tuple[Callable[[], InboundEvent], ...] = (
            lambda: MessageWasEdited(
                account=None,
                dedup_key=f"e:{id_}:{now}",
                occurred_at=now,
                peer=peer,
                provider_id=id_,
                parts=(Text(text="better words"),),
            ),
            lambda: MessageWasDeleted(
                account=None, dedup_key=f"x:{id_}", occurred_at=now, peer=peer, provider_id=id_
            ),
            lambda: ReactionArrived(
                account=None,
                dedup_key=f"r:{id_}:{now}",
                occurred_at=now,
                peer=peer,
                provider_id=id_,
                emoji="👍",
            ),
        )
        return self._rng.choice(makes)()

    def _notice(self) -> Notice:
        self._numbers += 1
        self._office.sometimes["poison_kept"] += 1
        return Notice(
            account=None,
            dedup_key=f"n:{self._numbers}",
            occurred_at=self._office.loop.now(),
            code="strange",
            raw='{"what": "is this"}',
            why="unreadable",
        )

    def _peer(self, client: int) -> Peer:
        scheme = f"{ACCOUNTS[client % len(ACCOUNTS)]}.user"
        return Peer((Identity(scheme, f"+55 11 90000-{client:04}"),), f"Cliente {client}")

    def _send(self, account: ChannelAccountId, inbound: InboundEvent) -> None:
        rng, climate = self._rng, self._office.climate
        act = take_in(self._office.store.desk.naming, account, inbound)
        copies = rng.randint(2, 5) if rng.random() < climate.duplicate else 1
        for _ in range(copies):
            is_late = rng.random() < climate.late
            delay = rng.random() * (rng.choice((60.0, 600.0)) * climate.pace if is_late else 0.5)
            self._office.sometimes["delivered_late"] += is_late
            self._office.loop.call_later(delay, self._deliver, act)

    def _deliver(self, act: TakeIn) -> None:
        store = self._office.store
        try:
            store.do(act)
        except IdentityReused:
            self._deliver(keep_mismatch(store.desk.naming, act, "{}"))
        except LogIsBusy:
            pause = REDELIVERED_AFTER * (0.5 + self._rng.random())
            self._office.loop.call_later(pause, self._deliver, act)
        else:
            if isinstance(act.inbound, MessageArrived):
                self.acknowledged.add(f"{act.account_id} {act.inbound.provider_id}")
