"""The document and the answers: whatever is asked, the answer is one the OpenAPI document declares, and never a 5xx."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from sqlalchemy import select, update

from mailer.model.api_scope import Scope
from mailer.store.core import revision
from mailer.store.engine import Store
from mailer.web.api.app import operations
from mailer.web.api.operation import PATH_PARAMETERS, Operation
from mailer.web.api.problems import TITLES
from tests.web.api.conftest import Program
from tests.web.clerk_day import SMALL, fill_lists
from tests.web.console_server import Console
from tests.web.sample_ledger import Row, make_mailing

OPERATIONS = {operation.name: operation for operation in operations()}
Programs = Callable[..., Program]


@pytest.fixture
def document(console: Console) -> dict[str, Any]:
    answer = console.get("/api/v1/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = json.loads(answer.body)
    return found


def declared(document: dict[str, Any], operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][f"/api/v1{operation.path}"][operation.method.lower()]
    return found


def check(document: dict[str, Any], operation: Operation, status: int, headers: dict[str, str], body: bytes) -> None:
    answers = declared(document, operation)["responses"]
    assert str(status) in answers, (operation.name, status, body[:300])
    ((media, content),) = answers[str(status)]["content"].items()
    assert headers["content-type"] == media
    schema = {**content["schema"], "components": document["components"]}
    Draft202012Validator(schema).validate(json.loads(body))


# --- the document ---------------------------------------------------------------------------------------------------


def test_the_document_declares_every_operation_and_nothing_else(document: dict[str, Any]):
    assert document["openapi"] == "3.1.0"
    found = {
        (method.upper(), path.removeprefix("/api/v1"), each["operationId"])
        for path, methods in document["paths"].items()
        for method, each in methods.items()
    }
    assert found == {(each.method, each.path, each.name) for each in OPERATIONS.values()}
    assert len({name for _, _, name in found}) == len(found)
    assert "://" not in json.dumps(document)  # nothing to be fetched from elsewhere
    for each in OPERATIONS.values():
        names = [(one["in"], one["name"]) for one in declared(document, each)["parameters"]]
        assert len(names) == len(set(names))
        assert {name for where, name in names if where == "path"} == set(each.path_parameters) <= set(PATH_PARAMETERS)
        assert set(each.problems) <= set(TITLES)


def test_every_schema_of_it_is_one(document: dict[str, Any]):
    schemas = [document["components"]["schemas"]["Problem"]]
    for each in OPERATIONS.values():
        told = declared(document, each)
        schemas += [one["schema"] for one in told["parameters"]]
        schemas += [content["schema"] for one in told["responses"].values() for content in one["content"].values()]
        schemas += [content["schema"] for content in told.get("requestBody", {"content": {}})["content"].values()]
    for schema in schemas:
        Draft202012Validator.check_schema(schema)


def test_every_scope_opens_something():
    assert {each.scope for each in OPERATIONS.values()} == set(Scope)


def test_no_operation_approves_or_releases():
    assert not any(re.search("approve|release|sign", each.name, re.IGNORECASE) for each in OPERATIONS.values())


# --- whatever is asked ------------------------------------------------------------------------------------------------

NASTY = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30)
NUMBERS = st.one_of(st.integers(-3, 5), st.sampled_from([501, 10**9, 10**17, 10**30, -(10**18)]))


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Mostly what the schema asks for, else anything."""
    right: st.SearchStrategy[Any] = NASTY
    if schema["type"] == "integer":
        right = NUMBERS
    elif "enum" in schema:
        right = st.sampled_from(schema["enum"])
    return st.one_of(right, right, NASTY, NUMBERS)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, NASTY, st.floats()),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


def bodies(operation: Operation) -> st.SearchStrategy[Any]:
    if operation.body is None:
        return st.one_of(st.none(), st.none(), JSON)
    fields = {name: st.one_of(NASTY, JSON, st.just(SMALL)) for name in operation.body["properties"]}
    whole = st.fixed_dictionaries({}, optional=fields | {"more": JSON})
    return st.one_of(whole, whole, JSON, st.binary(max_size=20))


@pytest.fixture
def asking(store: Store, program: Programs) -> Program:
    """Issue 1 was taken in; mailing 1 is of another one."""
    fill_lists(store)
    asking = program()
    assert asking.ask("POST", "/issues", {"filename": "快报.md", "text": SMALL})[0] == 201
    make_mailing(store, [Row(), Row(name="\x1b=<b>")])
    with store.begin() as session:  # what a sample mailing was made of is no file that anybody could have handed in
        good = session.execute(select(revision.c.content).where(revision.c.id == 1)).scalar_one()
        session.execute(update(revision).values(content=good))
    return asking


@settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_every_answer_is_declared_and_none_is_a_5xx(data: st.DataObject, document: dict[str, Any], asking: Program):
    for operation in data.draw(st.permutations(sorted(OPERATIONS.values(), key=lambda each: each.name)))[:3]:
        path = operation.path
        for one in operation.path_parameters:
            wanted = data.draw(values(dict(PATH_PARAMETERS[one])))
            path = path.replace(f"{{{one}}}", quote(str(wanted) or "x", safe=""))
        query = {
            one: data.draw(values(dict(schema)))
            for one, schema in operation.query.items()
            if data.draw(st.integers(0, 2))
        }
        query |= data.draw(st.dictionaries(st.sampled_from(["x", "filter"]), NASTY, max_size=1)) if query else {}
        body = data.draw(bodies(operation)) if operation.method == "POST" else None
        headers = (
            {"idempotency_key": data.draw(st.sampled_from(["a", "b", "c d", ""]))} if data.draw(st.booleans()) else {}
        )
        if operation.method == "POST" and not data.draw(st.integers(0, 9)):
            headers["content_type"] = "text/plain"
        answer = asking.raw(operation.method, path + (f"?{urlencode(query)}" if query else ""), body, **headers)
        if b'"code": "no_path"' in answer.body or answer.status == 405:
            continue  # what was drawn for the path made another path of it
        assert answer.status < 500, answer.body
        check(document, operation, answer.status, answer.headers, answer.body)


def test_a_good_request_gets_a_good_answer(document: dict[str, Any], asking: Program):
    for operation in sorted(OPERATIONS.values(), key=lambda each: (each.method, each.name)):
        body = {"filename": "快报.md", "text": SMALL} if operation.body else None
        path = operation.path.replace("{id}", "1").replace("{code}", "%E5%8F%91")
        answer = asking.raw(operation.method, path, body)
        assert answer.status in {*operation.answers, 404, 409}, (operation.name, answer.body)
        check(document, operation, answer.status, answer.headers, answer.body)


def test_every_other_path_is_a_problem_in_json(console: Console):
    for path in ("/api/", "/api/v1", "/api/v2/mailings", "/api/v1/mailings/", "/api/v1/mailings/1/2/3"):
        for method in ("GET", "POST", "DELETE"):
            answer = console.get(path, method=method)
            assert answer.headers["content-type"] == "application/problem+json", path
            assert json.loads(answer.body)["code"] == "no_path"


def test_another_method_is_told_which_there_are(program: Programs):
    asking = program()
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"):
        answer = asking.raw(method, "/issues")
        assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")
