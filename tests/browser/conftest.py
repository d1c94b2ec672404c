"""What browser tests share: the client as it is built now, a served market, a Chromium, people at it."""

import fcntl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser
from scripts import build_client

from tests.support.chromium import chromium
from tests.support.command import data_folder
from tests.support.market import TestMarket, served_market
from tests.support.postgres import cloned_database
from tests.support.visitors import DESKTOP, PHONE, Device, Visitors

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
PHOTOGRAPHS = CACHE / "browser"
_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def client_folder() -> Path:
    """The web client, built from web/ as it is."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "client.lock").open("w") as lock:
        # One test process builds; the others wait, and find it built.
        fcntl.flock(lock, fcntl.LOCK_EX)
        build_client.ensure(ROOT)
    return ROOT / "src" / "outcry" / "client"


@pytest.fixture(scope="session")
def axe(client_folder: Path) -> str:
    """The script of axe, which stands among the client's packages."""
    script = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
    with (CACHE / "client.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not script.is_file():
            build_client.install(ROOT / "web", build_client.find_node(ROOT))
    return script.read_text()


# For this package alone: what idles meanwhile would take time from the other tests of the process.
@pytest.fixture(scope="package")
async def browser() -> AsyncIterator[Browser]:
    """A Chromium of this test process."""
    async with chromium() as started:
        yield started


@pytest.fixture(scope="package")
async def market(
    template_url: str, client_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[TestMarket]:
    """The whole app with its client on a real socket; shared, so tests name what is theirs."""
    with cloned_database(template_url) as url:
        async with served_market(url, tmp_path_factory.mktemp("market"), client_dir=client_folder) as served:
            yield served


@pytest.fixture
async def visitors(browser: Browser, market: TestMarket, request: pytest.FixtureRequest) -> AsyncIterator[Visitors]:
    """Opens browsers on the market."""
    people = Visitors(browser, market.base_url)
    yield people
    if request.node.stash.get(_FAILED, False):
        await people.photograph(PHOTOGRAPHS, request.node.name)
    await people.leave()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder for a server process of the test's own."""
    with data_folder() as made:
        yield made


@pytest.fixture(params=[PHONE, DESKTOP], ids=lambda device: device.name)
def device(request: pytest.FixtureRequest) -> Device:
    """Each of the sizes that a test is run at."""
    return request.param
