"""
Makes an installation be as a workspace file says.

`plan` compares the file with the log and tells what would change; nothing that already is
so is touched, so that applying a file twice changes nothing the second time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Final, cast

import psycopg

from adapters.channels.base import ChannelError
from adapters.channels.registry import adapter_for
from adapters.http.passwords import fits, hash_password
from adapters.storage.postgres.log import LogReader
from deploy.settings import SettingsRefused
from deploy.workspace import AccountTable, ChannelTable, GroupTable, OperatorTable, Workspace
from domain.account import Account, AccountSettings
from domain.acts import Ask, Reconfigure
from domain.channel import ChannelAccount, ConnectChannel, ResumeChannel
from domain.group import ChangeGroup, CreateGroup, Group, GroupSettings
from domain.operator import ChangeOperator, CreateOperator, Operator
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
    return [
        *_account(workspace.account, log),
        *(change for group in workspace.groups for change in _group(group, log, naming)),
        *(
            change
            for operator in workspace.operators
            for change in _operator(operator, log, naming)
        ),
        *(change for channel in workspace.channels for change in _channel(channel, log, naming)),
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
                channel.canonical(),
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
    wanted = table.model_dump()
    settings: AccountSettings = replace(account.settings, **wanted)
    if settings != account.settings or not account.version:
        changed = [k for k, v in wanted.items() if getattr(account.settings, k) != v]
        yield Change(
            f"account: {', '.join(changed) or 'created'}", Reconfigure(changes=wanted, meta=META)
        )


def _group(table: GroupTable, log: LogReader, naming: Naming) -> Iterator[Change]:
    stream = stream_of("group", group_id(naming, table.name))
    group = cast("Group", log.state(stream))
    overflow = None if table.overflow_to is None else group_id(naming, table.overflow_to)
    settings: GroupSettings = replace(
        group.settings,
        patience=table.patience,
        policy=table.policy,
        on_nobody_online=table.on_nobody_online,
        overflow_to=overflow,
        overflow_after=table.overflow_after,
    )
    if not group.exists:
        command: Any = CreateGroup(name=table.name, settings=settings)
        yield Change(f"group {table.name}: created", Ask(stream=stream, command=command, meta=META))
    elif settings != group.settings:
        command = ChangeGroup(settings=settings)
        yield Change(
            f"group {table.name}: settings", Ask(stream=stream, command=command, meta=META)
        )


def _operator(table: OperatorTable, log: LogReader, naming: Naming) -> Iterator[Change]:
    stream = stream_of("operator", operator_id(naming, table.email))
    operator = cast("Operator", log.state(stream))
    kept = operator.skills
    skills = {(id_ := group_id(naming, name)): kept.get(id_, 50) for name in table.groups}
    if not operator.exists:
        command: Any = CreateOperator(
            email=table.email,
            name=table.name,
            role=table.role,
            skills=skills,
            capacity=table.capacity,
        )
        yield Change(
            f"operator {table.email}: created", Ask(stream=stream, command=command, meta=META)
        )
        return
    wanted = (table.name, table.role, skills, table.capacity, True)
    if wanted != (operator.name, operator.role, dict(kept), operator.capacity, operator.active):
        name, role, skills, capacity, active = wanted
        command = ChangeOperator(
            name=name, role=role, skills=skills, capacity=capacity, active=active
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
    # Keyed with the installation's salt: a fingerprint of a short secret gives nothing away.
    fingerprint = blake2b(table.canonical().encode(), key=naming.salt, digest_size=12).hexdigest()
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


def keep_secrets(url: str, secrets_: Secrets, *, dry_run: bool = False) -> list[str]:
    """Store what is kept beside the log; return what changed, without saying to what."""
    changed: list[str] = []
    with psycopg.connect(url) as connection:
        for operator, (email, password) in secrets_.passwords.items():
            if _has_password(connection, operator, password):
                continue
            connection.execute(
                "INSERT INTO recado_credentials (operator_id, password_hash) VALUES (%s, %s)"
                " ON CONFLICT (operator_id) DO UPDATE SET password_hash = excluded.password_hash",
                (operator, hash_password(password)),
            )
            changed.append(f"password of operator {email}")
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
