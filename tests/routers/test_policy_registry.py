"""Policies that other packages bring, good and broken (R4)."""

from importlib.metadata import EntryPoint

import pytest

from routers.policies import BUILT_IN
from routers.policies.base import Policy, Standing
from routers.policies.registry import GROUP, Registry, installed, known_policy


def fewest(standing: Standing) -> float:
    return standing.load


FEWEST = Policy("fewest", 3, fewest)
MISNAMED = Policy("something-else", 1, fewest)
TAKEN = Policy("least_busy", 9, fewest)
NO_VERSION = Policy("no_version", "1", fewest)  # type: ignore[arg-type]  # as a stranger might
NO_RANK = Policy("no_rank", 1, 5)  # type: ignore[arg-type]  # as a stranger might
STICKY = Policy("sticky", 1, fewest)


def entry(name: str, attribute: str, module: str = __name__) -> EntryPoint:
    return EntryPoint(name, f"{module}:{attribute}", GROUP)


def test_a_policy_of_another_package_can_be_set() -> None:
    registry = Registry([entry("fewest", "FEWEST")])
    assert registry.policies["fewest"] is FEWEST
    assert {*registry.policies} == {*BUILT_IN, "fewest"}
    (listed,) = [each for each in registry.listed() if each.name == "fewest"]
    assert (listed.version, listed.fault) == (3, None)


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (entry("gone", "GONE"), "AttributeError"),
        (entry("nowhere", "X", "no_such_module_anywhere"), "ModuleNotFoundError"),
        (entry("a_function", "fewest"), "it is no"),
        (entry("misnamed", "MISNAMED"), "it calls itself 'something-else'"),
        (entry("least_busy", "TAKEN"), "its name is taken"),
        (entry("sticky", "STICKY"), "its name is taken"),
        (entry("no_version", "NO_VERSION"), "version"),
        (entry("no_rank", "NO_RANK"), "rank"),
    ],
)
def test_one_that_cannot_be_loaded_is_listed_and_harms_nobody(
    broken: EntryPoint, fault: str
) -> None:
    registry = Registry([broken, entry("fewest", "FEWEST")])
    assert {*registry.policies} == {*BUILT_IN, "fewest"}
    assert registry.policies["least_busy"] is BUILT_IN["least_busy"]
    (listed,) = [each for each in registry.listed() if each.fault is not None]
    assert listed.name == broken.name
    assert fault in (listed.fault or "")


def test_only_what_is_installed_may_be_set() -> None:
    assert known_policy("most_skilled") == "most_skilled"
    with pytest.raises(ValueError, match="there are least_busy, round_robin, most_skilled"):
        known_policy("random")
    assert installed() is installed()
