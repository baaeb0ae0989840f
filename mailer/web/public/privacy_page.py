"""The privacy notice: what is kept of a recipient, what for, how long; the figures are those that the service works by."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from mailer.flow.keep_for_a_time import APPLICATIONS_FOR
from mailer.web.public.hall import Hall
from mailer.web.public.ways import Visit, Way


def ways(hall: Hall) -> list[Way]:
    def privacy(visit: Visit) -> Response:
        del visit
        settings = hall.settings
        return hall.show(
            "privacy.html",
            returns_for=in_words(settings.retention_returns),
            links_for=in_words(settings.links_for),
            applications_for=in_words(APPLICATIONS_FOR),
            write_to=settings.reply_to or settings.from_.rpartition("<")[2].strip("> "),
        )

    return [Way("/privacy", privacy)]


def in_words(duration: timedelta) -> str:
    """«90 天», «12 小时»."""
    return f"{duration.days} 天" if duration.days else f"{duration.seconds // 3600} 小时"
