"""Money in chaos (laws 1 and 2): server and PostgreSQL killed while many people trade, webhooks doubled and shuffled.

`OUTCRY_CHAOS_OPERATIONS`, `OUTCRY_CHAOS_PEOPLE` and `OUTCRY_CHAOS_KILLS` scale it; by default it is small enough for
every run. `python -m bench money_chaos` is the large one.
"""

import os

import pytest

from tests.support.chaos import storm
from tests.support.chaos.stories import MOVEMENTS

pytestmark = pytest.mark.anyio
PLAN = storm.Plan(
    operations=int(os.environ.get("OUTCRY_CHAOS_OPERATIONS", "300")),
    people=int(os.environ.get("OUTCRY_CHAOS_PEOPLE", "12")),
    kills=int(os.environ.get("OUTCRY_CHAOS_KILLS", "2")),
)


async def test_nothing_is_lost_doubled_or_negative_whatever_is_killed() -> None:
    report = await storm.run(PLAN)
    assert {name: found for name, found in report.faults.items() if found} == {}
    assert report.operations >= PLAN.operations
    assert len(report.kills) == PLAN.kills
    # It was about something: money moved in every way there is, and the news of it came again and out of order.
    assert report.movements >= MOVEMENTS
    assert report.webhooks.copies > report.webhooks.told
    assert report.webhooks.overtaken > 0
