"""This process's idea of the time is the database's, whatever this machine's wall clock says."""

from datetime import timedelta

import pytest

from outcry.kernel.clock import Timekeeper
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.ids import new_id, new_ids
from outcry.kernel.times import learn_time, monotonic_us, now_us, unix_seconds, utc_now

pytestmark = pytest.mark.anyio
HOUR_US = 3_600_000_000


@pytest.mark.parametrize("wrong_us", [HOUR_US, -HOUR_US])
async def test_the_time_is_the_databases(database_url: str, wrong_us: int) -> None:
    database = Database(database_url)
    timekeeper = Timekeeper(database)
    learn_time(now_us() + wrong_us, monotonic_us())
    async with database.transaction(SYSTEM) as tx:
        before = await tx.scalar("SELECT clock_timestamp()")
    await timekeeper.start()
    learnt, identity, seconds = utc_now(), new_id(), unix_seconds()
    async with database.transaction(SYSTEM) as tx:
        after = await tx.scalar("SELECT clock_timestamp()")
    # The time of the answer is known to half its round trip.
    near = timedelta(seconds=1)
    assert before - near < learnt < after + near
    assert abs(seconds - learnt.timestamp()) <= 1
    assert abs((identity.int >> 80) / 1_000 - learnt.timestamp()) <= 1
    assert abs(int(new_ids(1)[0][1].replace("-", "")[:12], 16) / 1_000 - learnt.timestamp()) <= 1
    await timekeeper.stop()
    await database.close()
