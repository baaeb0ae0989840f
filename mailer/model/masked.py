"""A name and an address as a stranger may see them: enough for the owner to know themselves, no more.

Who opens a forwarded link sees whose it is and signs for nobody else unknowingly; who found it learns no full name.
"""

from __future__ import annotations

_STAR = "＊"


def masked_name(name: str) -> str:
    """«王＊», «王＊一», «欧＊＊萍»: the first and, from three characters on, the last one stay. '' stays ''."""
    name = name.strip()
    if len(name) < 2:
        return name
    if len(name) == 2:
        return name[0] + _STAR
    return name[0] + _STAR * (len(name) - 2) + name[-1]


def masked_address(address: str) -> str:
    """«w***g@unit.example»: of the local part first and last, however long it is; the domain is the unit's own and stays."""
    local, at, domain = address.rpartition("@")
    if not at:
        return ""
    shown = f"{local[0]}***" if len(local) < 3 else f"{local[0]}***{local[-1]}"
    return f"{shown}@{domain}"
