"""Too many requests of one are refused with when to come again; others notice nothing."""

from adapters.http.app import create_app
from adapters.http.pacing import AHEAD, Pace
from adapters.http.problems import Problem
from tests.adapters.http.conftest import Installation, calling


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def taken(pace: Pace, who: str, times: int) -> int:
    """Return how many of so many requests were let through."""
    for done in range(times):
        try:
            pace.take(who)
        except Problem:
            return done
    return times


def test_an_allowance_is_used_up_and_grows_again() -> None:
    clock = Clock()
    pace = Pace(5, clock)
    whole = int(5 * AHEAD)
    assert taken(pace, "ana", whole + 5) == whole
    assert taken(pace, "bia", 5) == 5
    clock.now = 2.0
    assert taken(pace, "ana", 15) == 10
    clock.now = 1_000.0
    assert taken(pace, "ana", whole + 5) == whole


def test_there_may_be_no_limit() -> None:
    assert taken(Pace(0), "ana", 1_000) == 1_000


async def test_whoever_asks_too_often_is_told_when_to_come_again(
    installation: Installation,
) -> None:
    app = create_app(installation.parts(requests_per_second=1))
    async with calling(app, installation) as caller:
        answers = [await caller.get("/v1/me", "ana") for _ in range(int(AHEAD) + 5)]
        other = await caller.get("/v1/me", "bia")
    late = answers[-1]

    assert answers[0].status_code == other.status_code == 200
    assert (late.status_code, late.json()["code"]) == (429, "too_many_requests")
    assert late.headers["retry-after"] == "1"
