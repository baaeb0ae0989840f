"""``python -m tests.support.fault_smtp --port 0 --log relay.jsonl [--scenario FILE] [--certificate PEM --key PEM]``.

Prints its port, reads the scenario file again on SIGHUP, ends on SIGTERM.
"""

from __future__ import annotations

import argparse
import signal
from pathlib import Path

from tests.support.certificates import Certificate
from tests.support.fault_smtp.scenario import Scenario
from tests.support.fault_smtp.server import FaultServer


def main() -> None:
    parser = argparse.ArgumentParser(prog="fault_smtp", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--scenario", type=Path, help="a JSON file, see scenario.Scenario")
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--implicit-tls", action="store_true")
    args = parser.parse_args()
    context = Certificate(args.certificate, args.key).server_context() if args.certificate else None

    def scenario() -> Scenario:
        return Scenario.from_json(args.scenario.read_text("utf-8")) if args.scenario else Scenario()

    # Blocked before any thread exists, so that only sigwait below ever sees them.
    awaited = {signal.SIGHUP, signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    with FaultServer(
        args.log, scenario(), port=args.port, tls_context=context, implicit_tls=args.implicit_tls
    ) as server:
        print(server.port, flush=True)
        while signal.sigwait(awaited) is signal.SIGHUP:
            server.change(scenario())


if __name__ == "__main__":
    main()
