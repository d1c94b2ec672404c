"""Building the web client: once for each state of web/, with the machine's Node or the wheel's, into every wheel."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from scripts import build_client

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = """{"name": "client", "version": "1.0.0", "private": true, "scripts": {"build": "node build.mjs"}}"""
LOCK = """{"name": "client", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "client"}}}"""
# Counts its runs, so that a build too many shows.
BUILD = """
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
mkdirSync("dist/assets", { recursive: true });
appendFileSync("../builds", "built\\n");
writeFileSync("dist/assets/a.js", "export {};\\n".repeat(200));
writeFileSync("dist/index.html", `<head></head><div id="root"></div>${readFileSync("src.txt", "utf8")}`);
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a web client that needs nothing from npm."""
    (tmp_path / "src" / "outcry").mkdir(parents=True)
    (tmp_path / "scripts").mkdir()
    for name in ("build_client.py", "precompress.mjs", "hatch_client.py"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts")
    web = tmp_path / "web"
    web.mkdir()
    (web / "package.json").write_text(PACKAGE)
    (web / "package-lock.json").write_text(LOCK)
    (web / "build.mjs").write_text(BUILD)
    (web / "src.txt").write_text("first")
    return tmp_path


def test_it_is_built_when_something_changed_and_only_then(checkout: Path) -> None:
    client = checkout / "src" / "outcry" / "client"
    assert build_client.ensure(checkout)
    assert (client / "index.html").read_text().endswith("first")
    plain = (client / "assets" / "a.js").stat().st_size
    assert 0 < (client / "assets" / "a.js.br").stat().st_size < plain
    assert 0 < (client / "assets" / "a.js.gz").stat().st_size < plain
    assert not build_client.ensure(checkout)
    (checkout / "web" / "src.txt").write_text("second")
    assert build_client.ensure(checkout)
    assert (client / "index.html").read_text().endswith("second")
    assert (checkout / "builds").read_text().count("built") == 2


def test_a_checkout_without_a_client_has_nothing_to_build(checkout: Path) -> None:
    shutil.rmtree(checkout / "web")
    assert not build_client.ensure(checkout)


def test_a_failure_is_told_and_leaves_the_old_client(checkout: Path) -> None:
    build_client.ensure(checkout)
    (checkout / "web" / "build.mjs").write_text("throw new Error('the reason')")
    command = [sys.executable, "scripts/build_client.py"]
    failed = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert (failed.returncode, "the reason" in failed.stderr) == (1, True)
    told = subprocess.run([*command, "--optional"], cwd=checkout, capture_output=True, text=True, check=False)
    assert (told.returncode, "was not built" in told.stderr) == (0, True)
    assert (checkout / "src" / "outcry" / "client" / "index.html").read_text().endswith("first")


def test_a_wheel_holds_the_client(checkout: Path) -> None:
    (checkout / "src" / "outcry" / "__init__.py").touch()
    for name in ("pyproject.toml", ".gitignore", "README.md"):
        shutil.copy(ROOT / name, checkout)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", "out"],
        cwd=checkout,
        check=True,
        capture_output=True,
    )
    (wheel,) = (checkout / "out").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"outcry/client/index.html", "outcry/client/assets/a.js", "outcry/client/assets/a.js.br"} <= set(names)
    # As uv and pip build it: from the source archive, which holds the client and need not build it again.
    (archive,) = (checkout / "out").glob("*.tar.gz")
    shutil.unpack_archive(archive, checkout / "unpacked", filter="data")
    (unpacked,) = (checkout / "unpacked").iterdir()
    assert not build_client.ensure(unpacked)
    assert (checkout / "builds").read_text().count("built") == 1


def test_the_lock_names_the_packages_of_every_platform() -> None:
    """`npm ci` refuses a lock that leaves one out, on whatever machine it was made."""
    packages: dict[str, dict[str, Any]] = json.loads((ROOT / "web" / "package-lock.json").read_text())["packages"]
    wanted = {name for package in packages.values() for name in package.get("optionalDependencies", {})}
    locked = {place.rpartition("node_modules/")[2] for place in packages}
    assert wanted <= locked, f"not in web/package-lock.json: {sorted(wanted - locked)}"
