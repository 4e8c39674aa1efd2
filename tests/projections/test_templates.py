"""Which reply templates somebody may mean, and how often each was used (T3)."""

from domain.chat.events import MessageSent
from domain.event import Recorded
from domain.values import Meta, StreamId, TemplateId
from projections.templates import TemplateRow, UsesRow, joined, likeliest, used
from tests.projections.histories import START, said


def template(code: str, title: str = "", text: str = "") -> TemplateRow:
    return TemplateRow(TemplateId(code), 1, 1, code=code, title=title, text=text)


def codes(q: str, *rows: TemplateRow, uses: dict[str, int] | None = None) -> list[str]:
    counted = ((row, (uses or {}).get(row.code, 0)) for row in rows)
    return [row.code for row, _ in likeliest(counted, q)]


def test_codes_come_before_titles_and_titles_before_texts() -> None:
    rows = (
        template("troca", "Política", "Veja a nota"),
        template("segunda-via", "Nota fiscal"),
        template("minha-nota"),
        template("nota"),
        template("norte-atacado"),
        template("oi", "Olá", "tudo bem?"),
    )
    assert codes("/nota", *rows) == ["nota", "minha-nota", "segunda-via", "troca", "norte-atacado"]


def test_of_equals_the_most_used_comes_first() -> None:
    rows = (template("nf-a"), template("nf-b"), template("nf-c"))
    assert codes("nf", *rows, uses={"nf-c": 5, "nf-b": 2}) == ["nf-c", "nf-b", "nf-a"]


def test_accents_and_case_do_not_matter() -> None:
    assert codes("INSTALACAO", template("x", "Instalação no local")) == ["x"]


def test_nothing_typed_means_all_of_them() -> None:
    assert codes(" / ", template("b"), template("a")) == ["a", "b"]


def sent(position: int, template_id: str | None) -> Recorded:
    event = MessageSent(
        at=START,
        seq=position,
        message_id=f"m{position}",
        parts=said("Oi"),
        template_id=None if template_id is None else TemplateId(template_id),
    )
    return Recorded(position, StreamId("chat-1"), position, Meta("test"), None, event)


def test_messages_written_from_a_template_are_counted_however_they_are_cut_in_parts() -> None:
    """V12"""
    one: dict[TemplateId, UsesRow] = {}
    other: dict[TemplateId, UsesRow] = {}
    for position, id_ in ((1, "nf"), (2, None), (3, "nf")):
        used(one, sent(position, id_))
    used(other, sent(4, "nf"))
    (a,), (b,) = one.values(), other.values()

    assert joined(a, b) == joined(b, a) == UsesRow(TemplateId("nf"), 4, 3, START)
