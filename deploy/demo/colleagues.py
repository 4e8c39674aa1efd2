"""Simulated operators: programs that work through the public API, as anybody's could."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import httpx
import structlog

from deploy.demo.customers import INVOICE
from deploy.demo.pace import Pace

log = structlog.get_logger()

_ANSWERS: Final = (
    "Olá! Já estou verificando para você.",
    "Claro, um momento por favor.",
    "Pronto! Acabei de enviar para o seu e-mail.",
    "Temos sim! Quer que eu separe?",
)
_GOODBYE: Final = "Obrigado pelo contato com a Loja Ipê!"
_SATISFIED: Final = 0.35
"""How often a customer who was answered, and says nothing more, is taken leave of at a look."""


@dataclass(slots=True)
class Colleague:
    """One operator who answers what is waiting for him, and closes what is done."""

    http: httpx.AsyncClient
    """Carries his token."""
    random: Random
    pace: Pace
    finance: str
    """Id of the group that bills and invoices are passed to."""
    is_played: Callable[[], bool] = lambda: False
    """Whether a visitor plays this operator now: nobody answers for him then."""

    async def work(self) -> None:
        """Come online and work for ever; what fails is tried again a little later."""
        while True:
            try:
                if not self.is_played():
                    await self._look_round()
            except (httpx.TransportError, ValueError, LookupError) as error:
                log.info("demo.colleague_waits", error=type(error).__name__)
            await self._pause(1.5, 4)

    async def _look_round(self) -> None:
        await self.http.put("/v1/me/presence", json={"status": "online"})
        for chat in await self._mine():
            await self._attend(chat)
        await self._pull()

    async def _pull(self) -> None:
        """Take the oldest chat that has nobody; the last one and Fábio are the visitor's."""
        response = await self.http.get("/v1/chats", params={"section": "new", "limit": 10})
        items = response.json().get("items", [])
        if len(items) > 1:
            said = ((chat, (chat["last_message"] or {}).get("text")) for chat in items)
            chat = next((chat for chat, text in said if text != INVOICE[1]), None)
            if chat is not None:
                await self.http.post(f"/v1/chats/{chat['id']}/assign", json={"operator": "me"})

    async def _mine(self) -> list[dict[str, Any]]:
        response = await self.http.get("/v1/chats", params={"section": "all", "operator": "me"})
        items: list[dict[str, Any]] = response.json().get("items", [])
        return items

    async def _attend(self, chat: dict[str, Any]) -> None:
        path = f"/v1/chats/{chat['id']}"
        last = chat["last_message"] or {}
        if chat["waiting_since"] is None:
            if last.get("text") == _GOODBYE:
                await self.http.post(f"{path}/close")
            elif self.random.random() < _SATISFIED:
                await self.http.post(f"{path}/messages", json={"text": _GOODBYE})
            return
        await self._pause(0.5, 2.5)
        if "nota fiscal" in (last.get("text") or "") and self.random.random() < 0.5:  # noqa: PLR2004  (half of them)
            transfer = {"group": self.finance, "comment": "Cliente pede a 2ª via da nota fiscal"}
            await self.http.post(f"{path}/transfer", json=transfer)
            return
        text = _GOODBYE if chat["version"] > 12 else self.random.choice(_ANSWERS)  # noqa: PLR2004  (a talk of a few lines)
        await self.http.post(f"{path}/messages", json={"text": text})
        seq = (await self.http.get(f"{path}/messages")).json()["items"][-1]["seq"]
        await self.http.post(f"{path}/read", json={"up_to": seq})

    async def _pause(self, least: float, most: float) -> None:
        await self.pace.rest(self.random, least, most)
