"""What a figure says of itself."""

from hypothesis import given
from hypothesis import strategies as st

from deploy.bench.report import Figure, Report, percentile

numbers = st.floats(0, 1e9)


@given(st.lists(numbers, min_size=1), st.integers(1, 100))
def test_a_percentile_is_one_of_the_values_and_not_exceeded_by_its_share(
    values: list[float], share: int
) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= len(values) * share / 100


def test_a_figure_is_the_median_of_its_rounds() -> None:
    assert Figure("speed", [9.0, 1.0, 2.0], "m/s").value == 2.0


def test_a_figure_without_an_aim_reaches_none() -> None:
    assert Figure("speed", [1.0], "m/s").is_reached is None


def test_all_aims_must_be_reached() -> None:
    def reached(**aims: float) -> bool | None:
        return Figure("speed", [5.0], "m/s", **aims).is_reached

    assert reached(least=5)
    assert not reached(least=6)
    assert reached(most=5)
    assert not reached(most=4)
    assert reached(least=5, ratio=8.0, least_ratio=8)
    assert not reached(least=5, ratio=7.9, least_ratio=8)
    assert not reached(least=5, least_ratio=8)


def test_a_table_shows_spread_ratio_and_what_was_not_reached() -> None:
    report = Report("ingest", notes=["on one core"])
    report.add("webhooks", [900.0, 1_100.0, 1_000.0], "messages/s", least=3_000, ratio=2.0)
    table = report.table()
    for part in (
        "1,000 messages/s",
        "900 … 1,100",
        "2.00x",
        "≥ 3,000",
        "NOT reached",
        "on one core",
    ):
        assert part in table
