"""Operators, groups, the account, channel accounts and clients: done, refused, quiet."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain import account as accounts
from domain import channel as channels
from domain import group as groups
from domain import operator as operators
from domain.client.commands import ClientCommand, MeetClient, NameClient, NoteConsent
from domain.client.decide import decide as decide_client
from domain.client.events import (
    ClientCreated,
    ClientEvent,
    ClientNamed,
    ClientNamedByChannel,
    IdentityAdded,
)
from domain.client.state import Client
from domain.client.state import evolve as evolve_client
from domain.errors import AlreadyExists, NotFound
from domain.inbound import Consent
from domain.values import (
    ChannelAccountId,
    ClientId,
    GroupId,
    Identity,
    OperatorId,
    Presence,
    Role,
)
from tests.spec import NOW, Spec

SALES = GroupId("sales")
PHONE = Identity("whatsapp.phone", "5511900000001")
USER = Identity("whatsapp.user", "BR.1")

operator = Spec[operators.Operator, operators.OperatorCommand, operators.OperatorEvent](
    operators.Operator(OperatorId("ana")), operators.decide, operators.evolve
)
group = Spec[groups.Group, groups.GroupCommand, groups.GroupEvent](
    groups.Group(SALES), groups.decide, groups.evolve
)
account = Spec[accounts.Account, accounts.ConfigureAccount, accounts.AccountEvent](
    accounts.Account(), accounts.decide, accounts.evolve
)
channel = Spec[channels.ChannelAccount, channels.ChannelCommand, channels.ChannelEvent](
    channels.ChannelAccount(ChannelAccountId("whatsapp-main")), channels.decide, channels.evolve
)
payload = Spec[channels.Payload, channels.KeepPayload, channels.PayloadEvent](
    channels.Payload("p1"), channels.decide_payload, channels.evolve_payload
)
client = Spec[Client, ClientCommand, ClientEvent](
    Client(ClientId("fabio")), decide_client, evolve_client
)

CREATE = operators.CreateOperator(email="ana@ipe.test", name="Ana", role=Role.OPERATOR)
CREATED = operators.OperatorCreated(at=NOW, email="ana@ipe.test", name="Ana", role=Role.OPERATOR)
ana = operator.given(CREATED)
CONNECT = channels.ConnectChannel(
    name="whatsapp-main", channel="whatsapp", group_id=SALES, fingerprint="f1"
)
ADDED = channels.ChannelAdded(
    at=NOW, name="whatsapp-main", channel="whatsapp", group_id=SALES, fingerprint="f1"
)
connected = channel.given(ADDED)
MET = ClientCreated(at=NOW, identities=(PHONE,), name="Fábio")
fabio = client.given(MET)


def test_an_operator_is_created_with_what_differs_from_the_usual() -> None:
    operator.when(CREATE).then(CREATED)
    full = replace(CREATE, skills={SALES: 80}, capacity=9)
    operator.when(full).then(
        CREATED,
        operators.MembershipChanged(at=NOW, skills={SALES: 80}),
        operators.CapacityChanged(at=NOW, capacity=9),
    )


def test_an_operator_is_not_created_over_another() -> None:
    ana.when(CREATE).then_refused(AlreadyExists)


@pytest.mark.parametrize(
    ("change", "event"),
    [
        (
            operators.ChangeOperator(name="Ana Luz"),
            operators.OperatorRenamed(at=NOW, name="Ana Luz"),
        ),
        (
            operators.ChangeOperator(role=Role.AUDITOR),
            operators.RoleGiven(at=NOW, role=Role.AUDITOR),
        ),
        (
            operators.ChangeOperator(skills={SALES: 1}),
            operators.MembershipChanged(at=NOW, skills={SALES: 1}),
        ),
        (operators.ChangeOperator(capacity=0), operators.CapacityChanged(at=NOW, capacity=0)),
        (operators.ChangeOperator(active=False), operators.OperatorDeactivated(at=NOW)),
        (
            operators.ChangePresence(presence=Presence.ONLINE),
            operators.PresenceChanged(at=NOW, presence=Presence.ONLINE),
        ),
    ],
)
def test_what_changes_about_an_operator_is_recorded_once(
    change: operators.OperatorCommand, event: operators.OperatorEvent
) -> None:
    ana.when(change).then(event)
    ana.when_twice(change).then_nothing()


def test_several_changes_at_once_are_several_facts() -> None:
    change = operators.ChangeOperator(name="Bia", capacity=2)
    ana.when(change).then(
        operators.OperatorRenamed(at=NOW, name="Bia"),
        operators.CapacityChanged(at=NOW, capacity=2),
    )


def test_a_deactivated_operator_is_offline_and_can_come_back() -> None:
    online = operators.PresenceChanged(at=NOW, presence=Presence.ONLINE)
    gone = ana.given(online, operators.OperatorDeactivated(at=NOW))
    assert (gone.state.active, gone.state.presence) == (False, Presence.OFFLINE)
    back = operators.OperatorReactivated(at=NOW)
    gone.when(operators.ChangeOperator(active=True)).then(back)
    gone.when_twice(operators.ChangeOperator(active=True)).then_nothing()


def test_a_lost_heartbeat_is_told_apart_from_a_choice() -> None:
    """R10"""
    online = ana.given(operators.PresenceChanged(at=NOW, presence=Presence.ONLINE))
    lost = operators.ChangePresence(presence=Presence.OFFLINE, lost=True)
    online.when(lost).then(operators.PresenceChanged(at=NOW, presence=Presence.OFFLINE, lost=True))


def test_the_warm_up_counts_from_when_he_came_and_not_from_a_pause() -> None:
    """R7"""
    later = NOW + timedelta(hours=1)
    online = operators.PresenceChanged(at=NOW, presence=Presence.ONLINE)
    same = operators.PresenceChanged(at=later, presence=Presence.ONLINE)
    assert ana.given(online, same).state.online_since == NOW
    away = operators.PresenceChanged(at=later, presence=Presence.AWAY)
    assert ana.given(online, away, same).state.online_since == later


@pytest.mark.parametrize(
    ("spec", "command"),
    [
        (operator, operators.ChangeOperator(name="Ana")),
        (operator, operators.ChangePresence(presence=Presence.ONLINE)),
        (group, groups.ChangeGroup(name="Vendas")),
        (channel, channels.PauseChannel(reason="token refused")),
        (channel, channels.ResumeChannel()),
        (client, NameClient(name="Fábio")),
        (
            client,
            NoteConsent(account_id=ChannelAccountId("w"), consent=Consent.BLOCKED, scope="all"),
        ),
    ],
)
def test_what_is_not_there_cannot_be_changed(spec: Spec[Any, Any, Any], command: Any) -> None:
    spec.when(command).then_refused(NotFound)


def test_a_group_is_created_once_with_what_differs_from_the_usual() -> None:
    settings = groups.GroupSettings(on_nobody_online=groups.NobodyOnline.REFUSE)
    created = groups.GroupCreated(at=NOW, name="Vendas")
    group.when(groups.CreateGroup(name="Vendas")).then(created)
    group.when_twice(groups.CreateGroup(name="Vendas")).then_nothing()
    group.when(groups.CreateGroup(name="Vendas", settings=settings)).then(
        created, groups.GroupConfigured(at=NOW, settings=settings)
    )


def test_a_group_is_changed_once() -> None:
    sales = group.given(groups.GroupCreated(at=NOW, name="Vendas"))
    settings = groups.GroupSettings(patience=timedelta(minutes=3))
    change = groups.ChangeGroup(name="Loja", settings=settings)
    sales.when(change).then(
        groups.GroupRenamed(at=NOW, name="Loja"),
        groups.GroupConfigured(at=NOW, settings=settings),
    )
    sales.when_twice(change).then_nothing()
    sales.when(groups.ChangeGroup()).then_nothing()


def test_the_account_is_configured_once_even_where_all_is_as_usual() -> None:
    """V7: from then on, the patience in force is in the log."""
    command = accounts.ConfigureAccount(settings=accounts.AccountSettings())
    event = accounts.AccountConfigured(at=NOW, settings=accounts.AccountSettings())
    account.when(command).then(event)
    account.when_twice(command).then_nothing()


def test_a_channel_is_connected_once_and_configured_when_something_changed() -> None:
    channel.when(CONNECT).then(ADDED)
    channel.when_twice(CONNECT).then_nothing()
    other = replace(CONNECT, fingerprint="f2", group_id=None)
    connected.when(other).then(channels.ChannelConfigured(at=NOW, fingerprint="f2"))
    connected.when_twice(other).then_nothing()


def test_a_channel_is_paused_once_and_new_secrets_resume_it() -> None:
    pause = channels.PauseChannel(reason="token refused")
    paused = channels.ChannelPaused(at=NOW, reason="token refused")
    connected.when(pause).then(paused)
    connected.when_twice(pause).then_nothing()

    resumed = channels.ChannelResumed(at=NOW)
    still = connected.given(paused)
    still.when(channels.ResumeChannel()).then(resumed)
    still.when_twice(channels.ResumeChannel()).then_nothing()
    configured = channels.ChannelConfigured(at=NOW, group_id=SALES, fingerprint="f2")
    still.when(replace(CONNECT, fingerprint="f2")).then(configured, resumed)


def test_a_channel_paused_without_words_is_paused_all_the_same() -> None:
    pause = channels.PauseChannel(reason="")
    connected.when_twice(pause).then_nothing()
    paused = connected.given(channels.ChannelPaused(at=NOW, reason=""))
    paused.when(channels.ResumeChannel()).then(channels.ChannelResumed(at=NOW))


def test_a_payload_is_kept_as_it_came_once() -> None:
    """M4"""
    keep = channels.KeepPayload(
        account_id=ChannelAccountId("w"), code="story", why="unknown", raw='{"a":1}'
    )
    payload.when(keep).then(
        channels.PayloadKept(
            at=NOW,
            account_id=ChannelAccountId("w"),
            code="story",
            why="unknown",
            raw='{"a":1}',
        )
    )
    payload.when_twice(keep).then_nothing()


def test_a_client_is_met_once() -> None:
    meet = MeetClient(identities=(PHONE,), name="Fábio")
    client.when(meet).then(MET)
    client.when_twice(meet).then_nothing()


def test_a_client_is_known_under_more_than_one_identity() -> None:
    """C4"""
    meet = MeetClient(identities=(PHONE, USER), name=None)
    fabio.when(meet).then(IdentityAdded(at=NOW, identity=USER))
    fabio.when_twice(meet).then_nothing()


def test_the_channels_name_and_the_given_one_are_kept_apart() -> None:
    """C1"""
    renamed = ClientNamedByChannel(at=NOW, name="Fabinho")
    named = ClientNamed(at=NOW, name="Fábio Prado")
    fabio.when(MeetClient(identities=(PHONE,), name="Fabinho")).then(renamed)
    fabio.when(NameClient(name="Fábio Prado")).then(named)
    fabio.when_twice(NameClient(name="Fábio Prado")).then_nothing()
    state = fabio.given(named, renamed).state
    assert (state.given_name, state.channel_name) == ("Fábio Prado", "Fabinho")


def test_a_channel_that_tells_no_name_takes_none_away() -> None:
    """C1"""
    for name in (None, ""):
        fabio.when(MeetClient(identities=(PHONE,), name=name)).then_nothing()


def test_the_last_consent_of_a_scope_stands() -> None:
    def note(consent: Consent, scope: str = "all") -> NoteConsent:
        return NoteConsent(account_id=ChannelAccountId("w"), consent=consent, scope=scope)

    fabio.when_twice(note(Consent.OPTED_OUT)).then_nothing()
    out = fabio.given(*fabio.when(note(Consent.OPTED_OUT)).events)
    news = out.given(*out.when(note(Consent.OPTED_IN, "marketing")).events)
    back = news.given(*news.when(note(Consent.OPTED_IN)).events)
    assert back.state.consents == {
        ("w", Consent.OPTED_IN, "all"),
        ("w", Consent.OPTED_IN, "marketing"),
    }
