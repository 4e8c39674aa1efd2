"""An administrator who changes everything, at bad moments too."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from domain.acts import Ask, Reconfigure
from domain.channel import ConnectChannel
from domain.errors import LogIsBusy, Refused
from domain.group import CreateGroup, NobodyOnline
from domain.hours import BusinessHours, Span
from domain.operator import ChangeOperator, CreateOperator
from domain.passing import AdjustGroup, SetUpGroup
from domain.ports import Act
from domain.values import GroupId, Meta, OperatorId, Role, stream_of
from tests.simulation.nodes import Office
from tests.simulation.traffic import ACCOUNTS

META: Final = Meta("cli", "cli")
POLICIES: Final = ("least_busy", "round_robin", "most_skilled")
WEEK: Final = 7


@dataclass(slots=True)
class Shortest:
    """The shortest times that were ever set: nothing may have been due before them."""

    answer_within: timedelta = timedelta.max
    overflow_after: timedelta = timedelta.max


class Administration:
    def __init__(self, office: Office, operators: int, groups: int) -> None:
        self.operators: Final = [OperatorId(f"operator{n}") for n in range(operators)]
        self.groups: Final = [GroupId(f"group{n}") for n in range(groups)]
        self.shortest: Final = Shortest()
        self._office, self._rng = office, office.rng

    def found(self) -> None:
        """Set the company up."""
        do, rng = self._office.store.desk.submit_now, self._rng
        for group in self.groups:
            do(SetUpGroup(group_id=group, command=CreateGroup(name=group), meta=META))
        for account in ACCOUNTS:
            connect = ConnectChannel(
                name=account,
                channel=account,
                group_id=rng.choice([None, *self.groups]),
                fingerprint="f",
            )
            do(Ask(stream=stream_of("channel", account), command=connect, meta=META))
        for operator in self.operators:
            create = CreateOperator(
                email=f"{operator}@ipe.test",
                name=operator,
                role=Role.OPERATOR,
                skills=self._skills(),
                capacity=rng.randint(1, 6),
            )
            do(Ask(stream=stream_of("operator", operator), command=create, meta=META))
        if len(self.groups) > 1 and rng.random() < 0.5:
            self._let_overflow(*self.groups[:2])
        self._office.store.catch_up()
        self.restore()

    def _let_overflow(self, group: GroupId, to: GroupId) -> None:
        after = self._seconds(20, 60)
        self.shortest.overflow_after = after
        changes: dict[str, Any] = {
            "on_nobody_online": NobodyOnline.OVERFLOW,
            "overflow_to": to,
            "overflow_after": after,
        }
        act = AdjustGroup(group_id=group, changes=changes, meta=META)
        self._office.store.desk.submit_now(act)

    def restore(self) -> None:
        """Have the account as it is in a quiet office."""
        pace = self._office.climate.pace
        self._reconfigure(
            auto_assign=True,
            patience=timedelta(seconds=60 * pace),
            presence_grace=timedelta(seconds=60 * pace),
        )

    def change(self) -> None:
        """Change something."""
        rng = self._rng
        what = rng.choice((self._change_account, self._change_group, self._change_operator))
        what(rng.randrange(100))

    def _skills(self) -> dict[GroupId, int]:
        rng = self._rng
        return {group: rng.randint(1, 100) for group in self.groups if rng.random() < 0.6}

    def _seconds(self, *choices: float) -> timedelta:
        return timedelta(seconds=self._rng.choice(choices) * self._office.climate.pace)

    def _change_account(self, roll: int) -> None:
        rng = self._rng
        changes: tuple[dict[str, Any], ...] = (
            {"patience": self._seconds(10, 60, 300)},
            {"warmup": rng.randint(0, 5)},
            {"policy": rng.choice(POLICIES)},
            {"sticky": rng.choice((None, timedelta(hours=1)))},
            {"auto_assign": rng.random() < 0.8},
            {"answer_within": rng.choice((None, self._seconds(20, 60)))},
            {"reopen_within": timedelta(hours=rng.choice((0, 1, 48)))},
        )
        self._reconfigure(**changes[roll % len(changes)])

    def _reconfigure(self, **changes: Any) -> None:
        self._note_within(changes)
        self._ask(Reconfigure(changes=changes, meta=META))

    def _note_within(self, changes: dict[str, Any]) -> None:
        within = changes.get("answer_within")
        if within is not None:
            self.shortest.answer_within = min(within, self.shortest.answer_within)

    def _change_group(self, roll: int) -> None:
        rng, group = self._rng, self._rng.choice(self.groups)
        changes: tuple[dict[str, Any], ...] = (
            {"policy": rng.choice((None, *POLICIES))},
            {"patience": rng.choice((None, self._seconds(20, 120)))},
            {"hours": rng.choice((None, self._hours()))},
            {"clock_in_hours": rng.random() < 0.5},
            {"may_exceed_capacity": rng.random() < 0.5},
            {"answer_within": rng.choice((None, self._seconds(15, 40)))},
            {"sticky": rng.choice((None, timedelta(0), timedelta(minutes=30)))},
            self._overflow(),
        )
        chosen = changes[roll % len(changes)]
        self._note_within(chosen)
        self._ask(AdjustGroup(group_id=group, changes=chosen, meta=META))

    def _overflow(self) -> dict[str, Any]:
        if self._rng.random() < 0.4:
            return {"on_nobody_online": self._rng.choice((NobodyOnline.QUEUE, NobodyOnline.REFUSE))}
        after = self._seconds(20, 60)
        self.shortest.overflow_after = min(after, self.shortest.overflow_after)
        return {
            "on_nobody_online": NobodyOnline.OVERFLOW,
            "overflow_to": self._rng.choice(self.groups),
            "overflow_after": after,
        }

    def _hours(self) -> BusinessHours:
        """Return hours that open and close while the world lasts."""
        start = self._rng.randint(535, 560)
        spans = tuple(Span(at, at + 4) for at in range(start, start + 60, 8))
        return BusinessHours(time_zone="UTC", week=(spans,) * WEEK)

    def _change_operator(self, roll: int) -> None:
        rng, operator = self._rng, self._rng.choice(self.operators)
        changes: tuple[ChangeOperator, ...] = (
            ChangeOperator(capacity=rng.randint(0, 6)),
            ChangeOperator(capacity=rng.randint(3, 8)),
            ChangeOperator(skills=self._skills()),
            ChangeOperator(role=rng.choice((Role.AUDITOR, Role.SUPERVISOR, Role.OPERATOR))),
            ChangeOperator(active=rng.random() < 0.7),
        )
        command = changes[roll % len(changes)]
        if command.capacity is not None:
            load = self._office.store.judge.load(operator)
            self._office.sometimes["capacity_below_the_load"] += command.capacity < load
        self._ask(Ask(stream=stream_of("operator", operator), command=command, meta=META))
        if rng.random() < 0.1:
            self._empty_group()

    def _empty_group(self) -> None:
        """Have nobody be in a group any more."""
        group = self._rng.choice(self.groups)
        for operator in self.operators:
            groups = self._office.store.judge.seats[operator].groups
            left: dict[GroupId, int] = {GroupId(g): 50 for g in sorted(groups) if g != group}
            command = ChangeOperator(skills=left)
            self._ask(Ask(stream=stream_of("operator", operator), command=command, meta=META))

    def _ask(self, act: Act) -> None:
        try:
            self._office.store.do(act)
        except Refused as error:
            self._office.sometimes[f"refused_{type(error).__name__}"] += 1
        except LogIsBusy:
            self._office.loop.call_later(2.0, self._ask, act)
