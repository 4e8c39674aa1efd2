"""Suite: signed webhooks that are accepted, which is after they are committed."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from statistics import median
from typing import Final

import psycopg

from deploy.bench import processes
from deploy.bench.callers import Answers, Traffic, deliver
from deploy.bench.desk_alone import Done, Work, hand_in
from deploy.bench.failed import BenchFailed
from deploy.bench.place import Place, Program
from deploy.bench.report import Report, percentile
from deploy.bench.stock import THREADS, commit_one_by_one
from deploy.bench.suite import Scale
from deploy.bench.workers import beside

CALLERS: Final = (1, 8, 64)
CONNECTIONS: Final = 64
_NEW_EVERY: Final = 20
"""One in so many messages is of a client who never wrote before."""
_FASTEST: Final = 10_000
"""Messages a second that are made beforehand."""
_CHATS: Final = 2_000
_PAYLOAD: Final = (
    "SELECT avg(octet_length(state)) FROM recado_events WHERE topic = 'message-received.v1'"
)


@dataclass(slots=True)
class Rounds:
    stock: list[float] = field(default_factory=list)
    webhooks: list[Answers] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Microseconds of serve's processor time for each webhook."""
    desks: dict[int, list[Done]] = field(default_factory=lambda: {n: [] for n in CALLERS})
    sealed: list[Done] = field(default_factory=list)
    """The last of these, with what is personal sealed."""


def run(place: Place, scale: Scale) -> Report:
    """Measure webhooks over HTTP, the desk without it, and the stock recorder, in turns."""
    rounds, seconds = (1, 0.25) if scale.is_quick else (5, 4.0)
    place.have_open(100 if scale.is_quick else _CHATS)
    program, found = place.serving(), Rounds()
    measured, ours = processes.cores()
    processes.pin(program.pid, measured)
    url = program.urls.postgres
    payload, most = _payload(url), int(seconds * _FASTEST)
    with beside(None) as anywhere, beside(measured) as there, beside(ours) as here:
        for _ in range(rounds):
            # Every chat once: serve has forgotten them, as others wrote more than it follows.
            _deliver(place, program, here, len(place.open_clients))
            before = processes.cpu_seconds([program.pid])
            found.webhooks.append(answers := _deliver(place, program, here, most, seconds))
            used = processes.cpu_seconds([program.pid]) - before
            found.cpu.append(1e6 * used / answers.taken)
            stock = anywhere.submit(commit_one_by_one, url, payload, seconds)
            found.stock.append(stock.result())
            for callers, done in found.desks.items():
                work = _work(place, url, callers, seconds / 2)
                done.append(there.submit(hand_in, work).result())
            work = _work(place, url, CALLERS[-1], seconds / 2)
            work = replace(work, sealing=program.urls.sealing)
            found.sealed.append(there.submit(hand_in, work).result())
    return _report(found, payload)


def _payload(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(_PAYLOAD).fetchone()
    return int(row[0]) if row else 0


def _senders(place: Place, number: int) -> Sequence[int]:
    new = iter(place.new_clients(number // _NEW_EVERY + 1))
    known = islice(cycle(place.open_clients), number)
    return [next(new) if n % _NEW_EVERY == 0 else client for n, client in enumerate(known)]


def _deliver(
    place: Place,
    program: Program,
    pool: ProcessPoolExecutor,
    most: int,
    seconds: float | None = None,
) -> Answers:
    first, senders = place.messages(most), _senders(place, most)
    traffic = Traffic(program.address, first, senders, CONNECTIONS, seconds=seconds)
    answers = pool.submit(deliver, traffic).result()
    if answers.taken != len(answers.latencies):
        raise BenchFailed(f"webhooks were answered {dict(answers.statuses)}")
    return answers


def _work(place: Place, url: str, callers: int, seconds: float) -> Work:
    warm_up = len(place.open_clients)
    number = int(seconds * 2 * _FASTEST) + warm_up
    return Work(url, place.messages(number), _senders(place, number), callers, seconds, warm_up)


def _report(found: Rounds, payload: int) -> Report:
    report = Report("ingest")
    stock = median(found.stock)
    report.add(f"stock recorder, {THREADS} threads", found.stock, "events/s", ratio=1.0)
    webhooks = [one.per_second for one in found.webhooks]
    report.add(
        f"webhooks, {CONNECTIONS} connections",
        webhooks,
        "messages/s",
        least=3_000,
        ratio=median(webhooks) / stock,
        least_ratio=8,
    )
    for share in (50, 99):
        latencies = [1000 * percentile(one.latencies, share) for one in found.webhooks]
        report.add(f"webhooks, p{share}", latencies, "ms")
    report.add("webhooks, processor time of serve", found.cpu, "µs")
    for callers, done in found.desks.items():
        rates = [one.per_second for one in done]
        ratio = median(rates) / stock
        report.add(f"desk alone, {callers} callers", rates, "messages/s", ratio=ratio)
        slowest = [1000 * percentile(one.latencies, 99) for one in done]
        report.add(f"desk alone, {callers} callers, p99", slowest, "ms")
    _add_sealing(report, found)
    report.notes += [
        (
            f"each message is an event of {payload} bytes; one in {_NEW_EVERY} opens a chat:"
            " three events"
        ),
        "serve is on one core; who delivers is on the other one, with PostgreSQL",
        "delivered by our own caller: every status is looked at, no body is sent twice",
    ]
    return report


def _add_sealing(report: Report, found: Rounds) -> None:
    """Tell what sealing costs: the same desk in the same run, round by round in turns."""
    plain, most = found.desks[CALLERS[-1]], CALLERS[-1]
    sealed = [one.per_second for one in found.sealed]
    ratio = median(sealed) / median(one.per_second for one in plain)
    name = f"desk alone, {most} callers, sealed"
    report.add(name, sealed, "messages/s", ratio=ratio, least_ratio=0.8)
    each = [1e6 * one.used / one.messages for one in plain]
    each_sealed = [1e6 * one.used / one.messages for one in found.sealed]
    report.add("processor time of it, unsealed", each, "µs")
    report.add("the same, sealed", each_sealed, "µs", ratio=median(each_sealed) / median(each))
