"""Figures are read from small histograms and written to one file by section; both must be exact enough to trust."""

import random
from pathlib import Path

import pytest
from bench.engine import Workload
from bench.rivals.design import INCREMENT, STARTING_PRICE
from bench.stats import Figures, Histogram, Results, middle, number, spread, together


def test_percentiles_are_right_to_one_per_cent() -> None:
    chance = random.Random(3)
    latencies = sorted(chance.expovariate(200) for _ in range(10_000))
    histogram = Histogram.of(latencies)

    for percent in (50, 90, 99):
        exact = latencies[int(len(latencies) * percent / 100) - 1] * 1_000
        assert histogram.percentile_ms(percent) == pytest.approx(exact, rel=0.011)
    assert histogram.percentile_ms(100) == latencies[-1] * 1_000


def test_figures_of_processes_add_up() -> None:
    parts = [
        Figures(2.0, accepted=3, refused=1, latency=Histogram.of([0.001] * 4)),
        Figures(2.0, accepted=1, refused=1, failed=1, latency=Histogram.of([0.004] * 2), first_failure="busy"),
    ]
    whole = together(parts)

    assert (whole.accepted, whole.refused, whole.failed, whole.first_failure) == (4, 2, 1, "busy")
    assert whole.decided_per_second == 3.0
    assert whole.latency.count == 6
    assert whole.p99_ms == pytest.approx(4.0, rel=0.011)


def test_medians_are_of_runs() -> None:
    runs = [Figures(1.0, accepted=each) for each in (900, 100, 500)]

    assert middle(runs, lambda run: run.decided_per_second) == 500
    assert spread(runs, lambda run: run.decided_per_second) == "500 (100-900)"
    assert number(12_345.6) == "12,346"


def test_one_section_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    results = Results(tmp_path / "RESULTS.md", ["machine", "engine"])
    results.write("engine", "Engine", "old")
    results.write("later", "Later", "kept")
    results.write("machine", "Machine", "two cores")
    results.write("engine", "Engine", "new")

    text = (tmp_path / "RESULTS.md").read_text()
    assert "old" not in text
    assert text.index("two cores") < text.index("new") < text.index("kept")


def test_rising_bids_top_every_earlier_offer_and_watching_bids_every_acceptance() -> None:
    rising = Workload(1, "rising", seed=1)
    assert [rising.next_bid()[1] for _ in range(3)] == [STARTING_PRICE + INCREMENT * n for n in range(3)]

    watching = Workload(1, "watching", seed=1)
    assert [watching.next_bid()[1] for _ in range(2)] == [STARTING_PRICE] * 2
    watching.accepted(0, STARTING_PRICE)
    assert watching.next_bid()[1] == STARTING_PRICE + INCREMENT


def test_the_workload_is_the_same_for_the_same_seed() -> None:
    def bids(seed: int) -> list[tuple[int, int]]:
        workload = Workload(50, "rising", seed)
        return [workload.next_bid() for _ in range(200)]

    assert bids(4) == bids(4)
    assert bids(4) != bids(5)
