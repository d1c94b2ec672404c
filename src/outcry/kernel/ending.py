"""An end that comes: whatever does not stop must not keep the process, and all that stops after it, from ending."""

import asyncio
import logging
from collections.abc import Awaitable

STOP_SECONDS = 15.0

_log = logging.getLogger("outcry.ending")


async def ended(name: str, stopping: Awaitable[object], *, within_seconds: float = STOP_SECONDS) -> None:
    """Wait for `stopping`; what takes longer is called off and named in the log.

    Everything durable is in the database, so that a part that did not end cleanly is like one that was killed.
    """
    task = asyncio.ensure_future(stopping)
    done, _ = await asyncio.wait([task], timeout=within_seconds)
    if done:
        task.result()
        return
    _log.error("%s did not end within %.0f s and is left behind", name, within_seconds)
    task.cancel()
