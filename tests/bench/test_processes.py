"""What is read about processes is about those processes."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from deploy.bench import processes
from deploy.bench.workers import beside


@pytest.fixture
def busy() -> Iterator[int]:
    """A process that works, and has a child that sleeps."""
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print('up', flush=True)\n"
        "end = time.process_time() + 0.2\n"
        "while time.process_time() < end: pass\n"
        "print('done', flush=True)\n"
        "sys.stdin.read()\n"
        "child.kill(); child.wait()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        for _ in range(2):
            process.stdout.readline()
        yield process.pid
        process.stdin.close()
        process.wait(10)


def test_a_family_is_a_process_and_all_below_it(busy: int) -> None:
    assert busy in processes.family(os.getpid())
    parent, child = processes.family(busy)
    assert parent == busy
    assert processes.part_of(child).startswith("python")


def test_processor_time_is_that_of_who_worked(busy: int) -> None:
    _, sleeper = processes.family(busy)
    assert processes.cpu_seconds([busy]) >= 0.15
    assert processes.cpu_seconds([sleeper]) < processes.cpu_seconds([busy])


def test_shared_memory_counts_in_part(busy: int) -> None:
    assert 0 < processes.proportional_kib(busy) <= processes.resident_kib(busy)


def test_of_who_has_ended_nothing_is_counted() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        assert processes.part_of(process.pid) == "ended"
    assert processes.cpu_seconds([process.pid]) == 0
    assert processes.proportional_kib(process.pid) == 0


def test_a_worker_keeps_to_its_core_and_we_do_not() -> None:
    ours, (core, _) = os.sched_getaffinity(0), processes.cores()
    with beside(core) as pool:
        assert pool.submit(os.sched_getaffinity, 0).result() == {core}
    assert os.sched_getaffinity(0) == ours
