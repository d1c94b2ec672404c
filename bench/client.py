"""The built web client, and Node for what is measured with it: by the project's own script."""

from pathlib import Path

from scripts import build_client as script

from bench.load import ROOT


def build_client() -> None:
    """Build the client that the served pages load, unless it is current. Raises BuildFailed."""
    script.ensure(ROOT)


def node_with(folder: Path) -> Path:
    """A Node that is new enough, with the packages of `folder`'s lock installed there. Raises BuildFailed."""
    node = script.find_node(ROOT)
    script.install(folder, node)
    return node
