"""Figures: what a run counted, percentiles, medians over interleaved runs, and RESULTS.md by named sections."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Self

import msgspec

# Buckets grow by 1%, so a percentile read from a histogram is right to 1%.
_BUCKET_GROWTH = math.log(1.01)
_SMALLEST_SECONDS = 1e-6


class Histogram(msgspec.Struct):
    """Latencies by bucket; small, mergeable, and it travels between processes as JSON."""

    buckets: dict[int, int] = {}
    count: int = 0
    largest_seconds: float = 0.0

    def add(self, seconds: float, times: int = 1) -> None:
        """Count one latency (`times` times)."""
        bucket = int(math.log(max(seconds, _SMALLEST_SECONDS) / _SMALLEST_SECONDS) / _BUCKET_GROWTH)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + times
        self.count += times
        self.largest_seconds = max(self.largest_seconds, seconds)

    @classmethod
    def of(cls, latencies_seconds: Iterable[float]) -> Self:
        """The histogram of `latencies_seconds`."""
        histogram = cls()
        for seconds in latencies_seconds:
            histogram.add(seconds)
        return histogram

    @classmethod
    def merged(cls, parts: Iterable["Histogram"]) -> Self:
        """The histogram of several processes together."""
        whole = cls()
        for part in parts:
            for bucket, times in part.buckets.items():
                whole.buckets[bucket] = whole.buckets.get(bucket, 0) + times
            whole.count += part.count
            whole.largest_seconds = max(whole.largest_seconds, part.largest_seconds)
        return whole

    def percentile_ms(self, percent: float) -> float:
        """The latency in milliseconds that `percent` of the counted stay within; nan when nothing was counted."""
        if not self.count:
            return math.nan
        wanted = math.ceil(self.count * percent / 100)
        for bucket in sorted(self.buckets):
            wanted -= self.buckets[bucket]
            if wanted <= 0:
                upper = _SMALLEST_SECONDS * math.exp((bucket + 1) * _BUCKET_GROWTH)
                return min(upper, self.largest_seconds) * 1_000
        return self.largest_seconds * 1_000


class Figures(msgspec.Struct):
    """What one run counted. `decided` is accepted and refused together; failures are neither."""

    seconds: float
    accepted: int = 0
    refused: int = 0
    failed: int = 0
    latency: Histogram = msgspec.field(default_factory=Histogram)
    first_failure: str = ""
    app_cpu_us: float | None = None
    """Processor time of the deciding process for each decision; in-process loads are in it."""
    database_cpu_us: float | None = None
    """Processor time of PostgreSQL for each decision."""
    offered: int = 0
    """Open loop only: how many bids the schedule called for."""

    @property
    def decided_per_second(self) -> float:
        return (self.accepted + self.refused) / self.seconds

    @property
    def accepted_per_second(self) -> float:
        return self.accepted / self.seconds

    @property
    def p50_ms(self) -> float:
        return self.latency.percentile_ms(50)

    @property
    def p99_ms(self) -> float:
        return self.latency.percentile_ms(99)


def together(parts: Sequence[Figures]) -> Figures:
    """Load processes that ran at the same time, as one."""
    return Figures(
        seconds=max(part.seconds for part in parts),
        accepted=sum(part.accepted for part in parts),
        refused=sum(part.refused for part in parts),
        failed=sum(part.failed for part in parts),
        latency=Histogram.merged(part.latency for part in parts),
        first_failure=next((part.first_failure for part in parts if part.first_failure), ""),
        offered=sum(part.offered for part in parts),
    )


def middle(runs: Sequence[Figures], figure: Callable[[Figures], float]) -> float:
    """The median of one figure over several runs."""
    return median(figure(run) for run in runs)


def spread(runs: Sequence[Figures], figure: Callable[[Figures], float]) -> str:
    """The median with the lowest and highest run: `3,811 (3,702-3,904)`."""
    values = sorted(figure(run) for run in runs)
    if len(values) == 1:
        return number(values[0])
    return f"{number(median(values))} ({number(values[0])}-{number(values[-1])})"


def number(value: float) -> str:
    """Thousands with commas, small numbers with one or two decimals."""
    if math.isnan(value):
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; numbers are formatted by `number`."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "|".join("---" for _ in heads) + "|"]
    for row in rows:
        cells = [number(cell) if isinstance(cell, int | float) else str(cell) for cell in row]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


class Results:
    """RESULTS.md: named sections in a fixed order; writing one leaves the others as they are."""

    def __init__(self, path: Path, order: Sequence[str]) -> None:
        self.path = path
        self._order = list(order)

    def write(self, name: str, title: str, body: str) -> None:
        """Replace or add the section `name`."""
        sections = self._read()
        sections[name] = f"## {title}\n\n{body.strip()}\n"
        known = [each for each in self._order if each in sections]
        known += sorted(each for each in sections if each not in self._order)
        text = "# Results\n\nWritten by `python -m bench`; each section is replaced when its benchmark is run again.\n"
        for each in known:
            text += f"\n<!-- section {each} -->\n{sections[each]}<!-- end {each} -->\n"
        self.path.write_text(text)

    def _read(self) -> dict[str, str]:
        if not self.path.exists():
            return {}
        found = re.finditer(r"<!-- section (\S+) -->\n(.*?)<!-- end \1 -->\n", self.path.read_text(), re.DOTALL)
        return {match[1]: match[2] for match in found}
