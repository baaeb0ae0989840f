"""What somebody had typed when the session ended or the password was asked for: carried through the page in between.

Text only: a browser gives no file back. Passwords, codes and tokens are never carried.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request

from mailer.web.forms import FIELDS, Form

AGAIN = "again_password"  # the field in which a form brings the password along
_NEVER = frozenset({"csrf", AGAIN, "code", "kept", "next"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that was not taken: where it was going, on which ``page`` it stood ('' unknown), and what was in it.

    ``had_files``: they must be chosen again, so that it cannot simply be sent once more.
    """

    path: str
    page: str
    fields: tuple[tuple[str, str], ...]
    had_files: bool

    def packed(self) -> str:
        """For one hidden field; '' when there is nothing to carry."""
        if not self.fields and not self.had_files:
            return ""
        return json.dumps([self.path, self.page, self.fields, self.had_files], ensure_ascii=False)


def keep(request: Request, form: Form) -> Kept:
    """Of a post that is not carried out now."""
    fields = tuple((name, value) for name, value in form.fields if name not in _NEVER and "password" not in name)
    referrer = urlsplit(request.headers.get("referer", ""))
    is_ours = referrer.netloc == request.headers.get("host")
    page = referrer.path + (f"?{referrer.query}" if referrer.query else "") if is_ours else ""
    return Kept(path_of(request), page if is_own_path(page) else "", fields, bool(form.uploads))


def path_of(request: Request) -> str:
    """What was asked for, query and all."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def unpack(text: str) -> Kept | None:
    """What ``packed`` made; None for anything else."""
    try:
        path, page, fields, had_files = json.loads(text)
        kept = Kept(path, page, tuple((str(name), str(value)) for name, value in fields), bool(had_files))
        kept.packed().encode("utf-8")  # half a surrogate pair, which JSON can name, could not be shown
    except (ValueError, TypeError, RecursionError):
        return None
    is_sound = is_own_path(path) and (page == "" or is_own_path(page)) and len(kept.fields) <= FIELDS
    return kept if is_sound else None


def is_own_path(path: object) -> bool:
    """Whether a redirect there stays with us: no other host's name, nothing that a header must not hold."""
    return (
        isinstance(path, str)
        and path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and len(path) < 2_000
        and path.isprintable()
    )
