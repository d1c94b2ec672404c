"""A request's form checked against the parameter types of Stripe's official SDK: what they do not know is refused."""

import importlib
import re
import sys
import types
from collections.abc import Mapping
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin
from urllib.parse import parse_qsl

from stripe._request_options import RequestOptions
from typing_extensions import get_type_hints, is_typeddict

_PART = re.compile(r"\[([^\]]*)\]")


class WrongParameter(Exception):
    """What Stripe would answer 400 to."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"{code}: {name}")
        self.code, self.name = code, name


def nested(form: str) -> dict[str, Any]:
    """`a[b][0]=c` as {"a": {"b": {"0": "c"}}}; lists stay as dicts by place."""
    read: dict[str, Any] = {}
    for key, value in parse_qsl(form, keep_blank_values=True):
        head = key.partition("[")[0]
        parts = [head, *_PART.findall(key)]
        level = read
        for part in parts[:-1]:
            level = level.setdefault(part, {})
        level[parts[-1]] = value
    return read


def params_type(module: str, name: str) -> Any:
    """A TypedDict of `stripe.params`, such as ("_refund_create_params", "RefundCreateParams")."""
    return getattr(importlib.import_module(f"stripe.params.{module}"), name)


def check(given: Mapping[str, Any], kind: Any, path: str = "") -> None:
    """Raises WrongParameter for a name the type does not have, a missing one, or a value of another kind."""
    wanted = _hints(kind)
    for name, value in given.items():
        where = f"{path}[{name}]" if path else name
        if name not in wanted:
            raise WrongParameter("parameter_unknown", where)
        _check_value(value, wanted[name], where)
    for name, hint in wanted.items():
        if get_origin(hint) is not NotRequired and name not in given:
            raise WrongParameter("parameter_missing", f"{path}[{name}]" if path else name)


def _hints(kind: Any) -> dict[str, Any]:
    module = vars(sys.modules[kind.__module__])
    own = {name: hint for name, hint in kind.__annotations__.items() if name not in RequestOptions.__annotations__}
    return get_type_hints(types.SimpleNamespace(__annotations__=own), globalns=module, include_extras=True)


def _check_value(value: Any, hint: Any, where: str) -> None:
    if not _fits(value, hint, where):
        raise WrongParameter("parameter_invalid", where)


def _fits(value: Any, hint: Any, where: str) -> bool:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (NotRequired, Required):
        return _fits(value, arguments[0], where)
    if origin in (Union, types.UnionType):
        return any(_fits_quietly(value, one, where) for one in arguments)
    if origin is Literal:
        return value in arguments
    if is_typeddict(hint):
        if not isinstance(value, dict):
            return False
        check(value, hint, where)
        return True
    if origin is list:
        return isinstance(value, dict) and all(_fits(one, arguments[0], where) for one in value.values())
    if origin is dict:
        return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
    if hint is int:
        return isinstance(value, str) and value.lstrip("-").isdigit()
    if hint is bool:
        return value in ("true", "false")
    return hint is str and isinstance(value, str)


def _fits_quietly(value: Any, hint: Any, where: str) -> bool:
    # Of a union the one that is an object tells best what is wrong inside it.
    if is_typeddict(hint) and isinstance(value, dict):
        return _fits(value, hint, where)
    try:
        return _fits(value, hint, where)
    except WrongParameter:
        return False
