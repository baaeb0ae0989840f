"""Delivery status notifications: the fields of RFC 3464 (and RFC 6533), also as mail systems misprint them.

Reads text, not MIME: the same fields are met in their own part, in a part of the wrong type, and in bare prose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailer.model.reply import EnhancedStatus

RECIPIENTS_LIMIT = 200
"""Recipient blocks that are read. Ours name one; a forwarder's list may name more."""

ADDRESS_LIMIT = 320
"""Characters of an address: 64 + @ + 255 (RFC 5321 4.5.3.1)."""

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{2,40})[ \t]*:[ \t]*(.*)")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_UTF8_ESCAPE = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_BARE_ADDRESS = re.compile(r"[^\s<>()\[\];,:\"]{1,64}@[^\s<>()\[\];,:\"]{1,255}")
_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")
_PER_MESSAGE = frozenset(
    {"reporting-mta", "original-envelope-id", "received-from-mta", "arrival-date", "dsn-gateway", "x-postfix-queue-id"}
)
_WHO = frozenset({"final-recipient", "original-recipient"})
_PER_RECIPIENT = _WHO | {"action", "status", "remote-mta", "diagnostic-code", "last-attempt-date", "will-retry-until"}

# RFC 3464 2.3.3 knows five words; these beginnings cover the others that are met ("failure", "Failed (permanent)").
_ACTIONS = (
    ("fail", "failed"),
    ("error", "failed"),
    ("undeliver", "failed"),
    ("bounce", "failed"),
    ("expired", "failed"),
    ("reject", "failed"),
    ("delay", "delayed"),
    ("delivered", "delivered"),
    ("relay", "relayed"),
    ("expand", "expanded"),
)


@dataclass(frozen=True, slots=True)
class StatusBlock:
    """One recipient's block. Addresses without their type; ``action`` one of RFC 3464's words or ''."""

    original_recipient: str
    final_recipient: str
    action: str
    status: EnhancedStatus | None
    diagnostic: str
    remote_mta: str


@dataclass(frozen=True, slots=True)
class StatusFields:
    envelope_id: str = ""
    reporting_mta: str = ""
    blocks: tuple[StatusBlock, ...] = ()


@dataclass(slots=True)
class _Reading:
    message: dict[str, str] = field(default_factory=dict)
    blocks: list[dict[str, str]] = field(default_factory=list)


def read_fields(text: str) -> StatusFields:
    """Every recipient block of a delivery-status text; none at all if it holds no such fields."""
    reading = _collect(text)
    blocks = tuple(block for block in map(_block, reading.blocks) if block is not None)
    return StatusFields(
        envelope_id=xtext_decoded(reading.message.get("original-envelope-id", "")),
        reporting_mta=_untyped(reading.message.get("reporting-mta", "")),
        blocks=blocks,
    )


def _collect(text: str) -> _Reading:
    """A block begins with its first recipient field. Blank lines alone part nothing: some systems put them inside."""
    reading = _Reading()
    current: dict[str, str] = {}
    parted = True
    for name, value in _fields(text):
        if not name:
            parted = True
        elif name in _PER_MESSAGE:
            reading.message.setdefault(name, value)
        elif name in _PER_RECIPIENT:
            begins = name in _WHO and (name in current or (parted and _WHO & current.keys()))
            if begins or not reading.blocks:
                if len(reading.blocks) == RECIPIENTS_LIMIT:
                    break
                current = {}
                reading.blocks.append(current)
            current.setdefault(name, value)
            parted = False
    return reading


def _fields(text: str) -> list[tuple[str, str]]:
    """(lower-case name, unfolded value) in order; ('', '') for a blank line."""
    found: list[tuple[str, str]] = []
    lines: list[str] = []
    name = ""

    def close() -> None:
        if name:
            found.append((name, " ".join(" ".join(lines).split())))

    for line in text.splitlines():
        if line[:1] in {" ", "\t"} and line.strip() and name:
            lines.append(line)
            continue
        close()
        match = _FIELD.match(line)
        name, lines = (match[1].lower(), [match[2]]) if match else ("", [])
        if not line.strip():
            found.append(("", ""))
    close()
    return found


def _block(values: dict[str, str]) -> StatusBlock | None:
    if not _WHO & values.keys():
        return None
    found = _STATUS.search(values.get("status", ""))
    status = EnhancedStatus(int(found[1]), int(found[2]), int(found[3])) if found else None
    diagnostic = values.get("diagnostic-code", "")
    kind, separator, rest = diagnostic.partition(";")
    return StatusBlock(
        original_recipient=address(values.get("original-recipient", "")),
        final_recipient=address(values.get("final-recipient", "")),
        action=_action(values.get("action", ""), status),
        status=status,
        diagnostic=rest.strip() if separator and _is_type(kind) and kind.lower() != "x-unix" else diagnostic.strip(),
        remote_mta=_untyped(values.get("remote-mta", "")),
    )


def _action(word: str, status: EnhancedStatus | None) -> str:
    lowered = word.strip().lower()
    for beginning, action in _ACTIONS:
        if lowered.startswith(beginning):
            return action
    if status is None:
        return ""
    return {2: "delivered", 4: "delayed", 5: "failed"}[status.klass]


def _is_type(kind: str) -> bool:
    stripped = kind.strip()
    return 0 < len(stripped) <= 20 and all(letter.isalnum() or letter in "-_" for letter in stripped)


def _untyped(value: str) -> str:
    kind, separator, rest = value.partition(";")
    return rest.strip() if separator and _is_type(kind) else value.strip()


def address(value: str) -> str:
    """``rfc822; <li@post.example>`` or ``utf-8; ...`` -> ``li@post.example``; '' without an address."""
    text = _UTF8_ESCAPE.sub(lambda match: _character(match[1]), _untyped(value))
    text = xtext_decoded(text).strip().strip("<>").strip()
    if text.lower().startswith("rfc822;"):  # the type written twice
        text = text[7:].strip()
    if "@" in text and len(text) <= ADDRESS_LIMIT and not any(letter.isspace() for letter in text):
        return text  # also a quoted local part, which the search below would strip
    found = _BARE_ADDRESS.search(text[:1000])
    return found[0].rstrip(".") if found else ""


def _character(digits: str) -> str:
    code = int(digits, 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def xtext_decoded(value: str) -> str:
    """RFC 3461 4: ``+HH`` stands for one octet, needed for plus, equals sign, blanks and controls only. Where any of
    them is another octet the plus is the address's own (``li+AB@post.example``), and nothing is changed.
    """
    octets = [int(match[1], 16) for match in _XTEXT.finditer(value)]
    if not octets or any(octet > 0x20 and octet not in b"+=" for octet in octets):
        return value
    return _XTEXT.sub(lambda match: chr(int(match[1], 16)), value)
