"""Where the packaged files are: templates and the sample issue. A leaf; knows paths, renders nothing."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def templates() -> Path:
    """The templates folder: inside the package in an installed wheel, beside it in a checkout."""
    inside = _PACKAGE / "templates"
    return inside if inside.is_dir() else _PACKAGE.parent / "templates"


def sample(name: str) -> Path:
    """A file of the sample: ``issue.md`` or ``roster.csv``."""
    return _PACKAGE / "sample" / name
