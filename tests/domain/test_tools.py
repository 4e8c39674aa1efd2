"""Tags and reply templates: what can be asked of them, and by whom."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from adapters.storage.mapper import EventMapper
from adapters.storage.memory import MemoryDesk
from domain.access import Scope
from domain.acts import Ask
from domain.chat.commands import OpenChat, TagChat
from domain.errors import AlreadyExists, NotAllowed, NotFound, RecadoError, TagIsRemoved
from domain.group import CreateGroup
from domain.tag import ChangeTag, DefineTag, RemoveTag, tag_id
from domain.tagging import GiveTags
from domain.template import ReplyTemplate, Shared, TemplateChanged, TemplateCreated
from domain.template_acts import AdjustTemplate, MakeTemplate
from domain.values import (
    ChannelAccountId,
    ChatId,
    ClientId,
    GroupId,
    Meta,
    OperatorId,
    Role,
    TemplateId,
    stream_of,
)
from tests.spec import NOW

META: Final = Meta("test")
SALES, FINANCE = GroupId("sales"), GroupId("finance")
ADMIN: Final = Scope(OperatorId("admin"), Role.ADMINISTRATOR)
SARA: Final = Scope(OperatorId("sara"), Role.SUPERVISOR, frozenset({SALES}))
ANA: Final = Scope(OperatorId("ana"), Role.OPERATOR, frozenset({SALES}))
BIA: Final = Scope(OperatorId("bia"), Role.OPERATOR, frozenset({SALES}))
AUDITOR: Final = Scope(OperatorId("ada"), Role.AUDITOR)


@pytest.fixture
def desk() -> MemoryDesk:
    desk = MemoryDesk(EventMapper(), lambda: NOW, b"salt")
    for group in (SALES, FINANCE):
        ask(desk, "group", group, CreateGroup(name=group))
    return desk


def ask(desk: MemoryDesk, kind: str, id_: str, command: Any) -> None:
    desk.submit_now(Ask(stream=stream_of(kind, id_), command=command, meta=META))


def of(shared: Shared, code: str = "nf", owner: str = "ana", group: str = SALES) -> ReplyTemplate:
    return ReplyTemplate(
        code=code,
        title="Nota",
        text="Oi",
        shared=shared,
        group_id=GroupId(group) if shared is Shared.GROUP else None,
        owner=OperatorId(owner) if shared is Shared.PERSONAL else None,
    )


def make(desk: MemoryDesk, id_: str, says: ReplyTemplate, scope: Scope | None = None) -> None:
    act = MakeTemplate(template_id=TemplateId(id_), says=says, scope=scope, meta=META)
    desk.submit_now(act)


def change(
    desk: MemoryDesk, id_: str, changes: Mapping[str, Any] | None, scope: Scope | None = None
) -> None:
    act = AdjustTemplate(template_id=TemplateId(id_), changes=changes, scope=scope, meta=META)
    desk.submit_now(act)


def outcome(
    who: Scope, says: ReplyTemplate, desk: MemoryDesk, id_: str
) -> type[RecadoError] | None:
    try:
        make(desk, id_, says, who)
    except RecadoError as error:
        return type(error)
    return None


@pytest.mark.parametrize(
    ("who", "account", "group", "foreign", "own"),
    [
        (ADMIN, None, None, None, None),
        (SARA, NotAllowed, None, NotAllowed, None),
        (ANA, NotAllowed, NotAllowed, NotAllowed, None),
        (AUDITOR, NotAllowed, NotAllowed, NotAllowed, NotAllowed),
    ],
    ids=lambda one: getattr(one, "operator_id", None),
)
def test_templates_are_written_by_who_answers_for_those_who_use_them(
    desk: MemoryDesk, who: Scope, account: Any, group: Any, foreign: Any, own: Any
) -> None:
    """T3"""
    wanted = (
        of(Shared.ACCOUNT),
        of(Shared.GROUP),
        of(Shared.GROUP, group=FINANCE),
        of(Shared.PERSONAL, owner=who.operator_id),
    )
    said = [outcome(who, says, desk, f"{n}") for n, says in enumerate(wanted)]
    assert said == [account, group, foreign, own]


def test_nobody_writes_for_another_person(desk: MemoryDesk) -> None:
    with pytest.raises(NotAllowed):
        make(desk, "t", of(Shared.PERSONAL, owner="bia"), ADMIN)


def test_another_persons_template_is_not_there(desk: MemoryDesk) -> None:
    """V13: foreign = absent"""
    make(desk, "t", of(Shared.PERSONAL), ANA)
    for changes in ({"title": "X"}, None):
        with pytest.raises(NotFound):
            change(desk, "t", changes, BIA)
        with pytest.raises(NotFound):
            change(desk, "nowhere", changes, BIA)


def test_a_code_is_one_templates_among_those_for_the_same_people(desk: MemoryDesk) -> None:
    """T3"""
    make(desk, "one", of(Shared.ACCOUNT))
    make(desk, "of-sales", of(Shared.GROUP))
    make(desk, "of-ana", of(Shared.PERSONAL))
    make(desk, "of-bia", of(Shared.PERSONAL, owner="bia"))
    for says in (of(Shared.ACCOUNT), of(Shared.GROUP), of(Shared.PERSONAL)):
        with pytest.raises(AlreadyExists):
            make(desk, "other", says)


def test_a_code_is_free_again_once_nobody_has_it(desk: MemoryDesk) -> None:
    make(desk, "one", of(Shared.ACCOUNT))
    change(desk, "one", {"code": "boleto"})
    make(desk, "two", of(Shared.ACCOUNT))
    with pytest.raises(AlreadyExists):
        change(desk, "one", {"code": "nf"})
    change(desk, "two", None)
    change(desk, "one", {"code": "nf"})


def test_asking_twice_adds_nothing(desk: MemoryDesk) -> None:
    make(desk, "one", of(Shared.ACCOUNT))
    change(desk, "one", {"title": "X"})
    change(desk, "one", {"title": "X"})
    told = [type(r.event) for r in desk.recorded() if r.stream == "template-one"]
    assert told == [TemplateCreated, TemplateChanged]


def test_a_template_of_a_group_that_is_not_there_is_refused(desk: MemoryDesk) -> None:
    with pytest.raises(NotFound):
        make(desk, "one", of(Shared.GROUP, group="nowhere"))


def test_a_removed_tag_is_given_no_more_and_kept_where_it_is(desk: MemoryDesk) -> None:
    """T5: a chat keeps what it was tagged with."""
    tag = tag_id(desk.naming, "vip")
    for id_ in ("c1", "c2"):
        ask(desk, "chat", id_, opened())
    ask(desk, "tag", tag, DefineTag(name="vip", colour="#ff0000"))
    give(desk, "c1", "vip")
    ask(desk, "tag", tag, RemoveTag())

    give(desk, "c1", "vip", "never defined")
    with pytest.raises(TagIsRemoved):
        give(desk, "c2", "vip")
    ask(desk, "tag", tag, DefineTag(name="vip"))
    give(desk, "c2", "vip")


def test_a_tag_that_is_there_is_not_defined_again(desk: MemoryDesk) -> None:
    ask(desk, "tag", "t", DefineTag(name="vip"))
    with pytest.raises(AlreadyExists):
        ask(desk, "tag", "t", DefineTag(name="vip"))


@pytest.mark.parametrize("command", [RemoveTag(), ChangeTag(colour="#000000")])
def test_what_is_no_tag_cannot_be_changed(desk: MemoryDesk, command: Any) -> None:
    with pytest.raises(NotFound):
        ask(desk, "tag", "t", command)


def opened() -> OpenChat:
    return OpenChat(
        account_id=ChannelAccountId("wa"),
        channel="whatsapp",
        client_id=ClientId("c"),
        thread="t",
        address="a",
        episode=1,
        group_id=None,
    )


def give(desk: MemoryDesk, chat: str, *names: str) -> None:
    command = TagChat(add=frozenset(names))
    desk.submit_now(GiveTags(chat_id=ChatId(chat), command=command, meta=META))
