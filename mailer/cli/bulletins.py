"""``mailer bulletins``: what the bulletin is called, and how its mail looks."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from mailer.cli import opening
from mailer.cli.actions import add_actions
from mailer.cli.output import CommandError, Exit, Output
from mailer.content.characters import one_line
from mailer.content.look import ACCENTS, LOGO_BYTES, NAMES, PLAIN_LOOK, BadLookError, Logo
from mailer.flow.set_look import HouseStyle, house_style, set_look
from mailer.store import house

_LONGEST_OFFICE = 60  # characters of the name in From


def add_arguments(parser: argparse.ArgumentParser) -> None:
    told = {"show": "本刊的名称和邮件的样子", "look": "设置邮件的样子，以后准备的邮件都用它"}
    look = add_actions(parser, told)["look"]
    colours = "、".join(f"{name}（{chinese}）" for name, chinese in NAMES.items())
    look.add_argument("--colour", metavar="颜色", help=f"{colours}，或 #8a1538 这样的颜色；太浅看不清的不收")
    look.add_argument("--logo", metavar="图片", type=Path, help="PNG 或 JPEG，放在刊名上方，随信寄出")
    look.add_argument("--alt", metavar="文字", help="图片不显示时读到的字，例如单位名称")
    look.add_argument("--no-logo", action="store_true", help="不用标志图片")
    look.add_argument("--footer", metavar="一行", nargs="*", help="页脚文字，最多 4 行；后面什么都不写就是去掉")
    look.add_argument("--office", metavar="名称", help="发件人显示的名称；写空的 '' 就按设置和报头")
    look.add_argument("--plain", action="store_true", help="全部恢复原样")


def run(args: argparse.Namespace, out: Output) -> int:
    given = opening.settings()
    store = opening.store(given)
    with store.read() as session:
        style, named = house_style(session), house.bulletins(session)
    if args.action == "look":
        wanted = _wanted(style, args)
        changed = set_look(opening.office(given, store), wanted, opening.actor())
        out.line("已设置；以后准备的邮件都用它，已准备好的不变。" if changed else "和原来一样，没有改动。")
        style = wanted
    _tell(style, named[0].title if named else "", out)
    return int(Exit.DONE)


def _wanted(style: HouseStyle, args: argparse.Namespace) -> HouseStyle:
    """Raises CommandError for what cannot be used."""
    look, office = (PLAIN_LOOK, "") if args.plain else (style.look, style.office)
    if args.no_logo and args.logo:
        raise CommandError("usage", "--logo 和 --no-logo 只能写一个。", "要换图片只写 --logo。", Exit.USAGE)
    try:
        if args.colour is not None:
            look = replace(look, accent=args.colour)
        if args.footer is not None:
            look = replace(look, footer=tuple(args.footer))
        if args.no_logo:
            look = replace(look, logo=None)
        elif args.logo is not None:
            look = replace(look, logo=Logo.of(_picture(args.logo), args.alt or ""))
        elif args.alt is not None and look.logo is not None:
            look = replace(look, logo=replace(look.logo, alt=args.alt))
    except BadLookError as error:
        raise CommandError("bad_look", str(error), "什么都没有改；改好再设一次。", Exit.USAGE) from error
    if args.office is not None:
        office = one_line(args.office)
        if len(office) > _LONGEST_OFFICE:
            raise CommandError(
                "bad_look", f"发件名称有 {len(office)} 字，最多 {_LONGEST_OFFICE} 字。", "请改短。", Exit.USAGE
            )
    return HouseStyle(look, office)


def _picture(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LOGO_BYTES + 1)  # one octet too many is enough to refuse it
    except OSError as error:
        raise CommandError(
            "file_missing", f"读不到图片 {path}：{error.strerror}", "请检查文件名和所在文件夹。", Exit.USAGE
        ) from error


def _tell(style: HouseStyle, title: str, out: Output) -> None:
    look, logo = style.look, style.look.logo
    colour = (
        f"{NAMES[look.accent]}（{look.accent}，{ACCENTS[look.accent].light}）" if look.accent in NAMES else look.accent
    )
    out.line(f"刊名　　{title or '（还没有收录过一期）'}")
    out.line(f"发件名称　{style.office or '（按设置，没有设置就按报头的编发单位）'}")
    out.line(f"颜色　　{colour}")
    out.line(
        f"标志　　{f'{logo.alt}（{logo.width}×{logo.height}，{len(logo.data) / 1024:.0f} KB）' if logo else '（没有）'}"
    )
    out.line(f"页脚　　{' / '.join(look.footer) or '（没有）'}")
    out.object(
        {
            "event": "result",
            "title": title,
            "office": style.office,
            "colour": look.accent,
            "colours": {"light": look.colours.light, "dark": look.colours.dark},
            "logo": {"alt": logo.alt, "width": logo.width, "height": logo.height, "bytes": len(logo.data)}
            if logo
            else None,
            "footer": list(look.footer),
        }
    )
