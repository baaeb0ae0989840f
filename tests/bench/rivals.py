"""``python -m tests.bench.rivals N PORT SIZE``: what an afternoon's script does: smtplib and a message object a recipient.

One connection for all, one after the other, no ledger. Prints {"n", "ok", "wall", "cpu"}.
"""

from __future__ import annotations

import json
import smtplib
import sys
import time
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid

_LINE = "云溪街道把议事会搬进楼院，居民自带板凳，一事一议。"


def run(n: int, port: int, size: int) -> dict[str, float]:
    # base64 makes four octets of three; the HTML part is six times the text, as in a bulletin
    lines = max(size * 3 // 4 // (7 * len(_LINE.encode())), 1)
    text = "\n".join([_LINE] * lines)
    html = "".join(f"<p>{_LINE}</p>\n" for _ in range(lines * 6))
    wall, cpu, ok = time.monotonic(), time.process_time(), 0
    with smtplib.SMTP("127.0.0.1", port) as relay:
        for number in range(n):
            mail = EmailMessage(policy=SMTP)
            mail["From"], mail["To"] = "office@qinglan.example", f"r{number}@d.example"
            mail["Subject"], mail["Date"], mail["Message-ID"] = "工作快报", formatdate(), make_msgid()
            mail.set_content(f"{number}\n{text}", cte="base64")
            mail.add_alternative(f"{number}{html}", subtype="html", cte="base64")
            ok += not relay.sendmail("office@qinglan.example", [f"r{number}@d.example"], mail.as_bytes())
    return {"n": n, "ok": ok, "wall": time.monotonic() - wall, "cpu": time.process_time() - cpu}


if __name__ == "__main__":
    print(json.dumps(run(*map(int, sys.argv[1:4]))))
