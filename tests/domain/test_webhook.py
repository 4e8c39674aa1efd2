"""Outbound webhooks: what happens to one, and what it is told of."""

import pytest

from domain import webhook as w
from domain.errors import NotFound
from domain.values import WebhookId
from tests.spec import NOW, Spec

ADDED = w.WebhookAdded(at=NOW, url="https://crm.test/", kinds=("chat-closed",), name="CRM")
DISABLED = w.WebhookDisabled(at=NOW, reason="failing")
webhook = Spec[w.Webhook, w.WebhookCommand, w.WebhookEvent](
    w.Webhook(WebhookId("crm")), w.decide, w.evolve
)


def test_disabling_and_enabling_twice_adds_nothing() -> None:
    webhook.given(ADDED, DISABLED).when(w.DisableWebhook(reason="gone")).then_nothing()
    webhook.given(ADDED).when(w.EnableWebhook()).then_nothing()
    webhook.given(ADDED, DISABLED).when(w.EnableWebhook()).then(w.WebhookEnabled(at=NOW))


def test_a_change_that_changes_nothing_is_none() -> None:
    webhook.given(ADDED).when(w.ChangeWebhook(name="CRM")).then_nothing()
    webhook.given(ADDED).when(w.ChangeWebhook(kinds=("*",))).then(
        w.WebhookChanged(at=NOW, url="https://crm.test/", kinds=("*",), name="CRM")
    )


@pytest.mark.parametrize(
    "command", [w.EnableWebhook(), w.ReplayWebhook(after=1), w.RemoveWebhook()]
)
def test_what_was_removed_is_there_no_more(command: w.WebhookCommand) -> None:
    webhook.given(ADDED, w.WebhookRemoved(at=NOW)).when(command).then_refused(NotFound)


def test_it_is_told_of_the_kinds_it_asked_for_in_every_version() -> None:
    some = w.Webhook(WebhookId("crm"), kinds=("chat-closed",))
    everything = w.Webhook(WebhookId("crm"), kinds=(w.EVERYTHING,))

    assert [some.wants(t) for t in ("chat-closed.v1", "chat-closed.v2", "chat-opened.v1")] == [
        True,
        True,
        False,
    ]
    assert everything.wants("anything.v7")
