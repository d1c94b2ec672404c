"""The settings table of the guide, made from the code: `python -m outcry.kernel.settings_table`."""

import types
from typing import Any, Literal, get_args, get_origin

import msgspec

from outcry.kernel.settings import FIELDS, PREFIX


def rows() -> list[tuple[str, str, str, str]]:
    """`(name, kind, default, description)` of every setting, in order."""
    listed: list[tuple[str, str, str, str]] = []
    for name, field in FIELDS.items():
        kind, meta = get_args(field.type)[0], field.type.__metadata__[0]
        default = "" if field.default in ("", None) else str(field.default)
        listed.append((f"{PREFIX}{name.upper()}", _kind(kind, meta), default, meta.description))
    return listed


def _kind(kind: Any, meta: msgspec.Meta) -> str:
    if get_origin(kind) is Literal:
        return " \\| ".join(get_args(kind))
    if isinstance(kind, types.UnionType):
        kind = get_args(kind)[0]
    words = {int: "integer", str: "text"}.get(kind, str(kind))
    bounds = [f"≥ {meta.ge}"] if meta.ge is not None else []
    bounds += [f"≤ {meta.le}"] if meta.le is not None else []
    return f"{words} {', '.join(bounds)}".strip()


def document() -> str:
    """docs/guide/settings.md."""
    lines = [
        "# Settings",
        "",
        "From the environment (`OUTCRY_NAME`), over `outcry.toml` (`name = value`; another file by `OUTCRY_CONFIG`), "
        "over these defaults. An unknown name or a value out of bounds stops the start with a sentence that says why.",
        "",
        "This table is made by `python -m outcry.kernel.settings_table`; a test keeps it true.",
        "",
        "| setting | kind | default | what it does |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{name}` | {kind} | {f'`{default}`' if default else ''} | {words} |"
        for name, kind, default, words in rows()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(document(), end="")
