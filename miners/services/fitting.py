"""Make what a device says fit the columns it is kept in; a device may say anything."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.backends.base.operations import BaseDatabaseOperations

RANGES = BaseDatabaseOperations.integer_field_ranges  # of the strictest database, so that all keep the same


def fitted(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values a row can hold: texts cut to their length, whole numbers out of range unknown."""
    return {name: fit(model._meta.get_field(name), value) for name, value in values.items()}


def fit(field: Any, value: Any) -> Any:
    if isinstance(value, str) and isinstance(field, models.CharField):
        return value[: field.max_length]
    if isinstance(field, models.IntegerField) and isinstance(value, int) and not isinstance(value, bool):
        low, high = RANGES[field.get_internal_type()]
        return value if low <= value <= high else None
    return value
