"""Judge the endpoints of a recorded sweep, or say why a run ended where it did.

python -m nnexp.judging [SWEEP] [--runs-dir runs]      judge a sweep's runs, of nets of any size
python -m nnexp.judging --run RUN_ID                   say it in a few lines
"""

from __future__ import annotations

from nnexp import frames, interrupts, pipeline, terminal
from nnexp.errors import UserError
from nnexp.reasons import why
from nnexp.records import Records


def main() -> None:
    """Run the command line; leaves with 2 where there is no such sweep or run, with 130 when interrupted."""
    interrupts.ended_by(lambda: terminal.door(_run))


def _run() -> None:
    parser = terminal.Parser(prog="python -m nnexp.judging", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sweep", nargs="?", help="the sweep's name or id; the newest unless given")
    parser.add_argument("--run", help="the id of a run that is to be explained")
    parser.add_argument("--runs-dir", default="runs", help="the folder of everything that is made")
    asked = parser.parse_args()
    if asked.run and asked.sweep:
        raise UserError(f"--run {asked.run} is known by its id alone; leave out {asked.sweep}")
    if asked.run:
        terminal.say(why(asked.run, asked.runs_dir))
        return
    with terminal.Bar() as bar:
        record, judged = pipeline.judge(asked.sweep, asked.runs_dir, bar)
    terminal.verdicts(record.name, frames.frame(Records(asked.runs_dir), record.runs, curves=False), judged)


if __name__ == "__main__":
    main()
