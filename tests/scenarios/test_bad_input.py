"""Bodies that nobody should send, and what they are answered: at once, and recorded nowhere."""

import json
from collections.abc import Callable
from dataclasses import replace
from time import monotonic

import pytest

from tests.scenarios.deliveries import Delivery
from tests.scenarios.installation import Installation, Team

AT_ONCE = 5.0
MEGABYTE = 1024 * 1024


def good(team: Team) -> Delivery:
    return team.whatsapp.text(1200, "hello", 1)


def forged(delivery: Delivery) -> Delivery:
    """Return a delivery whose body was changed after it was signed."""
    return replace(delivery, body=delivery.body.replace(b"hello", b"hullo"))


def unsigned(delivery: Delivery) -> Delivery:
    return replace(delivery, headers={"content-type": "application/json"})


def of_type(delivery: Delivery, kind: str) -> Delivery:
    return replace(delivery, headers={**delivery.headers, "content-type": kind})


def deep(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


BAD: dict[str, tuple[Callable[[Team], Delivery], set[int]]] = {
    "whatsapp, wrong signature": (lambda t: forged(good(t)), {401, 403}),
    "whatsapp, no signature": (lambda t: unsigned(good(t)), {401, 403}),
    "telegram, wrong secret": (
        lambda t: replace(t.telegram, secret="wrong").text(1, "x", 1),
        {401, 403},
    ),
    "telegram, no secret": (lambda t: unsigned(t.telegram.text(1, "x", 1)), {401, 403}),
    "no json": (lambda t: t.telegram.raw(b"hello"), {400}),
    "nothing": (lambda t: t.whatsapp.raw(b""), {400}),
    "cut short": (lambda t: t.whatsapp.raw(good(t).body[:-20]), {400}),
    "not utf-8": (lambda t: t.telegram.raw(b'{"update_id": "\xff\xfe"}'), {400}),
    "a thousand levels deep": (lambda t: t.telegram.raw(deep(1_000)), {400}),
    "lists a hundred thousand levels deep": (
        lambda t: t.whatsapp.raw(b"[" * 100_000 + b"]" * 100_000),
        {400},
    ),
    "ten megabytes": (lambda t: t.whatsapp.raw(json.dumps("x" * 10 * MEGABYTE).encode()), {413}),
    "a form": (lambda t: of_type(good(t), "application/x-www-form-urlencoded"), {415}),
    "xml": (lambda t: of_type(t.telegram.text(1, "x", 1), "text/xml"), {415}),
    "unknown account": (lambda t: replace(good(t), path="/channels/nobody/webhook"), {404}),
    "account with a way up": (
        lambda t: replace(good(t), path="/channels/..%2f..%2fetc/webhook"),
        {404},
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_webhook_is_refused_at_once_and_recorded_nowhere(
    house: Installation, team: Team, name: str
) -> None:
    """M3, and what is no JSON is nothing to keep."""
    make, statuses = BAD[name]
    before, began = house.head, monotonic()
    answer = house.post(make(team))
    assert answer.status_code in statuses, answer.text
    assert monotonic() - began < AT_ONCE
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"]
    assert house.head == before


def test_after_all_that_a_good_webhook_is_taken(house: Installation, team: Team) -> None:
    """M2"""
    before = house.head
    for make, _ in BAD.values():
        house.post(make(team))
    assert house.post(good(team)).status_code == 200
    assert house.head > before


def test_what_is_forged_leaves_no_word_of_it_in_any_log_file(
    house: Installation, team: Team
) -> None:
    """M3"""
    canary = "canary-in-a-forged-message"
    house.post(replace(team.telegram, secret="wrong-canary-secret").text(1, canary, 1))
    house.post(team.telegram.raw(f'{{"{canary}": '.encode()))
    said = "".join(file.read_text(errors="replace") for file in house.data.glob("logs/*.log"))
    said += house.err.read_text()
    assert canary not in said
    assert "wrong-canary-secret" not in said
    assert team.telegram.secret not in said
