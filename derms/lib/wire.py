"""Frozen dataclasses to JSON and back, exactly: how circuits and statements are stored and sent."""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache, partial
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
_WRITTEN: Mapping[Any, Callable[[str], Any]] = {
    Decimal: Decimal,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
}


class WireFault(ValueError):
    """The data is not of the type asked for; the message names the field."""


def to_data(value: Any) -> Any:
    """Plain lists, dictionaries, numbers and strings; fields at their default are kept too.

    Money and moments are strings: 1.10 stays 1.10, and a moment keeps its offset.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_data(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [to_data(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_data(item) for key, item in value.items()}
    if isinstance(value, Decimal | date):  # a datetime is a date too
        return str(value)
    return value


def from_data(kind: type[T], data: Any) -> T:
    """Build `kind` from what `to_data` gave; missing fields take their default.

    The fast way knows nothing of places; where it stumbles the careful one says what is wrong.
    """
    try:
        maker: Callable[[Any], Any] = _maker(cast("Hashable", kind))
        built: T = maker(data)
    except (WireFault, TypeError, ValueError, KeyError, AttributeError, ArithmeticError):
        built = _build(kind, data, kind.__name__)
    return built


@cache
def _maker(kind: Any) -> Callable[[Any], Any]:
    """A function that builds one kind, made once."""
    origin = get_origin(kind)
    if is_dataclass(kind):
        return _dataclass_maker(kind)
    if origin is tuple:
        return _tuple_maker(get_args(kind))
    if origin in {Union, types.UnionType}:
        inner = _maker(next(one for one in get_args(kind) if one is not type(None)))
        if type(None) in get_args(kind):
            return lambda data: None if data is None else inner(data)
        return inner
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    return partial(_plain, kind, where="it")


def _dataclass_maker(kind: Any) -> Callable[[Any], Any]:
    hints = _hints(kind)
    simple = frozenset(name for name, one in hints.items() if one in {str, int, bool})
    makers = {name: (one if name in simple else None) for name, one in hints.items()}

    def make(data: Any) -> Any:
        if type(data) is not dict:
            raise WireFault("it must be an object")
        values = {}
        for name, item in data.items():
            plain = makers[name]
            if plain is not None:
                if type(item) is not plain:
                    raise WireFault(f"{name} is no {plain}")
                values[name] = item
            elif type(item) is float and hints[name] is float:
                values[name] = item
            else:
                values[name] = _maker(hints[name])(item)
        return kind(**values)

    return make


def _tuple_maker(kinds: tuple[Any, ...]) -> Callable[[Any], Any]:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        each = _maker(kinds[0])
        return lambda data: tuple([each(item) for item in _listed(data)])
    makers = tuple(_maker(kind) for kind in kinds)
    return lambda data: tuple(
        [make(item) for make, item in zip(makers, _listed(data), strict=True)]
    )


def _listed(data: Any) -> Any:
    if type(data) is not list and type(data) is not tuple:
        raise WireFault("it must be a list")
    return data


def _build(kind: Any, data: Any, where: str) -> Any:
    if is_dataclass(kind):
        return _dataclass(kind, data, where)
    origin = get_origin(kind)
    if origin is tuple:
        return _tuple(get_args(kind), data, where)
    if origin in {Union, types.UnionType}:
        return _optional(get_args(kind), data, where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum(kind, data, where)
    return _plain(kind, data, where)


def _dataclass(kind: Any, data: Any, where: str) -> Any:
    if not isinstance(data, Mapping):
        raise WireFault(f"{where} must be an object")
    known = _hints(kind)
    if unknown := sorted(set(data) - set(known)):
        raise WireFault(f"{where} has no field {unknown[0]}")
    values = {name: _build(known[name], item, f"{where}.{name}") for name, item in data.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise WireFault(f"{where} lacks a field: {error}") from error


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _tuple(kinds: tuple[Any, ...], data: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(data, list | tuple):
        raise WireFault(f"{where} must be a list")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        if kinds[0] is float:  # the bulk of a circuit: matrices
            return tuple(_plain(float, item, where) for item in data)
        return tuple(_build(kinds[0], item, f"{where}[{n}]") for n, item in enumerate(data))
    if len(kinds) != len(data):
        raise WireFault(f"{where} must have {len(kinds)} items")
    return tuple(_build(kind, item, where) for kind, item in zip(kinds, data, strict=True))


def _optional(kinds: tuple[Any, ...], data: Any, where: str) -> Any:
    if data is None and type(None) in kinds:
        return None
    return _build(next(kind for kind in kinds if kind is not type(None)), data, where)


def _enum(kind: type[Enum], data: Any, where: str) -> Enum:
    try:
        return kind(data)
    except ValueError as error:
        raise WireFault(f"{where} cannot be {data!r}") from error


def _plain(kind: Any, data: Any, where: str) -> Any:
    if kind in _WRITTEN and isinstance(data, str):
        try:
            return _WRITTEN[kind](data)
        except (ValueError, ArithmeticError) as error:
            raise WireFault(f"{where} must be {kind.__name__}, not {data!r}") from error
    if kind is float and isinstance(data, int | float) and not isinstance(data, bool):
        return float(data)
    if kind is Any or (isinstance(kind, type) and type(data) is kind):
        return data
    raise WireFault(f"{where} must be {getattr(kind, '__name__', kind)}, not {data!r}")
