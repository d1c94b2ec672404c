"""`python -m outcry.demo URL`: fills a running server with the sample world and lets its people bid."""

import asyncio
import contextlib
import signal
import sys

import httpx

from outcry.demo.crowd import Crowd
from outcry.demo.orders import CARD, SHOWN
from outcry.demo.seed import SeedReport, seed_world
from outcry.demo.world import EMAIL_DOMAIN, PASSWORD, World, sample_world

REQUEST_SECONDS = 30


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=REQUEST_SECONDS)


async def _world_of(client: httpx.AsyncClient) -> World:
    return sample_world()


def _made(report: SeedReport) -> str:
    if report.listings == 0:
        return "all of it was there"
    return f"{report.listings} listings and {report.auctions} auctions made in {report.seconds} s"


def _tell(url: str, report: SeedReport) -> None:
    print(
        f"\n  The sample world is ready ({_made(report)}).\n"
        f"  Look:    {url}/        API: {url}/docs        Mail and SMS: {url}/dev/outbox\n"
        f"  Sign in, password {PASSWORD}, card {' '.join(CARD[at : at + 4] for at in range(0, len(CARD), 4))}:",
        flush=True,
    )
    for key, words in SHOWN:
        print(f"    {f'{key}@{EMAIL_DOMAIN}':19} {words}", flush=True)
    print(flush=True)
    for fault in report.faults:
        print(f"  note: {fault}", file=sys.stderr, flush=True)


async def seed_only(url: str) -> int:
    """Fill the server and stop; the exit code."""
    async with _client(url) as client:
        report = await seed_world(client, await _world_of(client))
    _tell(url, report)
    return 1 if report.faults else 0


async def run(url: str) -> None:
    """Fill the server, then bid until told to stop; bidding begins while the rest is still being filled in."""
    async with _client(url) as client, _client(url) as crowd_client:
        world = await _world_of(client)
        crowd = asyncio.create_task(Crowd(crowd_client, world).run())
        _tell(url, await seed_world(client, world))
        await crowd


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(run(sys.argv[1]))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        loop.run_until_complete(task)


if __name__ == "__main__":
    main()
