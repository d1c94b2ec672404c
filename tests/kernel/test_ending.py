"""Parts that do not stop do not keep the others from it."""

import asyncio

import pytest

from outcry.kernel.ending import ended

pytestmark = pytest.mark.anyio


async def test_what_never_ends_is_left_behind_and_named(caplog: pytest.LogCaptureFixture) -> None:
    release = asyncio.Event()

    async def never() -> None:
        # It does not even let itself be called off.
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    await ended("the clock", never(), within_seconds=0.01)
    assert "the clock did not end within" in caplog.text
    release.set()


async def test_what_fails_to_end_says_so() -> None:
    async def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await ended("the clock", fails())
