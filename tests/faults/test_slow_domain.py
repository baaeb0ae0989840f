"""One slow domain that holds most of the rows: the others do not wait for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.conftest import MANY
from tests.support.fault_smtp.scenario import At, Do, Fault, Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import Installation, result_of

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

Make = Callable[..., Installation]
Close = Callable[..., Any]
SLOW = "slow.example"


@pytest.mark.fault("F60")
@pytest.mark.parametrize("cap", [0, 2])
def test_the_others_are_done_long_before_it(
    tmp_path: Any, relay: FaultServer, make_office: Make, close_accounts: Close, cap: int
) -> None:
    office = Installation(
        tmp_path,
        RELAY_URL=f"smtp://127.0.0.1:{relay.port}",
        FROM="澄江区创建办 <office@bureau.example>",
        RELAY_CONNECTIONS=4,
        PACE_CONNECTIONS_PER_DOMAIN=cap,
    )
    office.init()
    office.import_addresses(f"r{n}@{SLOW}" if n % 10 else f"r{n}@d{n}.example" for n in range(MANY))
    relay.change(Scenario(faults=(Fault(at=At.DOT, do=Do.LATE, seconds=0.3, to=f"*@{SLOW}"),)))
    try:
        assert result_of(office.send(), 200)["status"] == "closed"
        close_accounts(office, hit=relay.log.count("fault"))
    finally:
        office.close()
    order = [message.rcpt_to[0].endswith(SLOW) for message in relay.log.messages()]
    last_quick = max(place for place, is_slow in enumerate(order) if not is_slow)
    slow_before = sum(order[:last_quick])
    assert slow_before < sum(order) / 2
