"""Simulated customers: they write through the fake providers, in the real wire format."""

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import Final

from deploy.demo.fake_graph import FakeGraph
from deploy.demo.fake_telegram import FakeTelegram
from deploy.demo.pace import Pace

_NAMES: Final = (
    "Fábio", "Helena", "João", "Letícia", "Márcio", "Nádia", "Otávio", "Priscila",
    "Rafael", "Sônia", "Tiago", "Úrsula", "Vinícius", "Yara", "Zé Carlos", "Beatriz",
)  # fmt: skip
_TALKS: Final = (
    ("Oi, boa tarde!", "Vocês têm o vestido azul no tamanho M?", "E entregam em Niterói?"),
    ("Olá", "Preciso da 2ª via da nota fiscal do pedido 1834, por favor"),
    ("Meu pedido ainda não chegou 😟", "O código de rastreio é BR123", "Pode verificar?"),
    ("Bom dia! Aceitam pix?", "Ótimo, vou querer dois então"),
    ("Comprei ontem e quero trocar a cor, como faço?",),
    ("Vocês abrem no sábado?", "Obrigada!"),
)
INVOICE: Final = ("Fábio", "Oi! Preciso da 2ª via da nota fiscal do pedido 1834, por favor")
"""Who asks for the copy of an invoice when the visitor wants him to, and in which words."""


@dataclass(slots=True)
class Customers:
    """Who writes, and what they have written so far: provider ids, by channel account."""

    graph: FakeGraph
    telegram: FakeTelegram
    random: Random
    pace: Pace
    written: dict[str, list[str]] = field(default_factory=dict)

    async def live(self) -> None:
        """Let a new customer turn up every few seconds, for ever."""
        async with asyncio.TaskGroup() as talks:
            number = self.random.randrange(10_000_000)
            while True:
                number += 1
                talks.create_task(self._talk(number))
                await self.pace.rest(self.random, 2.5, 6)

    async def _talk(self, number: int) -> None:
        name = self.random.choice(_NAMES)
        on_whatsapp = self.random.random() < 0.6  # noqa: PLR2004  (a little more than half)
        for line in self.random.choice(_TALKS):
            if on_whatsapp:
                self._on_whatsapp(number, name, line)
            else:
                id_ = self.telegram.client_writes(700_000_000 + number, name, line)
                self.written.setdefault("telegram-suporte", []).append(id_)
            await self.pace.rest(self.random, 1, 9)

    def ask_for_invoice(self) -> None:
        """Let Fábio, who is somebody new each time, ask for the copy of an invoice."""
        self._on_whatsapp(self.random.randrange(10_000_000), *INVOICE)

    def _on_whatsapp(self, number: int, name: str, line: str) -> None:
        id_ = self.graph.client_writes(f"55119{number % 10**8:08d}", name, line)
        self.written.setdefault("whatsapp-loja", []).append(id_)
