"""Simulated operators: programs that work through the public API, as anybody's could."""

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import httpx
import structlog

log = structlog.get_logger()

_ANSWERS: Final = (
    "Olá! Já estou verificando para você.",
    "Claro, um momento por favor.",
    "Pronto! Acabei de enviar para o seu e-mail.",
    "Temos sim! Quer que eu separe?",
)
_GOODBYE: Final = "Obrigado pelo contato com a Loja Ipê!"


@dataclass(slots=True)
class Colleague:
    """One operator who answers what is waiting for him, and closes what is done."""

    http: httpx.AsyncClient
    """Carries his token."""
    random: Random
    speed: float
    finance: str
    """Id of the group that bills and invoices are passed to."""

    async def work(self) -> None:
        """Come online and work for ever; what fails is tried again a little later."""
        while True:
            try:
                await self.http.put("/v1/me/presence", json={"status": "online"})
                for chat in await self._mine():
                    await self._attend(chat)
            except (httpx.TransportError, ValueError, LookupError) as error:
                log.info("demo.colleague_waits", error=type(error).__name__)
            await self._pause(1.5, 4)

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
        await asyncio.sleep(self.random.uniform(least, most) / self.speed)
