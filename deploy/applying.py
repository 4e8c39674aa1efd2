"""
Makes an installation be as a workspace file says.

`plan` compares the file with the log and tells what would change; nothing that already is
so is touched, so that applying a file twice changes nothing the second time.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import psycopg

from adapters.channels.base import ChannelError
from adapters.channels.configuring import Named, canonical, fingerprint_of, refuse_twins
from adapters.channels.registry import adapter_for
from adapters.http.passwords import KEEP, fits, hash_password
from adapters.storage.postgres.log import LogReader
from deploy.applying_tools import tool_acts
from deploy.settings import SettingsRefused
from deploy.workspace import AccountTable, ChannelTable, GroupTable, OperatorTable, Workspace
from domain.account import Account, AccountSettings
from domain.acts import Ask, Reconfigure
from domain.channel import ChannelAccount, ConnectChannel, ResumeChannel
from domain.group import (
    ChangeGroup,
    CreateGroup,
    Group,
    GroupCommand,
    GroupSettings,
    NobodyOnline,
)
from domain.operator import ChangeOperator, CreateOperator, Operator
from domain.passing import SetUpGroup
from domain.ports import Act
from domain.values import ACCOUNT_STREAM, GroupId, Meta, Naming, OperatorId, stream_of

META: Final = Meta("cli", "apply")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as the file says."""

    what: str
    act: Act


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is kept beside the log: operators' passwords and channels' configurations."""

    passwords: dict[str, tuple[str, str]]
    """operator id -> e-mail, password."""
    channels: dict[str, tuple[str, str, str]]
    """account id -> name, kind, configuration as JSON."""


def plan(workspace: Workspace, log: LogReader, naming: Naming) -> list[Change]:
    """Return what has to change, in an order in which it can be done."""
    _refuse_twins((c.name, c.kind, c.config) for c in workspace.channels)
    return [
        *_account(workspace.account, log),
        *_groups(workspace, log, naming),
        *(
            change
            for operator in workspace.operators
            for change in _operator(operator, log, naming)
        ),
        *(change for channel in workspace.channels for change in _channel(channel, log, naming)),
        *(Change(what, act) for what, act in tool_acts(workspace, log, naming, META)),
    ]


def secrets(workspace: Workspace, naming: Naming) -> Secrets:
    """Return the file's secrets, by the ids that they belong to."""
    return Secrets(
        passwords={
            operator_id(naming, operator.email): (operator.email, secret)
            for operator in workspace.operators
            if (secret := operator.secret()) is not None
        },
        channels={
            naming.derive("channel", channel.name): (
                channel.name,
                channel.kind,
                canonical(channel.config),
            )
            for channel in workspace.channels
        },
    )


def operator_id(naming: Naming, email: str) -> OperatorId:
    """Return the id of the operator with an e-mail address."""
    return OperatorId(naming.derive("operator", email.strip().lower()))


def group_id(naming: Naming, name: str) -> GroupId:
    return GroupId(naming.derive("group", name))


def _account(table: AccountTable, log: LogReader) -> Iterator[Change]:
    account = cast("Account", log.state(ACCOUNT_STREAM))
    wanted = dict(table)
    settings: AccountSettings = replace(account.settings, **wanted)
    if settings != account.settings or not account.version:
        changed = [k for k, v in wanted.items() if getattr(account.settings, k) != v]
        yield Change(
            f"account: {', '.join(changed) or 'created'}", Reconfigure(changes=wanted, meta=META)
        )


def _groups(workspace: Workspace, log: LogReader, naming: Naming) -> list[Change]:
    """Return what makes the groups so: a group that chats overflow to must be there before."""
    zone = workspace.account.time_zone
    plans = [_group(table, log, naming, zone) for table in workspace.groups]
    return [
        *(change for first, _ in plans for change in first),
        *(change for _, then in plans for change in then),
    ]


def _group(
    table: GroupTable, log: LogReader, naming: Naming, zone: str
) -> tuple[list[Change], list[Change]]:
    """Return what is done first to a group, and what when all groups are there."""
    id_ = group_id(naming, table.name)
    group = cast("Group", log.state(stream_of("group", id_)))
    wanted = _settings(table, group, naming, zone)
    # Without the way on, which might for a moment lead in a circle while others change.
    alone = replace(
        wanted, on_nobody_online=NobodyOnline.QUEUE, overflow_to=None, overflow_after=None
    )
    is_other_way = wanted.overflow != group.settings.overflow

    def change(what: str, command: GroupCommand) -> Change:
        return Change(
            f"group {table.name}: {what}", SetUpGroup(group_id=id_, command=command, meta=META)
        )

    last = [change("settings", ChangeGroup(settings=wanted))]
    if not group.exists:
        created = change("created", CreateGroup(name=table.name, settings=alone))
        return [created], [] if wanted == alone else last
    if wanted == group.settings:
        return [], []
    if group.settings.overflow is not None and is_other_way and wanted.overflow is not None:
        return [change("overflow lifted", ChangeGroup(settings=alone))], last
    return ([], last) if wanted.overflow is not None else (last, [])


def _settings(table: GroupTable, group: Group, naming: Naming, zone: str) -> GroupSettings:
    return replace(
        group.settings,
        patience=table.patience,
        policy=table.policy,
        sticky=table.sticky,
        answer_within=table.answer_within,
        on_nobody_online=table.on_nobody_online,
        overflow_to=None if table.overflow_to is None else group_id(naming, table.overflow_to),
        overflow_after=table.overflow_after,
        may_exceed_capacity=table.may_exceed_capacity,
        hours=None if table.hours is None else table.hours.business_hours(zone),
        clock_in_hours=table.clock_in_hours or None,
    )


def _operator(table: OperatorTable, log: LogReader, naming: Naming) -> Iterator[Change]:
    stream = stream_of("operator", operator_id(naming, table.email))
    operator = cast("Operator", log.state(stream))
    kept = operator.skills
    skills = {
        (id_ := group_id(naming, name)): table.skills.get(name, kept.get(id_, 50))
        for name in table.groups
    }
    if not operator.exists:
        command: Any = CreateOperator(
            email=table.email,
            name=table.name,
            role=table.role,
            skills=skills,
            capacity=table.capacity,
            sees_new=table.sees_new,
        )
        yield Change(
            f"operator {table.email}: created", Ask(stream=stream, command=command, meta=META)
        )
        return
    wanted = (table.name, table.role, skills, table.capacity, table.sees_new, True)
    as_it_is = (operator.capacity, operator.sees_new, operator.active)
    if wanted != (operator.name, operator.role, dict(kept), *as_it_is):
        command = ChangeOperator(
            name=table.name,
            role=table.role,
            skills=skills,
            capacity=table.capacity,
            sees_new=table.sees_new,
            active=True,
        )
        yield Change(
            f"operator {table.email}: changed", Ask(stream=stream, command=command, meta=META)
        )


def _channel(table: ChannelTable, log: LogReader, naming: Naming) -> Iterator[Change]:
    try:
        adapter_for(table.kind, table.config)
    except ChannelError as error:
        raise SettingsRefused(f"channels: {table.name}: {error}") from None
    stream = stream_of("channel", naming.derive("channel", table.name))
    account = cast("ChannelAccount", log.state(stream))
    if account.exists and account.channel != table.kind:
        raise SettingsRefused(
            f"channels: {table.name} is of kind {account.channel}; give the new one another name"
        )
    group = None if table.group is None else group_id(naming, table.group)
    fingerprint = fingerprint_of(table.config, naming)
    if (account.group_id, account.fingerprint) != (group, fingerprint):
        what = "configured" if account.exists else "connected"
        command = ConnectChannel(
            name=table.name, channel=table.kind, group_id=group, fingerprint=fingerprint
        )
        yield Change(
            f"channel {table.name}: {what}", Ask(stream=stream, command=command, meta=META)
        )
    elif account.paused is not None:
        # Mended at the provider's: nothing here had to change, and applying says that it is.
        resume = Ask(stream=stream, command=ResumeChannel(), meta=META)
        yield Change(f"channel {table.name}: resumed", resume)


def _refuse_twins(channels: Iterable[Named]) -> None:
    """Raise `SettingsRefused` where two channels are the same account, or one is none."""
    try:
        refuse_twins(channels)
    except ChannelError as error:
        raise SettingsRefused(f"channels: {error}") from None


def _connected_before(
    connection: "psycopg.Connection[Any]", leaving_out: Iterable[str]
) -> Iterator[Named]:
    """Yield the channels that were connected by other files and can still be used."""
    rows = connection.execute(
        "SELECT name, kind, config FROM recado_channel_secrets WHERE account_id != ALL(%s)",
        (list(leaving_out),),
    )
    for name, kind, config in rows.fetchall():
        with suppress(ChannelError):
            adapter_for(kind, json.loads(config))
            yield name, kind, json.loads(config)


def keep_secrets(url: str, secrets_: Secrets, *, dry_run: bool = False) -> list[str]:
    """Store what is kept beside the log; return what changed, without saying to what."""
    changed: list[str] = []
    with psycopg.connect(url) as connection:
        for operator, (email, password) in secrets_.passwords.items():
            if _has_password(connection, operator, password):
                continue
            connection.execute(KEEP, (operator, hash_password(password)))
            changed.append(f"password of operator {email}")
        new = [(name, kind, json.loads(c)) for name, kind, c in secrets_.channels.values()]
        if new:
            _refuse_twins((*_connected_before(connection, secrets_.channels), *new))
        for account, (name, kind, config) in secrets_.channels.items():
            cursor = connection.execute(
                "INSERT INTO recado_channel_secrets AS s (account_id, name, kind, config)"
                " VALUES (%s, %s, %s, %s) ON CONFLICT (account_id)"
                " DO UPDATE SET config = excluded.config WHERE s.config != excluded.config",
                (account, name, kind, config),
            )
            if cursor.rowcount:
                changed.append(f"configuration of channel {name}")
        if dry_run:
            connection.rollback()
    return changed


def _has_password(connection: "psycopg.Connection[Any]", operator: str, password: str) -> bool:
    row = connection.execute(
        "SELECT password_hash FROM recado_credentials WHERE operator_id = %s", (operator,)
    ).fetchone()
    return row is not None and fits(row[0], password)
