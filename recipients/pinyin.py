"""Names as people type them: full pinyin, initials, or the characters; and the order of names for a list.

Surnames are read as surnames are (曾 zeng, 单 shan), not as in running text.
"""

from __future__ import annotations

from functools import lru_cache

from recipients.people import comparison_key

# Where a surname is read otherwise than the character alone. Two-character surnames first.
SURNAMES: dict[str, str] = {
    "单于": "chan yu", "尉迟": "yu chi",
    "曾": "zeng", "单": "shan", "解": "xie", "查": "zha", "区": "ou", "仇": "qiu", "盖": "ge", "朴": "piao", "乐": "yue", "翟": "zhai", "缪": "miao", "秘": "bi", "折": "she", "覃": "qin", "黑": "he", "种": "chong", "繁": "po", "员": "yun", "召": "shao", "洗": "xian", "卜": "bu", "隗": "wei", "牟": "mu",
}  # fmt: skip


@lru_cache(maxsize=65536)
def syllables(name: str, *, is_person: bool = True) -> tuple[str, ...]:
    """Lower case, without tones, ü as v; what has no reading stands for itself."""
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415  # a dictionary of 40 MB that only a search needs

    text = comparison_key(name)
    for length in (2, 1) if is_person else ():
        if len(text) > length and (reading := SURNAMES.get(text[:length])):
            return (*reading.split(), *syllables(text[length:], is_person=False))
    return tuple(lazy_pinyin(text, style=Style.NORMAL, v_to_u=False))


def matches(query: str, name: str, *, is_person: bool = True) -> bool:
    """Whether ``query`` means ``name``: characters anywhere in it, initials in a row, or pinyin from its beginning; of a
    person's name also from a later syllable.
    """
    wanted = comparison_key(query)
    if not wanted:
        return False
    if wanted in comparison_key(name):
        return True
    if not wanted.isascii():
        return False
    parts = syllables(name, is_person=is_person)
    initials = "".join(part[:1] for part in parts)
    if wanted in initials:
        return True
    starts = range(len(parts)) if is_person else (0,)
    return any("".join(parts[start:]).startswith(wanted) for start in starts)


def sort_key(name: str, *, is_person: bool = True) -> tuple[str, ...]:
    """For ordering by pinyin; the official order, where there is one, comes before it."""
    return (*syllables(name, is_person=is_person), comparison_key(name))
