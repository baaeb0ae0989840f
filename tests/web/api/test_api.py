"""The API over a real socket: who may, what comes, what is said when something is wrong, once and only once."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from mailer import wiring
from mailer.flow.api_keys import add_key, find_key, revoke_key
from mailer.model.api_scope import Scope
from mailer.model.delivery import DeliveryStatus
from mailer.model.rights import Role
from mailer.settings import Settings
from mailer.store import queries, writes
from mailer.store.core import api_answer, api_key, audit
from mailer.store.engine import Store
from mailer.web.api.app import operations
from tests.support.builders import Clock, Wake, make_office
from tests.web.api.conftest import Program
from tests.web.clerk_day import SMALL, fill_lists
from tests.web.console_server import Console
from tests.web.sample_ledger import RELEASED_AT, Row, make_mailing, realistic

S = DeliveryStatus
Programs = Callable[..., Program]


# --- keys -----------------------------------------------------------------------------------------------------------


def test_without_a_good_key_nothing_is_told(console: Console, settings: Settings, store: Store, program: Programs):
    good = program()
    number, _, secret = good.key.removeprefix("bm-").partition("-")
    wrong = [
        "",
        "x",
        good.key + "x",
        f"bm-{number}-{'A' * 43}",
        f"bm-999-{secret}",
        f"bm-0-{secret}",
        "bm-１-" + secret,
    ]
    answers = []
    for key in wrong:
        status, said = Program(console, key.encode().decode("latin-1", "replace")).ask("GET", "/mailings")
        assert (status, said["code"]) == (401, "no_key"), key
        answers.append(said)
    assert all(answer == answers[0] for answer in answers)  # nobody learns which part was right
    assert good.get("/mailings") == {"data": [], "next": None}

    assert revoke_key(wiring.office_of(settings, store), int(number), actor="cli:test")
    assert good.ask("GET", "/mailings")[0] == 401


def test_a_session_of_the_console_is_no_key(clerk: Console):
    assert clerk.get("/api/v1/mailings").status == 401


def test_every_operation_asks_for_its_scope(program: Programs):
    for operation in operations():
        other = program(*(scope for scope in Scope if scope is not operation.scope), name=operation.name)
        path = operation.path.replace("{id}", "1").replace("{code}", "x")
        status, said = other.ask(operation.method, path, {} if operation.body else None)
        assert (status, said["code"]) == (403, "no_scope"), operation.name


def test_a_secret_is_kept_as_a_digest_only(store: Store, program: Programs):
    key = program().key
    with store.read() as session:
        row = session.execute(select(api_key)).one()
        details = session.execute(select(audit.c.detail)).scalars().all()
    secret = key.rpartition("-")[2]
    assert not any(secret in str(value) for value in [*row, *details])
    assert len(row.digest) == 64


def test_its_use_is_noted_now_and_then(store: Store):
    clock = Clock()
    office = make_office(store, clock, Wake())
    key = add_key(office, "a", [Scope.TASKS_READ], actor="cli:test")

    def used() -> object:
        with store.read() as session:
            return session.execute(select(api_key.c.used_at)).scalar_one()

    assert used() is None
    assert find_key(office, key) is not None
    first = used()
    clock.moment += timedelta(minutes=59)
    find_key(office, key)
    assert used() == first
    clock.moment += timedelta(minutes=2)
    find_key(office, key)
    assert used() == clock.moment


# --- reading --------------------------------------------------------------------------------------------------------


def test_the_sum_is_the_ledgers_own_and_every_line_comes_once(store: Store, program: Programs):
    made = make_mailing(store, realistic(sending=True))
    with store.read() as session:
        total = queries.ledger_sum(session, made)
    asking = program()
    told = asking.get(f"/mailings/{made}")
    assert told["counts"] == {str(status): n for status, n in total.counts.items()}
    assert told["recipients"] == sum(told["counts"].values()) == total.total
    assert asking.get("/mailings")["data"] == [told]

    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        leaf = asking.get(f"/mailings/{made}/ledger?limit=40&after={after}")
        seen += [line["delivery"] for line in leaf["data"]]
        after = leaf["next"]
    assert len(seen) == len(set(seen)) == total.total
    bounced = asking.get(f"/mailings/{made}/ledger?status=bounced")["data"]
    assert len(bounced) == total.counts[S.BOUNCED]
    assert all(line["cause"] and line["needs_person"] for line in bounced)


def test_mailings_are_turned_by_their_ids(store: Store, program: Programs):
    made = [make_mailing(store, [Row()], key=str(n), number=n) for n in range(1, 6)]
    asking = program()
    first = asking.get("/mailings?limit=2")
    second = asking.get(f"/mailings?limit=2&after={first['next']}")
    third = asking.get(f"/mailings?limit=2&after={second['next']}")
    assert [each["id"] for leaf in (first, second, third) for each in leaf["data"]] == made[::-1]
    assert third["next"] is None


def test_who_follows_the_events_sees_each_once_and_none_too_young(
    console: Console, store: Store, settings: Settings, program: Programs
):
    made = make_mailing(store, [Row(), Row()])
    asking = program()
    now = wiring.office_of(settings, store).clock.now()
    with store.begin() as session:
        rows = session.execute(select(queries.delivery.c.id).order_by(queries.delivery.c.id)).scalars().all()
        for at, kind in (
            (now - timedelta(minutes=1), "released"),
            (now - timedelta(seconds=30), "claimed"),
            (now + timedelta(hours=1), "accepted"),
        ):
            session.execute(
                queries.event.insert().values(
                    delivery_id=rows[0], mailing_id=made, at=at, kind=kind, attempt=1, reason="", fault="", actor=""
                )
            )
    first = asking.get("/events?limit=1")
    assert [each["kind"] for each in first["data"]] == ["released"]
    rest = asking.get(f"/events?after={first['next']}")
    assert [each["kind"] for each in rest["data"]] == ["claimed"]
    assert asking.get(f"/events?after={rest['next']}") == {"data": [], "next": rest["next"]}


def test_lists_members_and_roster(store: Store, program: Programs):
    fill_lists(store)
    asking = program()
    codes = [each["code"] for each in asking.get("/lists")["data"]]
    assert codes == ["报", "送", "发"]
    members = asking.get("/lists/%E5%8F%91/members?limit=500")["data"]
    assert members
    holders = asking.get("/roster?limit=500")["data"]
    assert {each["name"] for each in members} <= {each["name"] for each in holders}
    status, said = asking.ask("GET", "/lists/nobody/members")
    assert (status, said["code"]) == (404, "no_list")
    with store.read() as session:
        views = session.execute(select(audit.c.action).where(audit.c.actor == "key:督查系统")).scalars().all()
    assert sorted(views) == ["list.viewed", "recipients.exported"]
    asking.get("/roster")
    with store.read() as session:  # once a day, not once a request
        assert len(session.execute(select(audit.c.id).where(audit.c.actor == "key:督查系统")).all()) == 2


# --- doing ----------------------------------------------------------------------------------------------------------


def test_an_issue_is_taken_in_and_the_same_again_is_the_same(store: Store, program: Programs):
    asking = program()
    status, taken = asking.ask("POST", "/issues", {"filename": "快报.md", "text": SMALL})
    assert (status, taken["created"]) == (201, True)
    octets = base64.b64encode(SMALL.encode()).decode()
    again = asking.ask("POST", "/issues", {"filename": "快报.md", "base64": octets})
    assert again == (200, {**taken, "created": False})
    told = asking.get(f"/issues/{taken['id']}")
    assert told["content"]["number"] == taken["number"]
    assert asking.get("/issues")["data"][0]["id"] == taken["id"]
    with store.read() as session:
        assert "key:督查系统" in session.execute(select(audit.c.actor)).scalars().all()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"filename": "a.md", "text": "无"}, 422, "not_an_issue"),
        ({"filename": "a.md"}, 422, "invalid"),
        ({"filename": "a.md", "text": "a", "base64": "YQ=="}, 422, "invalid"),
        ({"filename": "a.md", "base64": "%%%"}, 422, "invalid"),
        ({"filename": "", "text": "a"}, 422, "invalid"),
        ({"filename": 1, "text": "a"}, 422, "invalid"),
        ({"filename": "a.md", "text": "a", "send": True}, 422, "invalid"),
        ([], 422, "invalid"),
        (b"{", 400, "not_json"),
        (b'{"filename": NaN}', 400, "not_json"),
        (b"\xff", 400, "not_json"),
        (b"[" * 60_000, 400, "not_json"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_place(program: Programs, body: object, status: int, code: str):
    found, said = program().ask("POST", "/issues", body)
    assert found == status, said
    if code == "not_an_issue":
        assert said["detail"]
        return
    assert said["code"] == code
    if code == "invalid":
        assert all(each["message"] for each in said["errors"])


def test_a_body_of_another_type_or_too_long_is_refused(program: Programs):
    asking = program()
    assert asking.ask("POST", "/issues", b"{}", content_type="text/plain")[0] == 415
    assert asking.ask("POST", "/mailings/1/pause", b" " * 70_000)[0] == 413
    assert asking.ask("POST", "/mailings/1/pause", {"why": "x"})[0] == 422


def test_a_mailing_is_stopped_and_what_is_not_possible_is_a_conflict(store: Store, program: Programs):
    made = make_mailing(store, realistic(sending=True))
    asking = program()
    assert asking.ask("POST", f"/mailings/{made}/pause") == (200, {"id": made, "status": "paused"})
    assert asking.get(f"/mailings/{made}")["status"] == "paused"
    assert asking.ask("POST", f"/mailings/{made}/cancel") == (200, {"id": made, "status": "cancelled"})
    status, said = asking.ask("POST", f"/mailings/{made}/resume")
    assert (status, said["code"]) == (409, "not_possible")
    assert asking.ask("POST", "/mailings/999/pause")[0] == 404
    with store.read() as session:
        acts = session.execute(select(audit.c.action).where(audit.c.actor == "key:督查系统")).scalars().all()
    assert acts == ["mailing.paused", "mailing.cancelled"]


def test_a_task_is_done_once(store: Store, program: Programs):
    with store.begin() as session:
        writes.open_task(
            session, kind="paper", title="送纸质件", detail="", dedupe_key="p", mailing_id=None, now=RELEASED_AT
        )
    asking = program()
    task = asking.get("/tasks")["data"][0]
    assert asking.ask("POST", f"/tasks/{task['id']}/done")[0] == 200
    assert asking.ask("POST", f"/tasks/{task['id']}/done")[1]["code"] == "task_done"
    done = asking.get("/tasks?state=done")["data"]
    assert [each["done_by"] for each in done] == ["key:督查系统"]


# --- once ------------------------------------------------------------------------------------------------------------


def test_the_same_key_gets_the_same_answer_and_another_content_none(program: Programs):
    asking = program()
    first = asking.raw("POST", "/issues", {"filename": "快报.md", "text": SMALL}, idempotency_key="k1")
    again = asking.raw("POST", "/issues", {"filename": "快报.md", "text": SMALL}, idempotency_key="k1")
    assert (first.status, first.body) == (again.status, again.body)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    status, said = asking.ask("POST", "/issues", {"filename": "a.md", "text": SMALL}, idempotency_key="k1")
    assert (status, said["code"]) == (422, "idempotency_key_reused")
    assert asking.ask("POST", "/mailings/1/pause", idempotency_key="k1")[0] == 422
    # a refusal is an answer too
    refused = [asking.raw("POST", "/mailings/9/pause", idempotency_key="k2") for _ in range(2)]
    assert [(each.status, json.loads(each.body)["code"]) for each in refused] == [(404, "not_found")] * 2
    assert refused[1].headers["content-type"] == "application/problem+json"
    assert asking.ask("POST", "/mailings/1/pause", idempotency_key="a b")[0] == 400


def test_two_keys_of_programs_do_not_meet(program: Programs):
    one, other = program(name="一"), program(name="二")
    assert one.ask("POST", "/mailings/9/pause", idempotency_key="k")[0] == 404
    assert "idempotency-replayed" not in other.raw("POST", "/mailings/9/cancel", idempotency_key="k").headers


def test_a_running_request_is_a_conflict_for_its_double(store: Store, program: Programs):
    asking = program()
    asking.ask("POST", "/mailings/9/pause", idempotency_key="k")
    with store.begin() as session:
        session.execute(update(api_answer).values(status=None))
    status, said = asking.ask("POST", "/mailings/9/pause", idempotency_key="k")
    assert (status, said["code"]) == (409, "still_running")


# --- the console page -------------------------------------------------------------------------------------------------


def test_a_key_is_made_on_the_page_shown_once_and_revoked(console: Console, signed_in):
    admin = signed_in(Role.SECURITY_ADMIN)
    assert "至少选一项" in admin.post("/accounts/keys", {"name": "督查系统"}).text
    page = admin.post("/accounts/keys", [("name", "督查系统"), ("scope", "mailings:read"), ("scope", "nonsense")]).text
    key = page.split('class="big-key">')[1].split("<")[0]
    assert Program(console, key).get("/mailings")["data"] == []
    listed = admin.get("/accounts/keys").text
    assert "督查系统" in listed
    assert key not in listed
    assert admin.post(f"/accounts/keys/{key.split('-')[1]}/revoke").status == 303
    assert Program(console, key).ask("GET", "/mailings")[0] == 401
    assert signed_in(Role.EDITOR).get("/accounts/keys").status == 403
