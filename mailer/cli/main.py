"""The command line's front door: which commands there are, and one way in and out of each.

A command is a module of this package, loaded by its name only when it is called, so that --help stays light (no ORM,
no lxml, no celery). Each has ``add_arguments(parser)`` and ``run(args, out) -> int``; it raises CommandError to fail.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import signal
import sys
import tempfile
import traceback
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import NoReturn

from mailer.cli import chinese
from mailer.cli.output import CommandError, Exit, Output

COMMANDS: dict[str, str] = {
    "demo": "用样刊和样名单走一遍全过程（演练，不对外发信）",
    "init": "建立数据文件夹、名单和管理员帐户",
    "serve": "打开台账网页；未设消息中间件时同时负责发送",
    "worker": "生产环境：发送进程（Celery）",
    "beat": "生产环境：定时唤醒进程（Celery）",
    "migrate": "升级数据库结构",
    "migrate-to": "把 SQLite 里的全部数据搬到 PostgreSQL",
    "issues": "读取、检查、收录期刊文件",
    "render": "生成邮件样张（网页、纯文本、原始邮件）",
    "bulletins": "看本刊，设置邮件的颜色、标志、页脚和发件名称",
    "recipients": "导入、导出、查找人员名单；单位变动；收件人的要求",
    "people": "个人信息：导出或删除关于一个邮箱的全部记录",
    "lists": "查看 报、送、发 名单及其成员",
    "suppressions": "不再发的邮箱：查看、登记、解除",
    "tasks": "待办：还有什么要人办",
    "send": "把一期发给名单上的每个人",
    "mailings": "查看、处理、导出发送台账",
    "reports": "季度、年度报表：逐期、按邮件域名",
    "bounces": "读取、分类、收取退信",
    "intake": "收退信的进程：读收信邮箱、接收 LMTP",
    "morning": "晨报：谁没收到、为什么、找谁、怎么办",
    "accounts": "能登录网页的帐户：建立、停用、换角色、重设密码",
    "api-keys": "接口密钥：哪些程序可以用接口、能做什么",
    "webhooks": "回调：把投递经过告诉别的系统",
    "audit": "审计：查看记录，检查记录有没有被动过",
    "doctor": "检查设置与发信通道",
    "dkim": "发信签名的密钥和它的 DNS 记录",
    "backup": "备份和恢复",
    "retention": "清除到期的退信原件",
}


class Parser(argparse.ArgumentParser):
    """argparse whose mistakes are Chinese sentences and exit code 2."""

    def error(self, message: str) -> NoReturn:
        raise CommandError("usage", message, f"用法见：{self.prog} --help", Exit.USAGE)


def build_parser(command: str | None) -> Parser:
    parser = Parser(
        prog="mailer", description="工作快报邮件分发：一期文件进来，每位收件人一封，台账对得上。", add_help=False
    )
    parser.add_argument("-h", "--help", action="help", help="显示本说明")
    parser.add_argument("--version", action="version", version=f"mailer {_version()}", help="显示版本号")
    commands = parser.add_subparsers(dest="command", metavar="命令", title="命令", parser_class=Parser)
    for name, help_text in COMMANDS.items():
        sub = commands.add_parser(name, help=help_text, description=help_text, add_help=False)
        sub.add_argument("-h", "--help", action="help", help="显示本说明")
        if name == command:
            _module_of(name).add_arguments(sub)
    return parser


def _module_of(command: str) -> ModuleType:
    return importlib.import_module(f"mailer.cli.{command.replace('-', '_')}")


def _version() -> str:
    try:
        return version("bulletin-mailer")
    except PackageNotFoundError:
        return "（未安装）"


def main(argv: list[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]  # replaced in tests
    words = list(sys.argv[1:] if argv is None else argv)
    out = Output(json="--json" in words)
    chinese.install()
    try:
        return _run(words, out)
    except CommandError as error:
        out.fail(error)
        return int(error.exit_code)
    except KeyboardInterrupt:
        out.fail(CommandError("interrupted", "已按 Ctrl-C 停止。", "已登记的发送不会丢失，再次运行同一命令即可继续。"))
        return int(Exit.INTERRUPTED)
    except BrokenPipeError:
        # the reader went away (mailer ... | head): nothing more can be said to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.FAILED)
    except Exception as error:  # noqa: BLE001 - a fault of ours: a sentence for the office, the rest in a file for us
        out.fail(_our_fault(error))
        return int(Exit.FAILED)


def _our_fault(error: Exception) -> CommandError:
    with tempfile.NamedTemporaryFile(
        "w", prefix="mailer-error-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exception(error, file=file)
    return CommandError(
        "internal", f"程序出错（{type(error).__name__}），这不是您的操作问题。", f"请把文件 {file.name} 发给维护者。"
    )


def _run(words: list[str], out: Output) -> int:
    name = next((word for word in words if not word.startswith("-")), None)
    if name is not None and name not in COMMANDS:
        raise CommandError("usage", f"没有“{name}”这个命令。", "命令列表见：mailer --help", Exit.USAGE)
    parser = build_parser(name)
    args = parser.parse_args(words)
    if args.command is None:
        parser.print_help()
        return int(Exit.USAGE)
    return int(_module_of(args.command).run(args, out))


def entry() -> NoReturn:
    """The installed program. SIGTERM ends it like Ctrl-C, so that finally-blocks run."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())


if __name__ == "__main__":
    entry()
