"""Hatch's build hook: a wheel or source archive holds the web client, built first when it is missing or old."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ClientHook(BuildHookInterface):  # type: ignore[type-arg]
    """An editable install serves the checkout's own client, so it needs nothing here."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatch before it collects files. Raises BuildFailed."""
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root) / "scripts"))
        try:
            import build_client
        finally:
            sys.path.pop(0)
        build_client.ensure(Path(self.root))
