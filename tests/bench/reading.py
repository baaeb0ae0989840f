"""How long reading takes as bulletins grow: text and Word of 10, 100 and 1,000 KB. ``python -m tests.bench.reading``.

The last column is the growth of the time over the growth of the size: about 1 means linear, 10 would be quadratic.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from mailer.content.readers import read_issue
from tests.support.ooxml import inserted, p, run, word_file

SIZES = (10, 100, 1_000)
_RUNS = 3
_HEAD = ("白鹭区工作快报", "第12期", "白鹭区委办公室　2026年3月9日")
_ARTICLE = "近日，组织志愿者开展环境整治，清理楼道堆物、规范车辆停放，小区面貌明显改善，居民群众积极参与。"


def text_of(kilobytes: int) -> bytes:
    """Articles of eight paragraphs, cut by pages now and then."""
    block = "推进会召开\n\n" + f"{_ARTICLE}\n\n" * 7 + f"{_ARTICLE[:20]}\n\n— 3 —\n\n{_ARTICLE[20:]}（本刊）\n\n"
    times = max(kilobytes * 1024 // len(block.encode()), 1)
    return ("\n\n".join(_HEAD) + "\n\n【要闻】\n\n" + block * times).encode()


def one_paragraph_of(kilobytes: int) -> bytes:
    """Briefs in one paragraph after the other, as long as a line may be."""
    brief = f"永宁镇：{_ARTICLE}"
    line = brief * 200
    times = max(kilobytes * 1024 // len(line.encode()), 1)
    return ("\n\n".join(_HEAD) + "\n\n【简讯】\n\n" + f"{line}\n\n" * min(times, 9)).encode()


def word_of(kilobytes: int) -> bytes:
    """Paragraphs of several runs, some of them inserted."""
    paragraph = p(run(_ARTICLE[:9]), run(_ARTICLE[9:20], bold=True), inserted(run(_ARTICLE[20:])), indent=True)
    times = max(kilobytes * 1024 // len(paragraph.encode()), 1)
    return word_file(*(p(line) for line in _HEAD), p("【要闻】"), paragraph * times)


def seconds(data: bytes, name: str) -> float:
    best = float("inf")  # of processor time: the machine may be busy
    for _ in range(_RUNS):
        begun = time.process_time()
        read_issue(data, name)
        best = min(best, time.process_time() - begun)
    return best


def main() -> None:
    kinds: dict[str, tuple[str, Callable[[int], bytes]]] = {
        "text": ("a.txt", text_of),
        "one paragraph": ("a.txt", one_paragraph_of),
        "word": ("a.docx", word_of),
    }
    for kind, (name, build) in kinds.items():
        before: tuple[int, float] | None = None
        for size in SIZES:
            data = build(size)
            took = seconds(data, name)
            growth = f"{took / before[1] / (size / before[0]):.2f}" if before else ""
            print(f"{kind:<14} {size:>5} KB {took * 1000:>9.1f} ms  {growth}")
            before = (size, took)


if __name__ == "__main__":
    main()
