"""axe-core on a page: what a reader of screens, a keyboard or weak eyes would stumble over (WCAG 2.1 A and AA)."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

_SOURCE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
_SERIOUS = {"serious", "critical"}


def findings(page: Page) -> list[str]:
    """Serious and critical findings, each with the first element it names; [] when there are none."""
    page.evaluate(_SOURCE)
    violations = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
    return [
        f"{each['id']}: {each['help']} ({len(each['nodes'])}x, {each['nodes'][0]['html'][:160]})"
        for each in violations
        if each["impact"] in _SERIOUS
    ]
