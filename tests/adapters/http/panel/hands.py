"""Six acts, and how many keys and clicks each takes besides the words that are typed."""

from dataclasses import dataclass
from typing import Final

from playwright.async_api import Locator, Page

FEWEST: Final = {
    "pull a chat": 1,
    "answer with a template": 2,
    "transfer with comment": 3,
    "search in the chat": 1,
    "save a filter as a tab": 4,
    "see why it was assigned": 1,
}
"""No product that was counted beside this one needs fewer."""


@dataclass
class Hands:
    """Presses and clicks, and counts both."""

    page: Page
    acts: int = 0

    async def press(self, key: str) -> None:
        self.acts += 1
        await self.page.keyboard.press(key)

    async def click(self, what: Locator) -> None:
        self.acts += 1
        await what.click()

    async def type(self, text: str) -> None:
        """Write words, which everybody has to."""
        await self.page.keyboard.type(text)

    def have(self, done: str) -> None:
        """Fail where an act took more or less than is said of it; count the next from nothing."""
        assert self.acts == FEWEST[done], done
        self.acts = 0
