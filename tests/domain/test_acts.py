"""Acts that look at more than one entity: assigning, passing on, settings (R3, R8, R9)."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.storage.mapper import EventMapper
from adapters.storage.memory import MemoryDesk
from domain.account import AccountSettings
from domain.acts import Ask, Assign, Reconfigure, Transfer, ask_chat
from domain.chat import commands as c
from domain.errors import (
    AlreadyAssigned,
    NotFound,
    OperatorIsFull,
    OperatorIsNotAvailable,
)
from domain.group import ChangeGroup, CreateGroup, GroupSettings
from domain.operator import ChangeOperator, ChangePresence, CreateOperator
from domain.ports import Receipt
from domain.values import ACCOUNT_STREAM, ChatId, GroupId, OperatorId, Presence, Role, stream_of
from tests.contracts.company import META, Ground, assign
from tests.domain.chat.given import BY_HAND, OPENED, text
from tests.spec import NOW

ANA, BIA = OperatorId("ana"), OperatorId("bia")
SALES = GroupId("sales")


@pytest.fixture
def ground() -> Ground:
    """A group with Ana in it, who has room for one chat."""
    desk = MemoryDesk(EventMapper(), lambda: NOW)
    ground = Ground(desk, lambda: [*desk.recorded()], desk.load)
    ground.ask("group", SALES, CreateGroup(name="Vendas"))
    create = CreateOperator(
        email="ana@ipe.test", name="Ana", role=Role.OPERATOR, skills={SALES: 50}, capacity=1
    )
    ground.ask("operator", ANA, create, ChangePresence(presence=Presence.ONLINE))
    return ground


def opened(ground: Ground, id_: str) -> ChatId:
    """Return a new chat of the group."""
    command = c.OpenChat(
        account_id=OPENED.account_id,
        channel="whatsapp",
        client_id=OPENED.client_id,
        thread=f"thread-{id_}",
        address=OPENED.address,
        episode=1,
        group_id=SALES,
    )
    ground.ask("chat", id_, command)
    return ChatId(id_)


def pull(chat_id: ChatId, operator: OperatorId = ANA) -> Assign:
    command = c.AssignChat(operator_id=operator, reason=BY_HAND)
    return Assign(meta=META, chat_id=chat_id, command=command)


def pass_on(chat_id: ChatId, **to: Any) -> Transfer:
    command = c.TransferChat(by_operator=BIA, **to)
    return Transfer(meta=META, chat_id=chat_id, command=command)


def test_by_hand_presence_and_membership_do_not_matter(ground: Ground) -> None:
    ground.ask("operator", ANA, ChangePresence(presence=Presence.OFFLINE))
    ground.ask("operator", ANA, ChangeOperator(skills={}))
    assert ground.desk.submit_now(pull(opened(ground, "one"))).added == 1


def test_a_full_operator_pulls_another_chat_where_the_group_allows_it(ground: Ground) -> None:
    """R3"""
    ground.ask("group", SALES, ChangeGroup(settings=GroupSettings(may_exceed_capacity=True)))
    ground.desk.submit_now(pull(opened(ground, "one")))
    ground.desk.submit_now(pull(opened(ground, "two")))
    assert ground.load(ANA) == 2


def test_a_full_operator_pulls_no_further_chat_where_the_group_does_not_allow_it(
    ground: Ground,
) -> None:
    """R3"""
    ground.desk.submit_now(pull(opened(ground, "one")))
    two = opened(ground, "two")
    with pytest.raises(OperatorIsFull):
        ground.desk.submit_now(pull(two))
    assert ground.load(ANA) == 1


def test_whose_chat_it_is_comes_before_who_may_take_one(ground: Ground) -> None:
    """R8: the refusal names the owner, also to somebody who is not available."""
    one = opened(ground, "one")
    ground.desk.submit_now(pull(one))
    with pytest.raises(AlreadyAssigned):
        ground.desk.submit_now(pull(one, BIA))


def test_asking_again_for_ones_own_chat_is_quiet_even_when_full(ground: Ground) -> None:
    one = opened(ground, "one")
    ground.desk.submit_now(pull(one))
    assert ground.desk.submit_now(pull(one)).added == 0


@pytest.mark.parametrize("seen", [None, 1])
def test_a_deactivated_operator_gets_no_chat(ground: Ground, seen: int | None) -> None:
    one = opened(ground, "one")
    ground.ask("operator", ANA, ChangeOperator(active=False))
    with pytest.raises(NotFound):
        ground.desk.submit_now(assign(one, ANA, seen))


def test_a_raised_capacity_counts_at_once(ground: Ground) -> None:
    """R6"""
    ground.desk.submit_now(assign(opened(ground, "one"), ANA, 1))
    two = opened(ground, "two")
    with pytest.raises(OperatorIsFull):
        ground.desk.submit_now(assign(two, ANA, 1))
    ground.ask("operator", ANA, ChangeOperator(capacity=2))
    assert ground.desk.submit_now(assign(two, ANA, 1)).added == 1


@pytest.mark.parametrize(
    "to",
    [
        {"to_group": GroupId("nowhere")},
        {"to_operator": OperatorId("nobody")},
        {"to_operator": OperatorId("nobody"), "forced": True},
    ],
)
def test_nothing_is_passed_to_who_is_not_there(ground: Ground, to: dict[str, Any]) -> None:
    """R9"""
    one = opened(ground, "one")
    with pytest.raises(NotFound):
        ground.desk.submit_now(pass_on(one, **to))


def test_a_transfer_to_who_is_away_goes_through(ground: Ground) -> None:
    """R9, R10: he keeps what he has, and is asked by somebody who sees it."""
    ground.ask("operator", ANA, ChangePresence(presence=Presence.AWAY))
    one = opened(ground, "one")
    assert ground.desk.submit_now(pass_on(one, to_operator=ANA)).added == 1


def test_a_transfer_to_who_is_offline_needs_force(ground: Ground) -> None:
    """R9"""
    ground.ask("operator", ANA, ChangePresence(presence=Presence.OFFLINE))
    one = opened(ground, "one")
    with pytest.raises(OperatorIsNotAvailable):
        ground.desk.submit_now(pass_on(one, to_operator=ANA))
    assert ground.desk.submit_now(pass_on(one, to_operator=ANA, forced=True)).added == 1


def test_settings_that_are_not_named_stay_as_they_are(ground: Ground) -> None:
    ground.desk.submit_now(Reconfigure(meta=META, changes={"warmup": 9}))
    ground.desk.submit_now(Reconfigure(meta=META, changes={"name": "Loja Ipê"}))
    same = ground.desk.submit_now(Reconfigure(meta=META, changes={"warmup": 9}))
    assert same.added == 0
    last = ground.recorded()[-1]
    expected = replace(AccountSettings(), warmup=9, name="Loja Ipê")
    assert (last.stream, getattr(last.event, "settings", None)) == (ACCOUNT_STREAM, expected)


def test_one_command_to_one_chat(ground: Ground) -> None:
    one = opened(ground, "one")
    comment = c.AddComment(operator_id=ANA, text="liga para ele")
    first = ground.desk.submit_now(ask_chat(one, comment, META, "key-1"))
    assert first == Receipt(stream_of("chat", one), 2, first.position, 1, 1)
    assert ground.desk.submit_now(ask_chat(one, comment, META, "key-1")).repeated


def test_an_entity_is_asked_by_the_name_of_its_stream(ground: Ground) -> None:
    send = c.SendMessage(message_id="m1", operator_id=ANA, parts=text("Oi"))
    with pytest.raises(NotFound) as refused:
        ground.desk.submit_now(Ask(meta=META, stream=stream_of("chat", "none"), command=send))
    assert (refused.value.kind, refused.value.id) == ("chat", "none")
