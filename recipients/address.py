"""EmailAddress: what may stand in an SMTP envelope and in a To line, and how two addresses are compared.

Owns syntax only (RFC 5321 4.1.2, RFC 5890 for domains). Must not know people, lists, files or whether mail arrives.
An address that passes ``parse`` holds no CR, LF, NUL, blank, ``<`` or ``>``: it can be put on a command line as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import idna

LOCAL_PART_OCTETS = 64  # RFC 5321 4.5.3.1.1
ADDRESS_OCTETS = 254  # RFC 5321 4.5.3.1.3, less the angle brackets

# RFC 5322 3.2.3: dot-atom. Quoted local parts are refused, see parse.
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")

# RFC 2606 and RFC 6761: names that never belong to anybody.
_TEST_TOPS = frozenset({"test", "example", "invalid", "localhost"})
_TEST_DOMAINS = ("example.com", "example.net", "example.org")


class AddressProblem(StrEnum):
    """Why a text is no address; the values are the ``reason`` of an import's rejected rows."""

    NO_EMAIL = "no_email"
    BAD_EMAIL = "bad_email"
    NEEDS_SMTPUTF8 = "needs_smtputf8"


class AddressError(ValueError):
    """``problem`` names the kind; the message is a Chinese sentence without the address in it."""

    def __init__(self, problem: AddressProblem, message: str) -> None:
        super().__init__(message)
        self.problem, self.message = problem, message


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """``original`` as a person wrote it; ``ascii`` for the wire, the domain in its IDNA A-form and lower case;
    ``key`` for comparison, without case in the local part too; ``domain`` is the part of ``ascii`` after the @.
    """

    original: str
    ascii: str
    key: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Strict: nothing is repaired, blanks at the ends are a mistake. Raises AddressError.

        Quoted local parts and address literals are refused: no mailbox of an office has one, and both carry the
        characters that mail injection needs.
        """
        if not text.strip():
            raise AddressError(AddressProblem.NO_EMAIL, "没有填写邮箱")
        _check_shape(text)
        local, _, _ = text.rpartition("@")
        if not local.isascii():
            raise AddressError(AddressProblem.NEEDS_SMTPUTF8, "@ 前面有非英文字符，大多数邮件系统收不了")
        if not _DOT_ATOM.fullmatch(local):
            raise AddressError(AddressProblem.BAD_EMAIL, "@ 前面的写法不对（多余的点或不能用的符号）")
        domain = _ascii_domain(text.rpartition("@")[2])
        wire = f"{local}@{domain}"
        if len(wire) > ADDRESS_OCTETS:
            raise AddressError(AddressProblem.BAD_EMAIL, "地址太长（超过 254 个字符）")
        return cls(original=text, ascii=wire, key=f"{local.casefold()}@{domain}", domain=domain)

    @property
    def is_test(self) -> bool:
        return is_test_domain(self.domain)

    def __str__(self) -> str:
        return self.original


def _check_shape(text: str) -> None:
    """The mistakes people make often get a sentence of their own."""
    if len(text) > ADDRESS_OCTETS:
        raise AddressError(AddressProblem.BAD_EMAIL, "地址太长（超过 254 个字符）")
    if any(ch.isspace() or ch in "<>" or not ch.isprintable() for ch in text):
        raise AddressError(AddressProblem.BAD_EMAIL, "地址里有空格、尖括号或控制字符")
    at_signs = text.count("@")
    if at_signs == 0:
        raise AddressError(AddressProblem.BAD_EMAIL, "没有 @")
    if at_signs > 1:
        raise AddressError(AddressProblem.BAD_EMAIL, "有不止一个 @")
    local, _, domain = text.partition("@")
    if not local or not domain:
        raise AddressError(AddressProblem.BAD_EMAIL, "@ 前面或后面是空的")
    if len(local) > LOCAL_PART_OCTETS:
        raise AddressError(AddressProblem.BAD_EMAIL, "@ 前面太长（超过 64 个字符）")


def _ascii_domain(domain: str) -> str:
    """The domain's A-form in lower case (RFC 5891). Any top-level name passes: an office may have its own."""
    if not domain.isascii():
        top = domain.rpartition(".")[2]
        if not top.isascii() and any(ch.isascii() for ch in top):
            # every Chinese top-level domain is Chinese throughout: this is a remark grown onto the address
            raise AddressError(AddressProblem.BAD_EMAIL, "域名末尾中英文混在一起，可能粘上了别的文字")
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise AddressError(AddressProblem.BAD_EMAIL, "@ 后面不是能用的域名") from error
    labels = domain.lower().split(".")
    if len(labels) < 2:
        raise AddressError(AddressProblem.BAD_EMAIL, "@ 后面的域名里没有点")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressError(AddressProblem.BAD_EMAIL, "@ 后面不是能用的域名")
    if labels[-1].isdigit():
        raise AddressError(AddressProblem.BAD_EMAIL, "@ 后面不能是数字地址")
    return ".".join(labels)


def is_test_domain(domain: str) -> bool:
    """Whether mail to ``domain`` can reach nobody: .test .example .invalid .localhost example.com/.net/.org."""
    name = domain.lower().rstrip(".")
    return name.rpartition(".")[2] in _TEST_TOPS or any(name == d or name.endswith(f".{d}") for d in _TEST_DOMAINS)
