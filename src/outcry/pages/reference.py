"""The API reference page, made from the OpenAPI document alone."""

from typing import Any

import msgspec

MAX_DEPTH = 6
_METHODS = ("get", "post", "put", "patch", "delete")


class Call(msgspec.Struct, frozen=True):
    """One operation as the page shows it."""

    method: str
    path: str
    path_names: list[str]
    summary: str
    description: str
    parameters: list[dict[str, Any]]
    body: str
    status: str
    answer: str
    refusals: str


def tags_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Operations by tag, in the document's order."""
    tags: dict[str, list[Call]] = {}
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            operation = item.get(method)
            if operation is not None:
                tags.setdefault((operation.get("tags") or ["Other"])[0], []).append(
                    _call(document, path, method, operation)
                )
    return [{"name": name, "slug": name.lower().replace(" ", "-"), "calls": calls} for name, calls in tags.items()]


def _call(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Call:
    answers = operation.get("responses", {})
    good = next((code for code in answers if code.startswith("2")), "")
    parameters = operation.get("parameters", [])
    content = operation.get("requestBody", {}).get("content", {})
    return Call(
        method=method,
        path=path,
        path_names=[one["name"] for one in parameters if one["in"] == "path"],
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=[
            {
                "name": one["name"],
                "where": one["in"],
                "required": one.get("required", False),
                "kind": _kind(document, one.get("schema", {})),
            }
            for one in parameters
        ],
        body=_example(document, content),
        status=good,
        answer=_example(document, answers.get(good, {}).get("content", {})),
        refusals=", ".join(code for code in answers if not code.startswith("2")) or "none of its own",
    )


def _example(document: dict[str, Any], content: dict[str, Any]) -> str:
    schema = content.get("application/json", {}).get("schema")
    if schema is None:
        return ""
    return msgspec.json.format(msgspec.json.encode(_sample(document, schema, 0)), indent=2).decode()


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "")
    if not reference:
        return schema
    return document["components"]["schemas"].get(reference.rpartition("/")[2], {})


def _first(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    schema = _resolved(document, schema)
    for choice in schema.get("oneOf", []) or schema.get("anyOf", []):
        if choice.get("type") != "null":
            return _first(document, choice)
    return schema


def _sample(document: dict[str, Any], schema: dict[str, Any], depth: int) -> Any:
    schema = _first(document, schema)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "string")
    if kind == "object" or "properties" in schema:
        if depth >= MAX_DEPTH:
            return {}
        return {name: _sample(document, one, depth + 1) for name, one in schema.get("properties", {}).items()}
    if kind == "array":
        return [_sample(document, schema.get("items", {}), depth + 1)] if depth < MAX_DEPTH else []
    samples: dict[str, Any] = {"integer": 1, "number": 1.5, "boolean": True}
    if kind in samples:
        return samples[kind]
    formats = {"uuid": "0198c0de-0000-7000-8000-000000000000", "date-time": "2026-01-31T12:00:00.000Z"}
    return formats.get(schema.get("format", ""), "text")


def _kind(document: dict[str, Any], schema: dict[str, Any]) -> str:
    schema = _first(document, schema)
    words = str(schema.get("format") or schema.get("type") or "any")
    if schema.get("enum"):
        words = " | ".join(str(one) for one in schema["enum"])
    return words
