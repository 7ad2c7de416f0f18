"""Every address of the API with hostile values: a refusal in the one form, never a fault."""

import itertools
import json

import pytest

from hmm.api import description
from tests.strategy.conftest import house  # noqa: F401  # a fixture

HOSTILE = [
    "",
    "\x00",
    "-1",
    "9" * 30,
    "NaN",
    "1e999",
    "💥" * 50,
    "<b>",
    "2026-13-45",
    "0001-01-01T00:00:00Z",
    "' or 1=1",
]
BODIES = ["", "null", "[]", "{not json", '{"a": NaN}', "[" * 5000]
VALUES = [None, True, -1, 10**30, 1.5, float("nan"), "", "\x00", "💥" * 3000, [], {}, [[]], {"a": 1}]


def operations():
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            yield pytest.param(path, method, operation, id=f"{method} {path}")


def fields_of(operation):
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    return list(description()["components"]["schemas"].get(name, {}).get("properties", {}))


def filled_in(path, value):
    for part in [piece for piece in path.split("/") if piece.startswith("{")]:
        path = path.replace(part, value)
    return path


def check(answer):
    assert answer.status_code < 500, answer.content
    if answer.status_code >= 400:
        assert set(answer.json()) == {"detail", "fields"}


@pytest.mark.parametrize(("path", "method", "operation"), list(operations()))
def test_no_value_makes_a_fault(admin, house, path, method, operation):  # noqa: F811
    names = [item["name"] for item in operation.get("parameters", []) if item["in"] == "query"]
    with_id = filled_in(path, str(house.miner.pk))

    for value in HOSTILE:
        if path != with_id and "/" not in value and "\x00" not in value:
            check(admin(method, filled_in(path, value)))
        for name in names:
            check(admin(method, with_id, **{name: value}))
    for body in BODIES if "requestBody" in operation else ["", "[" * 5000]:
        check(
            getattr(admin.client, method)(with_id, data=body, content_type="application/json", headers=admin.headers)
            if method != "get"
            else admin("get", with_id)
        )
    for field, value in itertools.product(fields_of(operation), VALUES):
        check(
            getattr(admin.client, method)(
                filled_in(path, str(house.miner.pk)),
                data=json.dumps({field: value}),
                content_type="application/json",
                headers=admin.headers,
            )
        )
