"""What providers deliver: once, committed before the answer, and nothing that is forged."""

import asyncio
import hmac
import json
import time
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Literal
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator

from adapters.channels.base import MOST_BYTES
from adapters.channels.telegram import Telegram
from adapters.http.app import create_app
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.postgres.files import FileRegister
from domain.errors import LogIsBusy
from tests.adapters.http import conftest
from tests.adapters.http.conftest import (
    APP_SECRET,
    PHONE,
    TELEGRAM_SECRET,
    Caller,
    Installation,
    calling,
    update,
)

JSON = {"Content-Type": "application/json"}


def whatsapp_body(*texts: str, phone: str = PHONE, sender: str = "5511900000001") -> bytes:
    messages = [
        {
            "from": sender,
            "id": f"wamid.{sender}.{text}",
            "timestamp": f"{int(time.time())}",
            "type": "text",
            "text": {"body": text},
        }
        for text in texts
    ]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "1", "phone_number_id": phone},
        "contacts": [{"profile": {"name": "Bia"}, "wa_id": sender}],
        "messages": messages,
    }
    change = {"field": "messages", "value": value}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    return json.dumps(body).encode()


async def test_a_message_is_recorded_before_the_answer(caller: Caller) -> None:
    """M2"""
    before = await caller.installation.events()
    got = await caller.telegram(1, "oi")

    assert got.status_code == 200
    assert await caller.installation.events() == before + 3


async def test_a_message_delivered_again_is_recorded_once(caller: Caller) -> None:
    """M1, S2: also when all deliveries come at once."""
    before = await caller.installation.events()
    again = [caller.telegram(1, "oi", message_id=77) for _ in range(10)]
    answers = await asyncio.gather(*again)

    assert {a.status_code for a in answers} == {200}
    assert await caller.installation.events() == before + 3


async def test_first_messages_at_the_same_instant_are_one_chat(
    installation: Installation,
) -> None:
    """S1: to two processes."""
    async with (
        calling(create_app(installation.parts()), installation) as one,
        calling(create_app(installation.parts()), installation) as other,
    ):
        await asyncio.gather(one.telegram(5, "um"), other.telegram(5, "dois"))
        chats = await one.chats("admin")

    assert len(chats) == 1
    assert chats[0]["last_seq"] == 2


async def test_all_messages_of_a_body_are_recorded(caller: Caller) -> None:
    assert (await caller.whatsapp(whatsapp_body("a", "b", "c"))).status_code == 200
    assert [c["last_seq"] for c in await caller.chats("admin")] == [3]


async def test_an_answer_waits_for_nobody_else_when_the_log_is_busy(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M2: 503 with Retry-After."""

    async def busy(_: object) -> None:
        raise LogIsBusy("test")

    async with calling(create_app(installation.parts()), installation) as caller:
        assert (await caller.telegram(1, "oi")).status_code == 200
        monkeypatch.setattr(installation.desk, "submit", busy)
        got = await caller.telegram(1, "oi de novo")

    assert (got.status_code, got.headers["retry-after"]) == (503, "1")
    assert got.json()["code"] == "log_is_busy"


async def test_other_words_under_a_known_id_are_kept_and_acknowledged(caller: Caller) -> None:
    await caller.telegram(1, "oi", message_id=77)
    before = await caller.installation.events()
    got = await caller.telegram(1, "tchau", message_id=77)

    assert got.status_code == 200
    assert await caller.installation.events() == before + 1
    assert "payload-kept.v1" in await topics(caller)


async def test_what_is_not_understood_is_kept(caller: Caller) -> None:
    """M4"""
    headers = {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM_SECRET}
    got = await caller.post(
        "/channels/tg/webhook", None, {"update_id": 1, "novelty": {"a": 1}}, headers=headers
    )

    assert got.status_code == 200
    assert (await topics(caller))[-1] == "payload-kept.v1"


BAD_BODIES: list[tuple[bytes, dict[str, str], int]] = [
    (b"{oops", {}, 400),
    (whatsapp_body("x")[:-5], {}, 400),
    (b'{"entry":' + b"[" * 1000 + b"]" * 1000 + b"}", {}, 400),
    (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, {}, 400),
    (b"{" + b" " * MOST_BYTES + b"}", {}, 413),
    (whatsapp_body("x"), {"Content_Type": "text/plain"}, 415),
    (whatsapp_body("x"), {"Content_Type": "application/x-www-form-urlencoded"}, 415),
    (whatsapp_body("x"), {"Content_Encoding": "gzip"}, 415),
    (b'{"a": NaN}', {}, 400),
    (b"\xff\xfe", {}, 400),
    (b"", {}, 400),
]


async def test_bad_bodies_are_refused_at_once_and_leave_nothing(caller: Caller) -> None:
    before = await caller.installation.events()
    for body, headers, status in BAD_BODIES:
        got = await caller.whatsapp(body, **headers)

        assert got.status_code == status, (body[:40], got.text)
        assert got.headers["content-type"] == "application/problem+json"
    assert await caller.installation.events() == before


async def test_a_body_without_a_length_is_counted_while_it_comes(caller: Caller) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        for _ in range(200):
            sent += 65_536
            yield b" " * 65_536

    got = await caller.call("POST", "/channels/wa/webhook", content=endless(), headers=JSON)

    assert got.status_code == 413


async def test_forged_requests_are_refused_and_leave_nothing(caller: Caller) -> None:
    """M3: every flipped bit of a body and of its signature, and other tricks."""
    body = whatsapp_body("oi")
    signature = hmac.new(APP_SECRET.encode(), body, "sha256").hexdigest()
    before = await caller.installation.events()
    flipped = [
        bytes([*body[:n], body[n] ^ bit, *body[n + 1 :]])
        for n in range(0, len(body), 7)
        for bit in (1, 64)
    ]
    forged: list[tuple[bytes, list[tuple[str, str]]]] = [
        (other, [("X-Hub-Signature-256", f"sha256={signature}")]) for other in flipped
    ]
    forged += [
        (body, [("X-Hub-Signature-256", value)])
        for value in (
            "", "sha256=", signature, f"v1,{signature}", f"sha1={signature}",
            f"sha256={signature[:-1]}", f"sha256={signature.upper()}",
            f"sha256={hmac.new(b'other', body, 'sha256').hexdigest()}",
        )
    ]  # fmt: skip
    twice = [("X-Hub-Signature-256", f"sha256={signature}")] * 2
    forged += [
        (body, []),
        (body, twice),
        (json.dumps(json.loads(body), indent=1).encode(), twice[:1]),
    ]
    for content, headers in forged:
        sent = [("Content-Type", "application/json"), *headers]
        got = await caller.http.post("/channels/wa/webhook", content=content, headers=sent)
        assert got.status_code in {401, 403}, content

    assert await caller.installation.events() == before
    metrics = (await caller.get("/metrics")).text
    assert (
        f'recado_webhooks_total{{channel="whatsapp",outcome="forged"}} {len(forged)}.0' in metrics
    )


async def test_a_refusal_tells_the_log_no_content(
    caller: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    """M3"""
    await caller.whatsapp(whatsapp_body("segredo"), secret="wrong")

    said = "".join(capsys.readouterr())
    assert "webhook.refused" in said
    assert "segredo" not in said
    assert "5511900000001" not in said


async def test_one_accounts_secret_does_not_speak_for_another_account(caller: Caller) -> None:
    """The body may name another account of the same kind, if it is signed for that one, too."""
    await add_whatsapp(caller, "wa2", "999", secret="another secret")
    await add_whatsapp(caller, "wa3", "888", secret=APP_SECRET)
    before = await caller.installation.events()
    assert (await caller.whatsapp(whatsapp_body("oi", phone="999"))).status_code == 403
    assert await caller.installation.events() == before

    assert (await caller.whatsapp(whatsapp_body("oi", phone="888"))).status_code == 200
    chats = await caller.chats("admin")
    assert [c["channel"]["id"] for c in chats] == [caller.installation.ids["wa3"]]


async def test_the_providers_handshake_is_answered(caller: Caller) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    good = await caller.get("/channels/wa/webhook", params={**query, "hub.verify_token": "vt"})
    bad = await caller.get("/channels/wa/webhook", params={**query, "hub.verify_token": "no"})

    assert (good.status_code, good.text) == (200, "1158201444")
    assert bad.status_code == 403


async def test_only_webhooks_of_connected_accounts_are_there(caller: Caller) -> None:
    for method, path, status in (
        ("POST", "/channels/nobody/webhook", 404),
        ("GET", "/channels/tg/webhook", 404),
        ("PUT", "/channels/tg/webhook", 405),
        ("POST", "/channels/tg", 404),
        ("POST", "/channels/tg/other/webhook", 404),
        ("POST", "/channels//webhook", 404),
    ):
        got = await caller.call(method, path, json=update(1, "oi", 1))

        assert got.status_code == status, path
        assert got.headers["x-content-type-options"] == "nosniff"


async def test_an_account_that_was_just_connected_works_within_a_second(caller: Caller) -> None:
    await caller.telegram(1, "oi")
    await add_whatsapp(caller, "wa9", "777", secret=APP_SECRET)
    signed = hmac.new(APP_SECRET.encode(), body := whatsapp_body("oi", phone="777"), "sha256")
    headers = {**JSON, "X-Hub-Signature-256": f"sha256={signed.hexdigest()}"}
    async with asyncio.timeout(1):
        while True:
            got = await caller.call("POST", "/channels/wa9/webhook", content=body, headers=headers)
            if got.status_code == 200:
                break
            await asyncio.sleep(0.05)


async def add_whatsapp(caller: Caller, name: str, phone: str, secret: str) -> None:
    from tests.adapters.http.conftest import CHANNELS  # noqa: PLC0415  (one more entry, for now)

    kind, config = CHANNELS["wa"]
    CHANNELS[name] = (kind, {**config, "phone_number_id": phone, "app_secret": secret})
    try:
        await caller.installation.channel(name, "Sales")
    finally:
        del CHANNELS[name]
    await asyncio.sleep(0.7)


async def topics(caller: Caller) -> list[str]:
    async with caller.installation.pool.connection() as connection:
        rows = await connection.execute("SELECT topic FROM recado_events ORDER BY notification_id")
        return [row[0] async for row in rows]


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("speaks", "content_type", "status"),
    [
        ("json", "application/json", 403),
        ("json", "application/cloudevents+json", 403),
        ("json", FORM, 415),
        ("form", FORM, 403),
        ("form", "multipart/form-data; boundary=x", 403),
        ("form", "application/json", 415),
        ("any", "text/plain", 403),
        ("any", "application/octet-stream", 403),
    ],
)
async def test_a_body_is_of_the_kind_that_the_channel_speaks(
    caller: Caller,
    monkeypatch: pytest.MonkeyPatch,
    speaks: Literal["json", "form", "any"],
    content_type: str,
    status: int,
) -> None:
    """403: it was read, and is forged."""
    monkeypatch.setattr(Telegram, "meta", replace(Telegram.meta, body=speaks))
    headers = {"Content-Type": content_type, "X-Telegram-Bot-Api-Secret-Token": "another"}
    got = await caller.call("POST", "/channels/tg/webhook", content=b"a=1", headers=headers)
    assert got.status_code == status


async def test_the_query_reaches_the_adapter_as_the_provider_spelled_it(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M3: Twilio signs it letter by letter."""
    config = {"account_sid": "AC1", "auth_token": "t", "sender": "+551130000000"}
    monkeypatch.setitem(conftest.CHANNELS, "sms", ("twilio", config))
    await installation.channel("sms", "Sales")
    path = "/channels/sms/webhook?a=x%20y&b=+~%2a"
    form = {"MessageSid": "SM1", "From": "+5511900000001", "To": "+551130000000", "Body": "Oi"}
    signer = RequestValidator("t")
    app = create_app(installation.parts(public_url="https://recado.example"))
    async with calling(app, installation) as caller:
        for signed, status in ((path, 200), (path.replace("%20", "+"), 403)):
            headers = {
                "Content-Type": FORM,
                "X-Twilio-Signature": signer.compute_signature(
                    f"https://recado.example{signed}", form
                ),
            }
            got = await caller.call("POST", path, content=urlencode(form), headers=headers)
            assert got.status_code == status


MAIL = b"\r\n".join(
    (
        b"From: ana@cliente.test",
        b"To: loja@ipe.test",
        b"Message-ID: <1@cliente.test>",
        b"Content-Type: multipart/mixed; boundary=x",
        b"",
        b"--x",
        b"Content-Type: text/plain",
        b"",
        b"Segue",
        b"--x",
        b"Content-Type: application/pdf",
        b"Content-Disposition: attachment; filename=nota.pdf",
        b"",
        b"",
    )
)


async def test_a_mail_that_is_handed_in_may_be_large_and_keeps_its_files(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """M8: they lie in no mailbox; of other channels no such body is read."""
    config = {
        "from_address": "loja@ipe.test", "drop_secret": "secret-of-a-drop", "smtp_host": "ipe.test"
    }  # fmt: skip
    monkeypatch.setitem(conftest.CHANNELS, "mail", ("email", config))
    await installation.channel("mail", "Sales")
    store = AttachmentStore.open(f"{tmp_path / 'attachments'}")
    attachments = Attachments(store, FileRegister(installation.pool))
    file = b"%PDF-1.7\n" + b"nota fiscal\n" * 400_000
    mail = MAIL + file + b"\r\n--x--\r\n"
    assert len(mail) > MOST_BYTES
    app = create_app(installation.parts(attachments=attachments))
    async with calling(app, installation) as caller:
        headers = {"Content-Type": "message/rfc822", "X-Recado-Secret": "secret-of-a-drop"}
        how: dict[str, Any] = {"content": mail, "headers": headers}
        assert (await caller.call("POST", "/channels/mail/webhook", **how)).status_code == 200
        (chat,) = await caller.chats("admin")
        got = await caller.get(f"/v1/chats/{chat['id']}/messages", "admin")
        media = next(p for p in got.json()["items"][-1]["parts"] if p["kind"] == "media")
        assert await store.read(media["sha256"]) is not None
        how["headers"] = {"Content-Type": "message/rfc822", "X-Recado-Secret": "another"}
        assert (await caller.call("POST", "/channels/mail/webhook", **how)).status_code == 403


@pytest.mark.slow
async def test_a_storm_of_retries_in_any_order_leaves_each_message_once(caller: Caller) -> None:
    """M1, M5: 10,000 webhooks of 1,000 messages, alone and in batches."""
    chance = Random(11)
    texts = [f"{n:04d}" for n in range(1000)]
    bodies = [whatsapp_body(text) for text in texts for _ in range(5)]
    bodies += [whatsapp_body(*chance.sample(texts, 3)) for _ in range(5000)]
    chance.shuffle(bodies)
    left = iter(bodies)

    async def deliver() -> None:
        for body in left:
            assert (await caller.whatsapp(body)).status_code == 200

    await asyncio.gather(*(deliver() for _ in range(16)))
    (chat,) = await caller.chats("admin")
    assert (await topics(caller)).count("message-received.v1") == len(texts)
    said = await caller.get(f"/v1/chats/{chat['id']}/messages", "admin", params={"limit": 200})
    shown = [item["sent_at"] for item in said.json()["items"]]
    assert shown == sorted(shown)
