from typing import Any
async def test_smoke(caller: Any) -> None:
    chat = await caller.new_chat(1, "oi")
    for p in ("/v1/me","/v1/chats","/v1/counts",f"/v1/chats/{chat}",f"/v1/chats/{chat}/messages",f"/v1/chats/{chat}/history",f"/v1/chats/{chat}/assignments","/v1/operators","/v1/groups","/v1/channels","/v1/clients","/v1/settings","/readyz","/livez","/openapi.json"):
        got = await caller.get(p, "admin")
        print(p, got.status_code, got.text[:300])
    for p, b in (("assign", {"operator":"me"}),("messages", {"text":"olá"}),("comments",{"text":"x"}),("read",{"up_to":1}),("transfer",{"group": caller.installation.ids["Finance"],"comment":"c"})):
        got = await caller.post(f"/v1/chats/{chat}/{p}", "ana", b)
        print(p, got.status_code, got.text)
    got = await caller.get("/v1/nothing", "ana"); print(got.status_code, got.text, got.headers)
    assert 0
