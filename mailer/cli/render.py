"""``mailer render``: one issue as a recipient would get it, written to three files. Needs and makes no data folder;
where there is an installation, the mail looks as its office set it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import OperationalError

from mailer import resources, wiring
from mailer.cli.attached import read_attachments
from mailer.cli.output import CommandError, Exit, Output
from mailer.content.attachments import Attachment
from mailer.content.compose import Copy, prepare
from mailer.content.facts import ListFacts, MailingFacts, Sender
from mailer.content.issue import Finding, Issue, NotAnIssueError, to_json
from mailer.content.print import print_html
from mailer.content.readers import MAX_BYTES, read_issue
from mailer.content.render import environment, render
from mailer.flow.print_issue import CannotPrintError, Printed, print_pdf
from mailer.flow.set_look import HouseStyle, house_style
from mailer.model.links import NOBODYS
from mailer.model.mailing import MailingKind
from mailer.settings import SettingError, Settings, load
from recipients.address import AddressError, EmailAddress

SAMPLE_PIECE_NUMBER = "000000000000"
_LIST_IDS = {"报": "bao", "送": "song", "发": "fa"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="文件", type=Path, help="期刊文件（Word、Markdown 或纯文本）")
    parser.add_argument("--out", metavar="文件夹", type=Path, required=True, help="样张写到哪里")
    parser.add_argument("--list", metavar="名单", choices=tuple(_LIST_IDS), default="发", help="报、送 或 发，默认 发")
    parser.add_argument("--recipient", metavar="邮箱", default="recipient@sandbox.test", help="样张写给谁")
    kinds = "、".join(kind.label for kind in MailingKind)
    parser.add_argument(
        "--kind", metavar="种类", choices=tuple(kind.label for kind in MailingKind), default=MailingKind.FIRST.label,
        help=f"{kinds}，默认 {MailingKind.FIRST.label}",
    )  # fmt: skip
    parser.add_argument("--note", metavar="说明", default="", help="更正、补发、催办、撤回的说明（首发没有）")
    parser.add_argument("--attach", metavar="文件", type=Path, nargs="+", default=[], help="随信附上的文件（可以几个）")
    parser.add_argument("--pdf", action="store_true", help="另写一份纸质版 issue.pdf（需要 WeasyPrint）")
    parser.add_argument("--json", action="store_true", help="结果以 JSON 输出")


def run(args: argparse.Namespace, out: Output) -> int:
    issue = _read(args.file)
    try:
        settings = load()
    except SettingError as error:
        raise CommandError("bad_setting", error.message, error.hint, Exit.USAGE) from error
    facts = _as_wanted(facts_for(issue, args.list, settings, datetime.now(UTC)), args, settings)
    sample = make_sample(issue, facts, _recipient(args.recipient), read_attachments(args.attach))
    printed = make_pdf(issue) if args.pdf else None
    files = {"html": args.out / "issue.html", "text": args.out / "issue.txt", "eml": args.out / "issue.eml"}
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        files["html"].write_text(sample.html, encoding="utf-8", newline="\n")
        files["text"].write_text(sample.text, encoding="utf-8", newline="\n")
        files["eml"].write_bytes(sample.message)
        if printed is not None:
            files["pdf"] = args.out / "issue.pdf"
            files["pdf"].write_bytes(printed.data)
    except OSError as error:
        raise CommandError(
            "cannot_write", f"样张写不进 {args.out}：{error.strerror}", "请换一个能写的文件夹，或检查磁盘空间。"
        ) from error
    out.line(f"主题：{sample.subject}")
    for path in files.values():
        out.line(f"已写好：{path}")
    for finding in sample.findings:
        out.line(f"请注意：{finding.message}")
        out.line(f"  怎么办：{finding.remedy}")
    if printed is not None and printed.warning:
        out.note(printed.warning)
    out.object(
        {
            "event": "result",
            "subject": sample.subject,
            "files": {kind: str(path) for kind, path in files.items()},
            "html_bytes": len(sample.html.encode()),
            "eml_bytes": len(sample.message),
            "content_hash": sample.content_hash,
            "findings": [
                {"code": each.code, "message": each.message, "remedy": each.remedy} for each in sample.findings
            ],
        }
    )
    return int(Exit.DONE)


def make_pdf(issue: Issue) -> Printed:
    """The paper form. Raises CommandError."""
    try:
        return print_pdf(print_html(environment(resources.templates()), issue))
    except CannotPrintError as error:
        raise CommandError("cannot_print", error.message, error.hint) from error


@dataclass(frozen=True, slots=True)
class Sample:
    """One copy to look at; ``message`` is what would go over the wire, ``findings`` what the office should know."""

    subject: str
    text: str
    html: str
    message: bytes
    content_hash: str
    findings: tuple[Finding, ...] = ()


def _as_wanted(facts: MailingFacts, args: argparse.Namespace, settings: Settings) -> MailingFacts:
    """Of the kind asked for, in the look of the office. Raises CommandError."""
    style = _house_style(settings)
    kind = next(kind for kind in MailingKind if kind.label == args.kind)
    try:
        return replace(facts, kind=kind, note=args.note, look=style.look, sender=style.sender(facts.sender))
    except ValueError as error:
        raise CommandError(
            "usage", "说明不能用：首发没有说明，其他的最多 1000 字。", "请去掉或改短 --note。", Exit.USAGE
        ) from error


def _house_style(settings: Settings) -> HouseStyle:
    """Plain where nothing is initialised yet."""
    if not settings.database_url and not settings.data_dir.exists():
        return HouseStyle()
    try:
        store = wiring.open_store(settings)
    except wiring.NotInitialisedError:
        return HouseStyle()
    except (wiring.OldSchemaError, OperationalError) as error:
        raise CommandError(
            "no_look", "数据库现在打不开，不知道本单位的版式。", "先运行 mailer doctor 看原因。"
        ) from error
    try:
        with store.read() as session:
            return house_style(session)
    finally:
        store.close()


def make_sample(issue: Issue, facts: MailingFacts, recipient: str, attachments: Sequence[Attachment] = ()) -> Sample:
    """One copy of ``issue`` with a piece number of noughts. ``recipient`` is an ASCII address."""
    rendered = render(environment(resources.templates()), issue, facts)
    prepared = prepare(rendered, facts, tuple(attachment.encoded() for attachment in attachments))
    copy = Copy(recipient, "", f"sample.{uuid.uuid4().hex}@{facts.message_domain}", SAMPLE_PIECE_NUMBER, NOBODYS)
    seen = rendered.as_read(SAMPLE_PIECE_NUMBER, NOBODYS)
    message = b"".join(prepared.copy(copy))
    return Sample(seen.subject, seen.text, seen.html, message, prepared.content_hash, rendered.findings())


def facts_for(issue: Issue, code: str, settings: Settings, now: datetime) -> MailingFacts:
    """The facts of a sample on the list ``code``. CommandError where a configured address cannot be used."""
    try:
        sender = Sender.of(issue, settings.from_, settings.reply_to)
    except AddressError as error:
        raise CommandError(
            "bad_setting",
            f"设置里的发件或回信地址不能用：{error.message}",
            "请改正 MAILER_FROM、MAILER_REPLY_TO。",
            Exit.USAGE,
        ) from error
    domain = sender.from_address.partition("@")[2]
    digest = hashlib.sha256(json.dumps(to_json(issue), default=str).encode()).hexdigest()
    return MailingFacts(
        sender=sender,
        list=ListFacts(code, code, f"{_LIST_IDS[code]}.{domain}", is_duty=True),
        date=now.astimezone(settings.timezone),
        boundary=f"=_{digest[:24]}",
        message_domain=domain,
        base_url=settings.public_url,
    )


def _read(path: Path) -> Issue:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # one octet too many is enough for the reader to refuse it
    except OSError as error:
        raise CommandError(
            "file_missing", f"读不到文件 {path}：{error.strerror}", "请检查文件名和所在文件夹。", Exit.USAGE
        ) from error
    try:
        return read_issue(data, path.name)
    except NotAnIssueError as error:
        raise CommandError(error.code, error.message, error.hint) from error


def _recipient(text: str) -> str:
    try:
        return EmailAddress.parse(text).ascii
    except AddressError as error:
        raise CommandError(
            "bad_address", f"收件人 {text[:80]} 不是能用的邮箱：{error.message}", "请检查 --recipient。", Exit.USAGE
        ) from error
