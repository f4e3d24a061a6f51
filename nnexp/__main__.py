"""The Hydra door: composes a sweep from `conf/` and the command line, and hands plain data on.

    python -m nnexp depth=[1,2,3] activation=[tanh,relu] seeds=64      every list is an axis
    python -m nnexp sweep=optima seeds=256                             a named sweep, one value changed
    python -m nnexp -m optimizer=gd,sgd depth=1,2                      Hydra's own multirun, any launcher

Whatever is wrong with the input is said in one line, with exit code 2, before anything is written.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["HYDRA_FULL_ERROR"] = "1"  # errors come to us, to be said in one line

from nnexp import interrupts
from nnexp.door import door
from nnexp.errors import UserError, unknown

GROUPS = [
    *("dataset", "features", "activation", "loss", "optimizer", "schedule", "initializer", "stopping"),
    *("tracking", "backend", "sweep"),
]


def conf_dir() -> Path:
    """The folder of configs: inside the installed package, or beside it in a checkout."""
    packaged = Path(__file__).parent / "conf"
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "conf"


def main() -> None:
    """Run the command line; leaves with 0, with 2 on bad input, with 130 when interrupted."""
    interrupts.ended_by(lambda: door(lambda: _asked(sys.argv[1:])))


def _asked(arguments: Sequence[str]) -> None:
    if {"-h", "--help"} & set(arguments):
        print(help_text())
    else:
        _hydra(arguments)


def help_text() -> str:
    """How to say a sweep, every key, and the options of every group."""
    options = {group: _options(group) for group in GROUPS}
    groups = "\n".join(f"  {group:<12} {', '.join(names)}" for group, names in options.items())
    lines = (conf_dir() / "config.yaml").read_text(encoding="utf-8").splitlines()
    keys = "\n".join(f"  {line}" for line in lines if re.match(r"^(?!defaults|hydra)\w+:", line))
    return f"{__doc__}\nParts, chosen by name:\n{groups}\n\nKeys, with their defaults:\n{keys}\n\nHydra's own: --hydra-help"


def _options(group: str, folders: Sequence[Path] = ()) -> list[str]:
    found = {file.stem for folder in (*folders, conf_dir()) for file in (folder / group).glob("*.yaml")}
    return sorted(found)


def _hydra(arguments: Sequence[str]) -> None:
    """Let Hydra compose and call `_job`; its complaints become ours."""
    import hydra

    _check_flags(arguments)
    with _in_our_words(_overlay(arguments)):
        if {"-m", "--multirun"} & set(arguments):
            sys.argv.append(f"hydra.sweep.dir={_check_every_job(arguments)}")
        elif any(argument.lstrip("+~").startswith("hydra") for argument in arguments):
            _check_every_job(arguments)  # Hydra makes its folder before the job begins
        hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")(_job)()


@contextlib.contextmanager
def _in_our_words(overlay: Sequence[Path] = ()) -> Iterator[None]:
    """Whatever is raised while a sweep is composed as a refusal; what goes wrong once the job has begun is left as it is."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        if any(frame.f_code is _job.__code__ for frame, _ in traceback.walk_tb(error.__traceback__)):
            raise
        from nnexp import complaints

        raise complaints.said(error, GROUPS, lambda group: _options(group, overlay)) from None


def _check_flags(arguments: Sequence[str]) -> None:
    """Refuse a flag that Hydra does not know or that makes no sense here, and a part that is taken away."""
    from hydra._internal.utils import get_args_parser

    for flag in sorted(
        {"--shell-completion", "-sc", "--experimental-rerun"} & {a.partition("=")[0] for a in arguments}
    ):
        raise UserError(f"{flag} is left out on purpose; say the sweep again: what is on record is not trained again")
    if "--resolve" in arguments and not {"--cfg", "-c"} & {a.partition("=")[0] for a in arguments}:
        raise UserError("--resolve shows the composed sweep with --cfg alone; say --cfg job --resolve")

    for argument in arguments:
        group, _, value = argument.partition("=")
        if group in GROUPS and group != "sweep" and value in ("", "null", "[]"):
            raise UserError(f"{argument} leaves no {group}; give one or more of: {', '.join(_options(group))}")
        if group in GROUPS and re.fullmatch(r"[-+\d.eE]+|true|false|\{.*", value, flags=re.IGNORECASE):
            raise unknown(group, value, _options(group))

    parser = get_args_parser()
    parser.exit_on_error = False
    try:
        _, strange = parser.parse_known_args(list(arguments))
    except argparse.ArgumentError as error:
        raise UserError(f"{error}; see --help") from None
    if strange:
        what = "comes after a flag that stands among them; put flags first" if "=" in strange[0] else "is no flag"
        raise UserError(f"{strange[0]} {what}; say key=value, or see --help")


def _overlay(arguments: Sequence[str]) -> list[Path]:
    """Lay the folder given with --config-dir over the packaged configs: its files come first."""
    from hydra.core.config_search_path import ConfigSearchPath
    from hydra.core.plugins import Plugins
    from hydra.plugins.search_path_plugin import SearchPathPlugin

    folder = _value_of("--config-dir", "-cd", arguments)
    if folder is None:
        return []
    path = Path(folder).absolute()
    if not path.is_dir():
        raise UserError(f"--config-dir {folder}: there is no such folder; give the folder of your own configs")

    class Overlay(SearchPathPlugin):
        """Puts the user's folder before ours."""

        def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
            search_path.prepend(provider="overlay", path=f"file://{path}", anchor="main")

    Plugins.instance().register(Overlay)
    return [path]


def _value_of(long: str, short: str, arguments: Sequence[str]) -> str | None:
    for place, argument in enumerate(arguments):
        if argument in (long, short) and place + 1 < len(arguments):
            return arguments[place + 1]
        if argument.startswith(f"{long}="):
            return argument.split("=", 1)[1]
    return None


def _check_every_job(arguments: Sequence[str]) -> str:
    """Plan every job of a multirun before the first one starts, so that a bad one stops them all.

    Gives the folder for what Hydra leaves, named after all their runs: the same multirun again is the same sweep.
    """
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.override_parser.overrides_parser import OverridesParser

    from nnexp import complaints, pipeline
    from nnexp.configuration import digest

    runs: list[str] = []
    overrides = [a for a in arguments if "=" in a and not a.startswith("-") and not a.startswith("hydra")]
    parsed = OverridesParser.create().parse_overrides(overrides)
    complaints.refuse_too_many_jobs(parsed)
    for job in BasicSweeper.split_arguments(parsed, max_batch_size=None)[0]:
        asked = _composed(job)
        runs += [run.id for run in pipeline.planned(asked).runs]
    return f"{asked['runs_dir']}/multirun/{digest(runs)}"


def asked_for(*overrides: str) -> dict[str, Any]:
    """The sweep that the command line asks for with these words, as plain data.

    Raises:
        UserError: if a name or a key is not known.
    """
    with _in_our_words():
        return _composed(overrides)


def _composed(overrides: Sequence[str]) -> dict[str, Any]:
    from hydra import compose, initialize_config_dir

    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        return _plain(compose("config", overrides=list(overrides), return_hydra_config=True))


def _plain(composed: Any) -> dict[str, Any]:
    """The composed sweep as plain data, named after the sweep it was composed from unless it has a name."""
    from omegaconf import OmegaConf, open_dict

    with open_dict(composed):
        hydra_part = composed.pop("hydra", None)
    asked: dict[str, Any] = OmegaConf.to_container(composed, resolve=True)  # type: ignore[assignment]
    if asked["name"] is None:
        asked["name"] = _chosen_sweep(hydra_part) or "unnamed"
    return asked


def _chosen_sweep(hydra_part: Any) -> str | None:
    from hydra.core.hydra_config import HydraConfig

    choices = hydra_part.runtime.choices if hydra_part is not None else HydraConfig.get().runtime.choices
    name = choices.get("sweep")
    return str(name).replace("/", ".") if name not in (None, "null") else None


def _job(composed: Any) -> None:
    """One sweep, from composed config to summary."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode
    from omegaconf.errors import OmegaConfBaseException

    from nnexp import complaints, config, pipeline, terminal

    hydra_config = HydraConfig.get()
    under = hydra_config.sweep.dir if hydra_config.mode == RunMode.MULTIRUN else None

    def carry_through() -> None:
        try:
            asked = _plain(composed)
        except OmegaConfBaseException as error:  # of an interpolation that leads nowhere
            raise complaints.said(error, GROUPS, _options) from None
        with terminal.Bar() as bar:
            outcome = pipeline.run(config.check(asked), config=asked, under=under, watcher=bar)
        terminal.report(outcome)

    door(carry_through)  # a refusal is said here, since Hydra would add a line of its own


if __name__ == "__main__":
    main()
