"""A person on a form and back, and where a person stands on a list. Pure; knows no template and no query."""

from __future__ import annotations

from dataclasses import dataclass

from mailer.web.console.fields import FieldError, line
from mailer.web.forms import Form
from recipients.address_cell import read_cell
from recipients.audience import Candidate, DistributionList
from recipients.people import PAPER_NOTE, Holder, Post, Unit

_MOST_ADDRESSES = 5


@dataclass(frozen=True, slots=True)
class PersonFields:
    """The fields as they stand on the form; ``on``: from which day."""

    unit: str = ""
    role: str = ""
    name: str = ""
    title: str = ""
    phone: str = ""
    emails: str = ""
    care_of: str = ""
    note: str = ""
    is_paper: bool = False
    is_essential: bool = False
    on: str = ""

    @classmethod
    def of(cls, holder: Holder) -> PersonFields:
        note = "" if holder.note == PAPER_NOTE else holder.note
        return cls(
            holder.post.unit.name, holder.post.role, holder.name, holder.title, holder.phone,
            "\n".join(address.original for address in holder.addresses), holder.care_of, note, holder.paper_only,
            holder.is_essential,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether and why somebody is on a list. ``single``: plus, minus or empty, what the office said of them alone."""

    code: str
    name: str
    why: str
    single: str


def fields_of(form: Form) -> PersonFields:
    return PersonFields(
        form.text("unit"), form.text("role"), form.text("name"), form.text("title"), form.text("phone"),
        form.text("emails"), form.text("care_of"), form.text("note"), form.text("paper") == "yes",
        form.text("essential") == "yes", form.text("on"),
    )  # fmt: skip


def holder_of(given: PersonFields, post: Post | None) -> Holder:
    """``post`` None: the form names it. Raises FieldError."""
    if post is None:
        unit = "".join(line(given.unit, "单位", 200, needed=True).split())
        post = Post(Unit(unit), "".join(line(given.role, "人员类别", 120, needed=True).split()))
    cell = read_cell(given.emails)
    if cell.unusable and given.emails.strip():
        wrong = cell.unusable[0]
        raise FieldError(f"邮箱“{wrong.text[:60]}”：{wrong.message}。请向本人核对后改正，写成 name@example.cn 的样子。")
    if len(cell.addresses) > _MOST_ADDRESSES:
        raise FieldError(f"邮箱超过 {_MOST_ADDRESSES} 个，请只留常用的。")
    name = "".join(line(given.name, "姓名", 120).split())
    addresses = tuple({address.key: address for address in cell.addresses}.values())
    if not (name or addresses):
        raise FieldError("姓名和邮箱至少要填一样；单位公用的邮箱可以不写姓名。")
    note = line(given.note, "备注", 500) or (PAPER_NOTE if given.is_paper else "")
    return Holder(
        post, name, addresses, line(given.title, "职务", 200), line(given.phone, "电话", 200), note, given.is_paper,
        line(given.care_of, "代收人", 120), given.is_essential,
    )  # fmt: skip


def standing(wanted: DistributionList, candidate: Candidate) -> Standing:
    single = "minus" if wanted.code in candidate.minus else "plus" if wanted.code in candidate.plus else ""
    return Standing(wanted.code, wanted.name, candidate.why_on(wanted), single)
