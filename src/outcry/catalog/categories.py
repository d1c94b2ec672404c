"""The category tree and its attribute schemas (SPEC CAT-2): data in, checks out."""

import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any

import msgspec
from jsonschema import Draft202012Validator
from sqlalchemy import text

from outcry.kernel.database import Transaction
from outcry.kernel.errors import FieldError, InvalidInput, NotFound

MAX_ATTRIBUTES = 40
_MAX_SCHEMAS = 500


class CategoryNotFound(NotFound):
    """No such category."""

    title = "There is no such category"


class CategoryView(msgspec.Struct, frozen=True):
    """A category with the JSON Schema of its listings' attributes."""

    slug: str
    name: str
    parent: str | None
    attribute_schema: dict[str, Any]
    children: list["CategoryView"]


class CategoryList(msgspec.Struct, frozen=True):
    """The tree's roots in order."""

    items: list[CategoryView]


def shipped_categories() -> list[dict[str, Any]]:
    """The categories that come with Outcry, as rows."""
    source = tomllib.loads(resources.files("outcry.catalog").joinpath("categories.toml").read_text())
    rows: list[dict[str, Any]] = []
    for position, (slug, entry) in enumerate(source.items()):
        free = {"type": ["string", "number", "boolean"], "maxLength": 200}
        schema = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": entry["attributes"],
            "required": entry["required"],
            "additionalProperties": free if entry.get("free") else False,
            "maxProperties": MAX_ATTRIBUTES,
        }
        rows.append(
            {
                "slug": slug,
                "parent": entry.get("parent"),
                "name": entry["name"],
                "position": position,
                "schema": msgspec.json.encode(schema).decode(),
            }
        )
    return rows


async def seed(tx: Transaction) -> None:
    """Add the shipped categories that are missing; ones that an operator changed stay."""
    await tx.run(
        text(
            "INSERT INTO categories (slug, parent, name, position, attribute_schema)"
            " VALUES (:slug, :parent, :name, :position, CAST(:schema AS json)) ON CONFLICT (slug) DO NOTHING"
        ),
        shipped_categories(),
    )


async def tree(tx: Transaction) -> list[CategoryView]:
    """All categories as a tree."""
    rows = await tx.all("SELECT * FROM categories ORDER BY position, slug")
    below: dict[str | None, list[Any]] = {}
    for row in rows:
        below.setdefault(row.parent, []).append(row)

    def branch(parent: str | None) -> list[CategoryView]:
        return [
            CategoryView(row.slug, row.name, row.parent, row.attribute_schema, branch(row.slug))
            for row in below.get(parent, [])
        ]

    return branch(None)


async def read(tx: Transaction, slug: str) -> CategoryView:
    """One category with what is below it. Raises CategoryNotFound."""
    stack = await tree(tx)
    while stack:
        found = stack.pop()
        if found.slug == slug:
            return found
        stack.extend(found.children)
    raise CategoryNotFound()


@lru_cache(_MAX_SCHEMAS)
def _validator(schema_json: str) -> Draft202012Validator:
    return Draft202012Validator(msgspec.json.decode(schema_json))


def check_attributes(schema: dict[str, Any], attributes: dict[str, Any]) -> None:
    """Raises InvalidInput naming every attribute that breaks the category's schema."""
    wrong: list[FieldError] = []
    for error in _validator(msgspec.json.encode(schema, order="sorted").decode()).iter_errors(attributes):
        path = "/attributes" + "".join(f"/{part}" for part in error.absolute_path)
        if error.validator == "additionalProperties":
            unknown = sorted(set(attributes) - set(schema["properties"]))
            wrong += [FieldError(f"{path}/{name}", "is not an attribute of this category") for name in unknown]
        elif error.validator == "required":
            missing = sorted(set(schema["required"]) - set(attributes))
            wrong += [FieldError(f"{path}/{name}", "is required in this category") for name in missing]
        else:
            wrong.append(FieldError(path, error.message))
    if wrong:
        raise InvalidInput(*dict.fromkeys(wrong))
