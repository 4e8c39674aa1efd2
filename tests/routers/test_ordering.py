"""Ids in the order of a key that may change."""

from hypothesis import given
from hypothesis import strategies as st

from routers.ordering import Ordered

KEYS = st.integers(0, 5)
IDS = st.sampled_from("abcdef")
CHANGES = st.lists(st.tuples(IDS, KEYS | st.none()), max_size=400)


def drained(ordered: Ordered[str, int]) -> list[tuple[int, str]]:
    out = []
    while (first := ordered.first()) is not None:
        out.append(first)
        ordered.discard(first[1])
    return out


@given(CHANGES)
def test_the_lowest_key_is_first_whatever_was_changed_before(
    changes: list[tuple[str, int | None]],
) -> None:
    ordered = Ordered[str, int]()
    known: dict[str, int] = {}
    for id_, key in changes:
        if key is None:
            ordered.discard(id_)
            known.pop(id_, None)
        else:
            ordered.put(id_, key)
            known[id_] = key
        assert len(ordered) == len(known)
    assert drained(ordered) == sorted((key, id_) for id_, key in known.items())


def test_changing_one_id_for_ever_takes_no_more_room() -> None:
    ordered = Ordered[str, int]()
    for key in range(10_000):
        ordered.put("a", key)
        assert len(ordered._heap) <= 100
    assert ordered.first() == (9_999, "a")
