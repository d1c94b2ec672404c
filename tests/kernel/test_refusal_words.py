"""What a decoder refuses is told in words for people, naming the rule."""

from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta, Struct, field

from outcry.kernel.http import invalid_body
from outcry.kernel.refusal_words import plain_words


class Colour(StrEnum):
    RED = "red"


class Asked(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=2, max_length=5)]
    one: Annotated[str, Meta(min_length=1)] = "x"
    amount: Annotated[int, Meta(ge=1, le=9)] = 1
    share: Annotated[float, Meta(gt=0)] = 1.0
    code: Annotated[str, Meta(pattern="^[0-9]$")] = "1"
    kind: Literal["a", "b"] = "a"
    colour: Colour = Colour.RED
    sure: bool = True
    tags: Annotated[list[str], Meta(max_length=1)] = field(default_factory=list[str])
    note: str | None = None
    id: UUID | None = None


@pytest.mark.parametrize(
    ("asked", "name", "words"),
    [
        ({}, "/name", "is required"),
        ({"name": "x"}, "/name", "must have at least 2 characters"),
        ({"name": "xxxxxx"}, "/name", "must have at most 5 characters"),
        ({"name": "xx", "one": ""}, "/one", "must have at least 1 character"),
        ({"name": 5}, "/name", "must be a text"),
        ({"name": "xx", "amount": 0}, "/amount", "must be at least 1"),
        ({"name": "xx", "amount": 10}, "/amount", "must be at most 9"),
        ({"name": "xx", "amount": 1.5}, "/amount", "must be a whole number"),
        ({"name": "xx", "share": 0}, "/share", "must be above 0"),
        ({"name": "xx", "code": "a"}, "/code", "does not have the form it must have"),
        ({"name": "xx", "kind": "c"}, "/kind", "is not one of the possible values"),
        ({"name": "xx", "colour": "blue"}, "/colour", "is not one of the possible values"),
        ({"name": "xx", "sure": 1}, "/sure", "must be true or false"),
        ({"name": "xx", "tags": ["a", "b"]}, "/tags", "must have at most 1 entry"),
        ({"name": "xx", "tags": [1]}, "/tags/0", "must be a text"),
        ({"name": "xx", "note": 1}, "/note", "must be a text or null"),
        ({"name": "xx", "id": "7"}, "/id", "is not an id"),
        ({"name": "xx", "size": 1}, "/size", "is not a field of this request"),
    ],
)
def test_each_rule_has_its_words_and_its_field(asked: dict[str, Any], name: str, words: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(asked, Asked)
    (told,) = invalid_body(refused.value).members["errors"]
    assert (told["field"], told["message"]) == (name, words)


def test_words_that_are_ours_stay() -> None:
    assert plain_words("must not be below starting_price") == "must not be below starting_price"
