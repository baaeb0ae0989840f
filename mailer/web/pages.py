"""The pages' template environment: autoescape, unknown names are errors, times of the office, classes of statuses.

Owns how a value looks on any page of ours; knows no route and no query. Templates are those of ``templates/console``.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mailer.flow.audit_words import actor_words
from mailer.model.delivery import DeliveryStatus


class Pages:
    """Renders pages from the folder ``templates``; ``zone`` is the office's."""

    def __init__(self, templates: Path, zone: tzinfo) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(templates, encoding="utf-8"),
            undefined=StrictUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters["moment"] = lambda value: office_time(value, zone)
        self._environment.filters["day"] = lambda value: office_day(value, zone)
        self._environment.filters["moment_exactly"] = lambda value: f"{value.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        self._environment.filters["actor"] = actor_words
        self._environment.filters["status_label"] = lambda value: DeliveryStatus(value).label
        self._environment.filters["status_class"] = status_class

    def render(self, name: str, /, **values: Any) -> str:
        """One page. ``name``: path below the templates folder. Raises UndefinedError for a value that is missing."""
        return self._environment.get_template(name).render(**values)


def office_time(value: datetime | None, zone: tzinfo) -> str:
    """«11月23日 17:42» in the office's zone; a dash for no time. The year stands on the issue, so it is left out."""
    if value is None:
        return "—"
    local = value.astimezone(zone)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def office_day(value: datetime | None, zone: tzinfo) -> str:
    """«2026-11-30» in the office's zone; a dash for no time. For what lasts: terms of office, names of units."""
    return "—" if value is None else f"{value.astimezone(zone):%Y-%m-%d}"


def status_class(value: DeliveryStatus | str) -> str:
    """The stylesheet's class of a delivery's status: its colour, which always stands beside its word."""
    return f"s-{str(DeliveryStatus(value)).replace('_', '-')}"
