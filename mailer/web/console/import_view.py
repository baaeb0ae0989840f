"""What the pages of an import show: problems by file, sheet, row and field; the difference, side by side. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailer.flow.import_draft import Choices
from mailer.flow.review_import import Reading, Review
from mailer.web.console.fields import FieldError, day
from mailer.web.forms import Form
from recipients.difference import Difference, FieldChange, Scope
from recipients.people import Holder
from recipients.roster import Place

SHOWN = 200  # lines of each kind on the page; the file to download has them all

SCOPES = (
    (Scope.ADD, "只增加和修改", "表上没有的人不动。各单位零散报来的变动用这一项。"),
    (Scope.UNITS, "这些单位以表为准", "表里写到的单位，表上没有的人离任；别的单位不动。"),
    (Scope.FULL, "整份名单以表为准", "表上没有的人都离任。收齐了全部单位再用这一项。"),
)
_FIELDS = {"no_email": "邮箱", "bad_email": "邮箱", "needs_smtputf8": "邮箱"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to see to: ``kind`` is stop (not imported), twice or note; where it stands, and what to do."""

    kind: str
    file: str
    sheet: str
    row: int | None
    field: str
    value: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Line:
    """A person of the difference."""

    unit: str
    role: str
    name: str
    emails: str
    phone: str
    remark: str = ""
    lists: str = ""
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class DifferenceView:
    added: tuple[Line, ...]
    changed: tuple[Line, ...]
    ended: tuple[Line, ...]
    unchanged: int
    untouched: int
    regrouped: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.ended or self.regrouped)


def problems_of(reading: Reading) -> list[Problem]:
    """In the order of gravity: files that cannot be read, rows without a usable address, the same address again, notes."""
    found = [Problem("stop", one.file, "", None, "", "", one.message, one.hint) for one in reading.unreadable]
    roster = reading.roster
    found += [
        Problem("stop", *_place(one.place), _FIELDS.get(one.reason, ""), one.value, one.message, one.hint)
        for one in roster.rejected
    ]
    found += [
        Problem(
            "twice",
            *_place(one.place),
            "邮箱",
            one.email,
            f"与{_where(one.first, one.place)}是同一个邮箱。",
            "只发一份，通常不用改。",
        )
        for one in roster.duplicates
    ]
    found += [Problem("note", *_place(one.place), "", "", one.message, "") for one in roster.warnings]
    return found


def problem_rows(problems: Sequence[Problem]) -> list[Sequence[str]]:
    """The same as rows of a spreadsheet, to be sent back to who filled the lists in."""
    kinds = {"stop": "没有导入", "twice": "重复", "note": "提醒"}
    header = ("文件", "工作表", "行", "栏", "原文", "问题", "怎么办", "类别")
    return [
        header,
        *(
            (one.file, one.sheet, str(one.row or ""), one.field, one.value, one.message, one.hint, kinds[one.kind])
            for one in problems
        ),
    ]


def difference_view(review: Review) -> DifferenceView:
    """Of a review that has a report."""
    assert review.report is not None
    found: Difference = review.report.difference
    return DifferenceView(
        tuple(
            _line(one.holder, one.match.tell(one.holder) if one.match else "", "、".join(one.lists or ()))
            for one in found.added
        ),
        tuple(_line(one.after, changes=one.values) for one in found.changed),
        tuple(_line(one.holder) for one in found.ended),
        found.unchanged, found.untouched, tuple(found.regrouped.items()), tuple(one.message for one in found.warnings),
    )  # fmt: skip


def difference_rows(view: DifferenceView) -> list[Sequence[str]]:
    header = ("变动", "单位", "岗位", "姓名", "栏", "原来", "现在")
    rows: list[Sequence[str]] = [header]
    rows += [("新增", one.unit, one.role, one.name, "", "", one.emails) for one in view.added]
    for one in view.changed:
        rows += [("变更", one.unit, one.role, one.name, each.field, each.before, each.after) for each in one.changes]
    rows += [("离任", one.unit, one.role, one.name, "", one.emails, "") for one in view.ended]
    return rows


def choices_of(form: Form, before: Choices) -> Choices:
    """``scope`` and ``on`` of the first step. Raises FieldError."""
    scope = form.text("scope", str(before.scope))
    if scope not in set(Scope):
        raise FieldError("请选这份表管到哪里。")
    return Choices(Scope(scope), day(form.text("on")), before.units, before.merges)


def units_of(form: Form, before: Choices, review: Review) -> Choices:
    """The mapping: field ``unit-n`` says new, rename or slip about the n-th unknown unit, ``other-n`` which known one;
    ``merge-n`` what the n-th absent one is part of now. Raises FieldError.
    """
    known = set(review.known)
    units: dict[str, tuple[str, str]] = {}
    for place, one in enumerate(review.unknown):
        kind, other = form.text(f"unit-{place}"), form.text(f"other-{place}")
        if kind.startswith("near-"):  # a suggestion was taken: near-rename-0, near-slip-1
            _, kind, which = kind.split("-", 2)
            other = one.near[int(which)] if which.isdigit() and int(which) < len(one.near) else ""
        if kind == "new":
            units[one.name] = ("new", "")
        elif kind in {"rename", "slip"}:
            if other not in known:
                raise FieldError(f"“{one.name}”：请选它对应现有的哪个单位。")
            units[one.name] = (kind, other)
    twice = [other for kind, other in units.values() if kind == "rename"]
    if len(set(twice)) < len(twice):
        raise FieldError("同一个单位不能更名为两个名称，请改其中一个。")
    targets = known | {one.name for one in review.unknown}
    merges = {}
    for old, into in zip(form.all("merge-old"), form.all("merge-into"), strict=False):
        if old and into:
            if old not in known or into not in targets or old == into:
                raise FieldError(f"“{old}”并入“{into}”对应不上，请重新选。")
            merges[old] = into
    return Choices(before.scope, before.on, units, merges)


def _line(holder: Holder, remark: str = "", lists: str = "", changes: tuple[FieldChange, ...] = ()) -> Line:
    emails = "；".join(address.original for address in holder.addresses)
    post = holder.post
    return Line(post.unit.name, post.role, holder.name, emails, holder.phone, remark, lists, changes)


def _place(place: Place | None) -> tuple[str, str, int | None]:
    return (place.file, place.sheet, place.row) if place else ("", "", None)


def _where(first: Place, again: Place) -> str:
    file = f"“{first.file}”" if first.file != again.file else ""
    sheet = f"工作表“{first.sheet}”" if first.sheet and (file or first.sheet != again.sheet) else ""
    return f"{file}{sheet}第 {first.row} 行"
