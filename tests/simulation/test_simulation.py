"""
Whole companies on virtual time, with everything going wrong that may (R1 to R15, M1, M2, V12).

`RECADO_SIMULATE=3000000` has them live until that many events were recorded; the ordinary
run is a few short ones. A seed that fails is told: `tests.simulation.world.live(seed)`.
"""

import os
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import Final

import pytest

from tests.simulation.campaign import (
    ALWAYS,
    OVER_A_CAMPAIGN,
    SHORT,
    Outcome,
    campaign,
    missing,
    outcome,
)
from tests.simulation.climate import Sometimes

ROOT: Final = Path(__file__).parents[2]
EVENTS: Final = int(os.environ.get("RECADO_SIMULATE", "0"))
SEEDS: Final = (0, 4, 9, 11, 12, 21)
"""Of which two are quiet, and the others are not."""
_DIGEST: Final = (
    "from tests.simulation.world import live; print(live({seed}, {seconds}).office.store.digest())"
)


def test_a_few_companies_go_through_anything_and_come_to_rest() -> None:
    sometimes = Sometimes()
    for seed in SEEDS:
        lived = outcome(seed, SHORT)
        assert lived.faults == [], f"seed {seed}"
        sometimes += lived.sometimes
    assert list(missing(sometimes, ALWAYS)) == []


def test_a_seed_is_a_history_in_every_process() -> None:
    """R13: the same bytes, whatever order the hashes of words have."""
    command = [sys.executable, "-c", _DIGEST.format(seed=4, seconds=60.0)]
    digests = {
        subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
    assert {outcome(4, 60.0).digest} == {digest.strip() for digest in digests}


@pytest.mark.slow
@pytest.mark.skipif(not EVENTS, reason="RECADO_SIMULATE tells for how many events")
def test_many_companies_go_through_anything_and_come_to_rest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    began, sometimes, events = monotonic(), Sometimes(), 0
    faulty = dict[int, list[str]]()

    def told(lived: Outcome) -> None:
        with capsys.disabled():
            print(lived.seed, lived.events, lived.faults[:3], flush=True)  # noqa: T201  (it lasts)

    for lived in campaign(EVENTS, told):
        sometimes += lived.sometimes
        events += lived.events
        if lived.faults:
            faulty[lived.seed] = lived.faults[:3]
    with capsys.disabled():
        seconds = monotonic() - began
        print(f"{events} events in {seconds:.0f} s; sometimes {dict(sometimes)}")  # noqa: T201
    assert faulty == {}
    assert list(missing(sometimes, OVER_A_CAMPAIGN)) == []
