"""Files named on the command line that shall travel with a mail."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from pathlib import Path

from mailer.cli.output import CommandError, Exit
from mailer.content.attachments import MAX_BYTES, Attachment, AttachmentError, EncodedAttachment, check_together


def read_attachments(paths: Sequence[Path]) -> tuple[Attachment, ...]:
    """Raises CommandError (exit 2): a file that cannot be read, or cannot travel alone or with the others."""
    found = []
    for path in paths:
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        try:
            with path.open("rb") as file:
                found.append(Attachment(path.name, kind, file.read(MAX_BYTES + 1)))
        except OSError as error:
            raise CommandError(
                "file_missing", f"读不到附件 {path}：{error.strerror}", "请检查文件名和所在文件夹。", Exit.USAGE
            ) from error
        except AttachmentError as error:
            raise CommandError("bad_attachment", str(error), "改好后再试；现在什么都没有发出。", Exit.USAGE) from error
    try:
        check_together(tuple(EncodedAttachment(b"", len(each.data)) for each in found))
    except AttachmentError as error:
        raise CommandError("bad_attachment", str(error), "改好后再试；现在什么都没有发出。", Exit.USAGE) from error
    return tuple(found)
