"""The office says how its mail looks: its name, colour, sign and last lines. Mailings prepared already keep theirs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from sqlmodel import Session

from mailer.content.facts import Sender
from mailer.content.look import PLAIN_LOOK, Logo, Look
from mailer.flow.office import Office
from mailer.store import freeze, looks

BULLETIN = 1  # one to an installation so far


@dataclass(frozen=True, slots=True)
class HouseStyle:
    """``office``: the name that the mail is sent in; empty: as configured, else as the issue prints it."""

    look: Look = PLAIN_LOOK
    office: str = ""

    def sender(self, sender: Sender) -> Sender:
        return replace(sender, office=self.office) if self.office else sender


def house_style(session: Session, bulletin_id: int = BULLETIN) -> HouseStyle:
    """What was set last; plain where nothing was."""
    row = looks.look_row(session, bulletin_id)
    if row is None:
        return HouseStyle()
    logo = Logo(bytes(row.logo), row.logo_width, row.logo_height, row.logo_alt) if row.logo is not None else None
    return HouseStyle(Look(row.accent, logo, tuple(row.footer.splitlines())), row.office)


def set_look(office: Office, wanted: HouseStyle, actor: str) -> bool:
    """Keeps it for every mailing prepared from now on; False where it was so already. The values check themselves."""
    now = office.clock.now()
    logo = wanted.look.logo
    with office.store.begin() as session:
        freeze.keep_bulletin(session, title="", office="", now=now)
        if house_style(session) == wanted:
            return False
        looks.keep_look(
            session,
            BULLETIN,
            office=wanted.office,
            accent=wanted.look.accent,
            footer="\n".join(wanted.look.footer),
            logo=logo.data if logo else None,
            logo_width=logo.width if logo else 0,
            logo_height=logo.height if logo else 0,
            logo_alt=logo.alt if logo else "",
            set_at=now,
            set_by=actor,
        )
        office.record(
            session,
            actor,
            "bulletin.look_set",
            f"bulletin:{BULLETIN}",
            office=wanted.office,
            accent=wanted.look.accent,
            footer=list(wanted.look.footer),
            logo=hashlib.sha256(logo.data).hexdigest() if logo else "",
        )
    return True
