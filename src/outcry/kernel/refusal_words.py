"""A decoder's refusal in words for people (SPEC API-2): "must have at least 5 characters". Pure."""

import re

_KINDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_LENGTH = re.compile(r"Expected `(str|array|object|bytes)` of length (>=|<=|==) (\d+)")
_BOUND = re.compile(r"Expected `(?:int|float)` (>=|<=|>|<) (-?[\d.]+)")
_KIND = re.compile(r"Expected `([\w |]+)`")
_AMOUNT = {">=": "at least", "<=": "at most", "==": "exactly"}
_BEYOND = {">=": "at least", "<=": "at most", ">": "above", "<": "below"}
# In the order of the question: a text that is too long is also "Expected `str`".
_FIXED = (
    ("Object missing required field", "is required"),
    ("Object contains unknown field", "is not a field of this request"),
    ("Invalid enum value", "is not one of the possible values"),
    ("matching regex", "does not have the form it must have"),
    ("multiple of", "is not one of the possible steps"),
    ("Invalid UUID", "is not an id"),
    ("Invalid RFC3339", "is not an RFC 3339 time"),
)


def plain_words(message: str) -> str:
    """What the field breaks, as a predicate without the field's name. Words that are not the decoder's stay."""
    for start, words in _FIXED:
        if start in message:
            return words
    if length := _LENGTH.search(message):
        kind, comparison, count = length.groups()
        things = "character" if kind == "str" else "entry"
        many = f"{things[:-1]}ies" if things.endswith("y") else f"{things}s"
        return f"must have {_AMOUNT[comparison]} {count} {things if count == '1' else many}"
    if bound := _BOUND.search(message):
        comparison, value = bound.groups()
        return f"must be {_BEYOND[comparison]} {value.removesuffix('.0')}"
    if kind_named := _KIND.match(message):
        kinds = [_KINDS.get(kind, kind) for kind in kind_named[1].split(" | ")]
        return f"must be {' or '.join(kinds)}"
    return message
