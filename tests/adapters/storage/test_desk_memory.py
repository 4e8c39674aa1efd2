"""The desk in memory keeps what every desk keeps."""

from datetime import timedelta

import pytest

from adapters.storage.mapper import EventMapper
from adapters.storage.memory import MemoryDesk
from domain.values import Timestamp
from tests.contracts.company import Ground, check_log
from tests.contracts.desk import DeskContract
from tests.spec import NOW


class TestMemoryDesk(DeskContract):
    @pytest.fixture
    def ground(self) -> Ground:
        desk = MemoryDesk(EventMapper(), lambda: NOW, b"salt")
        return Ground(desk, lambda: [*desk.recorded()], desk.load)


def test_time_is_what_the_clock_says_but_never_goes_back() -> None:
    times = [NOW, NOW + timedelta(hours=1), NOW, NOW + timedelta(hours=2)]
    told: list[Timestamp] = []

    def clock() -> Timestamp:
        told.append(times[len(told)])
        return told[-1]

    desk = MemoryDesk(EventMapper(), clock)
    ground = Ground(desk, lambda: [*desk.recorded()], desk.load)
    for n in range(4):
        desk.submit_now(ground.message("+5511900000001", f"w{n}"))
    at = [r.event.at for r in desk.recorded() if r.event.TOPIC == "message-received.v1"]
    assert at == [times[0], times[1], times[1], times[3]]
    check_log(ground.recorded())


def test_the_log_can_be_read_from_any_position() -> None:
    desk = MemoryDesk(EventMapper(), lambda: NOW)
    ground = Ground(desk, lambda: [*desk.recorded()], desk.load)
    desk.submit_now(ground.message("+5511900000001", "w1"))
    assert [recorded.position for recorded in desk.recorded(after=1)] == [2, 3]
    assert [position for *_, position in desk.rows(after=2)] == [3]
