"""The secrecy mark of the head: 秘密★一年, 内部资料 注意保存.

Tells a mark from the same words in a sentence or in the name of a bulletin. It judges no content.
"""

from __future__ import annotations

import re
from typing import Final

from mailer.content.readers import numerals
from mailer.content.readers.emphasis import BLANKS
from mailer.content.readers.lexicon import despaced
from mailer.content.readers.numerals import fold

_LONGEST: Final = 28
_STATE_SECRET_RE: Final = re.compile(r"[★☆]?(?:绝密|机密|秘密)(?:[★☆].{0,10}|\(.{1,10}\)|[^,。]{0,4}[年月天])?")
_INNER_MARK_RE: Final = re.compile(
    r"内部(?:资料|参阅|文件|刊物|参考|使用|材料|交流|掌握|传阅|事项)|工作秘密|不得外传|严禁外传|请勿外传|注意保[存密管]|妥善保管"
    r"|仅供.{0,6}(?:参考|参阅)|不予公开|非公开|党内刊物"
)
_NAME_RE: Final = re.compile(r"[《》]|快报|动态|专报|编号")
_LABEL_RE: Final = re.compile(r"^密\s*级\s*[:：]\s*")


def secrecy_mark(text: str) -> str | None:
    """The mark as printed, without brackets around it, if a short line is one."""
    if len(text) > 3 * _LONGEST:
        return None
    bare = text.strip(BLANKS + "【】[]()（）")
    packed = _LABEL_RE.sub("", despaced(fold(bare)))
    if not packed or len(packed) > _LONGEST or "。" in packed:
        return None
    if _LABEL_RE.match(bare):  # 密级：内部, whatever grade an office names there
        return _LABEL_RE.sub("", bare)
    inner = _INNER_MARK_RE.search(packed) and not _NAME_RE.search(packed) and not numerals.find_numbers(text)
    return _LABEL_RE.sub("", bare) if inner or is_state_secret(packed) else None


def is_state_secret(mark: str) -> bool:
    """Whether a mark is one of the three grades of the law (绝密, 机密, 秘密), alone or with ★ or a period."""
    return _STATE_SECRET_RE.fullmatch(despaced(fold(mark))) is not None
