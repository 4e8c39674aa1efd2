"""Who has read what, and who is told of it."""

from tests.scenarios.installation import Installation
from tests.scenarios.providers import Providers
from tests.scenarios.waiting import until


def test_a_supervisors_reading_changes_nothing_for_the_operator_and_tells_the_client_nothing(
    house: Installation,
) -> None:
    """S8, V10"""
    with Providers() as providers:
        team = house.team(operators=1, api_base=providers.base)
        graph = providers.graph(team.whatsapp)
        (ana,) = team.people
        ana.presence("online")
        for number in (1, 2):
            house.post(team.whatsapp.text(900, f"line {number}", number))
        chat = until(lambda: next((c for c in ana.mine() if c["unread"] == 2), None))["id"]
        position = house.admin.act(chat, "read", {"up_to": 2})["position"]
        item = ana.get(f"/v1/chats/{chat}", min_position=position)
        assert item["unread"] == 2
        assert ana.get("/v1/counts", operator="me", min_position=position)["unread"] == 1
        position = ana.act(chat, "read", {"up_to": 2})["position"]
        assert ana.get(f"/v1/chats/{chat}", min_position=position)["unread"] == 0
        ana.act(chat, "messages", {"text": "hello"})
        until(lambda: graph.sent)
        assert graph.calls == len(graph.sent) == 1, "something else than the answer was told"
        ana.presence("offline")


def test_an_answer_reaches_the_client_once_and_its_state_is_shown(house: Installation) -> None:
    """M6"""
    with Providers() as providers:
        team = house.team(operators=1, api_base=providers.base)
        post = providers.receipts_to(house.address, team.whatsapp)
        graph = providers.graph(team.whatsapp, post)
        (ana,) = team.people
        ana.presence("online")
        house.post(team.whatsapp.text(901, "hi", 1))
        chat = until(ana.mine)[0]["id"]
        for n in range(5):
            ana.act(chat, "messages", {"text": f"answer {n}"})
        until(lambda: [m["state"] for m in ana.messages(chat)[1:]] == ["read"] * 5, 30)
        assert [sent.text for sent in graph.sent] == [f"answer {n}" for n in range(5)]
        ana.presence("offline")
