"""What MLflow shows of the sweeps on record: look at it, bring it up to date, say what its metrics mean.

python -m nnexp.tracking ui [SWEEP] [--port 5000]      serve it on this machine, until Ctrl-C; see --help for other hosts
python -m nnexp.tracking sync [SWEEP]                  write what is missing: of one sweep, or of all that are tracked
python -m nnexp.tracking metrics                       every metric that is logged: level, name, meaning, unit
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from nnexp import interrupts, terminal


def main() -> None:
    """Run the command line; leaves with 2 where what is asked for cannot be done."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the server never outlives this
    try:
        terminal.door(lambda: _run(_asked()))
    except KeyboardInterrupt:
        print("\nstopped")


def _asked() -> argparse.Namespace:
    form = argparse.RawDescriptionHelpFormatter
    parser = terminal.Parser(prog="python -m nnexp.tracking", description=__doc__, formatter_class=form)
    parser.add_argument("do", choices=("ui", "sync", "metrics"), nargs="?", default="ui", help="what to do; ui unasked")
    parser.add_argument("sweep", nargs="?", help="the sweep's name or id; unasked the newest, or for sync all")
    parser.add_argument("--port", type=int, default=5000, help="the port that ui listens on; 5000 unless given")
    parser.add_argument("--host", default="127.0.0.1", help="the address that ui listens on; 127.0.0.1 unless given")
    prefix = os.environ.get("MLFLOW_STATIC_PREFIX", "")
    parser.add_argument("--static-prefix", default=prefix, help="what paths begin with behind a proxy, as in /mlflow")
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"), help="the folder of everything that is made")
    return parser.parse_args()


def _run(asked: argparse.Namespace) -> None:
    if asked.do == "metrics":
        from nnexp.tracking.metrics import described

        print(described())
    elif asked.do == "sync":
        interrupts.ended_by(lambda: _sync(asked))
    else:
        from nnexp.tracking.server import serve

        serve(asked.runs_dir, asked.port, asked.sweep or None, asked.host, asked.static_prefix)


def _sync(asked: argparse.Namespace) -> None:
    import nnexp

    with terminal.Bar() as bar:
        done = nnexp.sync(asked.sweep or None, asked.runs_dir, watcher=bar)
    terminal.synced(done)


if __name__ == "__main__":
    main()
