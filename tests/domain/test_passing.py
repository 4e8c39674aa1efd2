"""Passing chats on: to whom, and when it is refused (R3, R9, R10)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.storage.mapper import EventMapper
from adapters.storage.memory import MemoryDesk
from domain.acts import Transfer
from domain.chat import commands as c
from domain.chat.events import ReleaseReason
from domain.errors import (
    AlreadyExists,
    NobodyInGroup,
    NotFound,
    NotOneTarget,
    OperatorIsFull,
    OverflowGoesInCircles,
    OverflowIsIncomplete,
    Refused,
)
from domain.group import ChangeGroup, CreateGroup, GroupSettings, NobodyOnline
from domain.hours import BusinessHours
from domain.operator import ChangeOperator, ChangePresence, CreateOperator
from domain.passing import AdjustGroup, PassToOverflow, SendBack, SetUpGroup
from domain.values import ChatId, GroupId, OperatorId, Presence, Role
from tests.contracts.company import META, Ground, assign
from tests.domain.chat.given import OPENED
from tests.domain.chat.given import received as client_wrote
from tests.spec import NOW

ANA, BIA = OperatorId("ana"), OperatorId("bia")
SALES, MONEY = GroupId("sales"), GroupId("money")
MINUTE = timedelta(minutes=1)
REFUSES = GroupSettings(on_nobody_online=NobodyOnline.REFUSE)


def overflow(to: GroupId | None, after: timedelta | None = MINUTE) -> GroupSettings:
    return GroupSettings(
        on_nobody_online=NobodyOnline.OVERFLOW, overflow_to=to, overflow_after=after
    )


@pytest.fixture
def ground() -> Ground:
    """Two groups, and one operator in each; Ana has room for one chat."""
    desk = MemoryDesk(EventMapper(), lambda: NOW)
    ground = Ground(desk, lambda: [*desk.recorded()], desk.load)
    for group in (SALES, MONEY):
        ground.ask("group", group, CreateGroup(name=group))
    for operator, group in ((ANA, SALES), (BIA, MONEY)):
        create = CreateOperator(
            email=f"{operator}@ipe.test",
            name=operator,
            role=Role.OPERATOR,
            skills={group: 50},
            capacity=1,
        )
        ground.ask("operator", operator, create, ChangePresence(presence=Presence.ONLINE))
    return ground


def opened(ground: Ground, id_: str, group: GroupId | None = SALES) -> ChatId:
    command = c.OpenChat(
        account_id=OPENED.account_id,
        channel="whatsapp",
        client_id=OPENED.client_id,
        thread=f"thread-{id_}",
        address=OPENED.address,
        episode=1,
        group_id=group,
    )
    message = client_wrote(1)
    receive = c.ReceiveMessage(provider_id=id_, parts=message.parts, sent_at=NOW)
    ground.ask("chat", id_, command, receive)
    return ChatId(id_)


def pass_on(
    chat_id: ChatId, members: tuple[OperatorId, ...] = (), by: OperatorId = BIA, **to: Any
) -> Transfer:
    command = c.TransferChat(by_operator=by, **to)
    return Transfer(meta=META, chat_id=chat_id, command=command, members=members)


def refused(ground: Ground, act: Any, why: type[Refused]) -> Refused:
    """Return why an act is refused, which must leave nothing behind."""
    before = len(ground.recorded())
    with pytest.raises(why) as error:
        ground.desk.submit_now(act)
    assert len(ground.recorded()) == before
    return error.value


@pytest.mark.parametrize("to", [{}, {"to_operator": ANA, "to_group": SALES}])
def test_a_transfer_has_exactly_one_target(ground: Ground, to: dict[str, Any]) -> None:
    """R9: whoever asks, not only over HTTP."""
    refused(ground, pass_on(opened(ground, "one"), **to), NotOneTarget)


def test_a_group_that_refuses_is_looked_at_as_it_is_at_that_moment(ground: Ground) -> None:
    """R9: what the asker believed does not matter."""
    ground.ask("group", SALES, ChangeGroup(settings=REFUSES))
    one = opened(ground, "one", MONEY)
    assert ground.desk.submit_now(pass_on(one, (ANA,), to_group=SALES)).added == 1
    ground.ask("operator", ANA, ChangePresence(presence=Presence.AWAY))
    two = opened(ground, "two", MONEY)
    error = refused(ground, pass_on(two, (ANA,), to_group=SALES), NobodyInGroup)
    assert isinstance(error, NobodyInGroup)
    assert error.group_id == SALES


@pytest.mark.parametrize(
    "why", ["offline", "full", "not a member", "inactive", "the sender", "unknown", "closed"]
)
def test_nobody_who_is_not_eligible_makes_a_group_take_a_chat(ground: Ground, why: str) -> None:
    """R2, R9"""
    settings = REFUSES
    by = BIA
    match why:
        case "offline":
            ground.ask("operator", ANA, ChangePresence(presence=Presence.OFFLINE))
        case "full":
            ground.desk.submit_now(assign(opened(ground, "hers"), ANA, 2))
        case "not a member":
            ground.ask("operator", ANA, ChangeOperator(skills={MONEY: 10}))
        case "inactive":
            ground.ask("operator", ANA, ChangeOperator(active=False))
        case "the sender":
            by = ANA
        case "closed":
            settings = replace(REFUSES, hours=BusinessHours(time_zone="UTC"))
        case _:
            pass
    ground.ask("group", SALES, ChangeGroup(settings=settings))
    members = () if why == "unknown" else (ANA, OperatorId("nobody"))
    one = opened(ground, "one", MONEY)
    refused(ground, pass_on(one, members, by=by, to_group=SALES), NobodyInGroup)


def test_a_full_operator_is_passed_nothing_but_by_force_where_his_group_allows_it(
    ground: Ground,
) -> None:
    """R3, R9"""
    ground.desk.submit_now(assign(opened(ground, "hers"), ANA, 2))
    one = opened(ground, "one")
    refused(ground, pass_on(one, to_operator=ANA), OperatorIsFull)
    refused(ground, pass_on(one, to_operator=ANA, forced=True), OperatorIsFull)
    ground.ask("group", SALES, ChangeGroup(settings=GroupSettings(may_exceed_capacity=True)))
    refused(ground, pass_on(one, to_operator=ANA), OperatorIsFull)
    assert ground.desk.submit_now(pass_on(one, to_operator=ANA, forced=True)).added == 1
    assert ground.load(ANA) == 2


def test_a_comment_for_who_has_the_chat_needs_no_room(ground: Ground) -> None:
    """R9"""
    one = opened(ground, "one")
    ground.desk.submit_now(assign(one, ANA, 2))
    assert ground.desk.submit_now(pass_on(one, to_operator=ANA, comment="cuida")).added == 1


def send_back(chat_id: ChatId) -> SendBack:
    command = c.ReleaseChat(reason=ReleaseReason.LOST_HEARTBEAT, operator_id=ANA)
    return SendBack(meta=META, chat_id=chat_id, operator_id=ANA, command=command)


def test_a_release_never_overtakes_an_operator_who_has_just_come_back(ground: Ground) -> None:
    """R10: decided before, handed in after; he is looked at under the write lock."""
    one = opened(ground, "one")
    ground.desk.submit_now(assign(one, ANA, 2))
    ground.ask("operator", ANA, ChangePresence(presence=Presence.OFFLINE, lost=True))
    decided = send_back(one)
    ground.ask("operator", ANA, ChangePresence(presence=Presence.ONLINE))
    assert ground.desk.submit_now(decided).added == 0
    ground.ask("operator", ANA, ChangePresence(presence=Presence.OFFLINE))
    assert ground.desk.submit_now(decided).added == 1
    assert ground.desk.submit_now(decided).added == 0


def test_a_chat_that_was_answered_meanwhile_is_not_sent_back(ground: Ground) -> None:
    """R10: answered ones stay."""
    one = opened(ground, "one")
    ground.desk.submit_now(assign(one, ANA, 2))
    ground.ask("operator", ANA, ChangePresence(presence=Presence.OFFLINE))
    ground.ask("chat", one, c.SayNoAnswerNeeded(operator_id=ANA))
    assert ground.desk.submit_now(send_back(one)).added == 0


def set_up(group: GroupId, settings: GroupSettings) -> SetUpGroup:
    return SetUpGroup(meta=META, group_id=group, command=ChangeGroup(settings=settings))


@pytest.mark.parametrize(("to", "after"), [(None, MINUTE), (MONEY, None), (None, None)])
def test_an_overflow_says_where_to_and_after_how_long(
    ground: Ground, to: GroupId | None, after: timedelta | None
) -> None:
    """R9"""
    refused(ground, set_up(SALES, overflow(to, after)), OverflowIsIncomplete)


def test_chats_do_not_overflow_in_a_circle_or_into_nothing(ground: Ground) -> None:
    """R9: of one, two or more groups; changed back, it may be the other way round."""
    refused(ground, set_up(SALES, overflow(SALES)), OverflowGoesInCircles)
    refused(ground, set_up(SALES, overflow(GroupId("nowhere"))), NotFound)
    ground.ask("group", "third", CreateGroup(name="third"))
    ground.desk.submit_now(set_up(SALES, overflow(MONEY)))
    ground.desk.submit_now(set_up(MONEY, overflow(GroupId("third"))))
    error = refused(ground, set_up(GroupId("third"), overflow(SALES)), OverflowGoesInCircles)
    assert isinstance(error, OverflowGoesInCircles)
    assert error.path == ("third", "sales", "money", "third")
    ground.desk.submit_now(set_up(SALES, GroupSettings()))
    assert ground.desk.submit_now(set_up(GroupId("third"), overflow(SALES))).added == 1


def test_a_group_is_made_once_and_adjusted_in_what_is_given(ground: Ground) -> None:
    create = SetUpGroup(meta=META, group_id=SALES, command=CreateGroup(name="Vendas"))
    refused(ground, create, AlreadyExists)
    for changes in ({"answer_within": MINUTE}, {"may_exceed_capacity": True}):
        act = AdjustGroup(meta=META, group_id=SALES, changes=changes)
        assert ground.desk.submit_now(act).added == 1
        assert ground.desk.submit_now(act).added == 0
    settings = getattr(ground.recorded()[-1].event, "settings", None)
    assert settings == GroupSettings(answer_within=MINUTE, may_exceed_capacity=True)
    missing = AdjustGroup(meta=META, group_id=GroupId("nowhere"), changes={})
    refused(ground, missing, NotFound)


def test_an_overflow_is_judged_by_the_desks_clock_and_the_settings_in_force(
    ground: Ground,
) -> None:
    """R9: neither early nor to where it no longer goes."""
    one = opened(ground, "one")
    command = c.OverflowChat(from_group=SALES, to_group=MONEY, since=NOW, after=timedelta(0))
    act = PassToOverflow(meta=META, chat_id=one, command=command)
    assert ground.desk.submit_now(act).added == 0
    ground.desk.submit_now(set_up(SALES, overflow(MONEY)))
    early = replace(act, command=replace(command, after=MINUTE))
    assert ground.desk.submit_now(early).added == 0
    ground.desk.submit_now(set_up(SALES, overflow(MONEY, timedelta(0))))
    assert ground.desk.submit_now(act).added == 1
    assert ground.desk.submit_now(act).added == 0
