"""Train sweeps of small feed-forward nets from the command line: say what differs from the defaults, as KEY=VALUE.

    python -m nnexp "depth=[1,2,3]" "activation=[tanh,relu]" seeds=64     every list is an axis
    python -m nnexp sweep=optima seeds=256                                a named sweep, one value changed
    python -m nnexp -m optimizer=gd,sgd depth=1,2                         Hydra's multirun, any launcher
    python -m nnexp --cfg job sweep=optima                                show the configuration and train nothing
    eval "$(nnexp -sc install=bash)"                                      complete keys and values; also zsh and fish

Bad input is refused in one line, with exit code 2, before anything is written.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import re
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["HYDRA_FULL_ERROR"] = "1"  # errors come to us, to be said in one line

from nnexp import interrupts
from nnexp.door import door
from nnexp.errors import UserError, in_quotes, unknown

AGAIN = "give the same command again: runs on record are not trained again"
COMPLETION = re.compile(r"(install|uninstall|query)=(bash|zsh|fish)")
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
    elif "--version" in arguments:
        print(_versions())
    else:
        _hydra(arguments)


def _versions() -> str:
    import hydra

    from nnexp import __version__

    return f"nnexp {__version__} (Hydra {hydra.__version__}, Python {platform.python_version()})"


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

    flags = _flags(arguments)
    run = hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")(_job)
    if flags.shell_completion:
        _complete(flags.overrides[0], run)
        return
    with _in_our_words(_overlay(flags.config_dir)):
        sys.argv[1:] = _checked(flags, arguments)
        run()


def _complete(asked: str, run: Callable[[], object]) -> None:
    """What a shell asks of Hydra's completion: the script that installs or uninstalls it, or what a word may become."""
    sys.argv[0] = "nnexp"  # the command that is completed, also where this is python -m nnexp
    if asked == "uninstall=bash":
        print("complete -r nnexp 2> /dev/null")
    if asked.startswith("query"):
        os.environ["COMP_LINE"] = completed_line(os.environ.get("COMP_LINE", ""))
    with contextlib.suppress(Exception):  # of half a line, which cannot be read yet
        run()


def completed_line(line: str) -> str:
    """A line of the shell as Hydra's completion reads it: without the shell's quotes, and without words that it cannot read."""
    from nnexp.overrides import readable

    before, _, word = line.rpartition(" ")
    try:
        words = shlex.split(before)
    except ValueError:
        words = before.split()
    kept = words[:1]
    for each in words[1:]:
        with contextlib.suppress(UserError):
            kept += [each] if each.startswith("-") else [r for r in readable([each], several=True) if " " not in r]
    return " ".join([*kept, word])


def _checked(flags: argparse.Namespace, arguments: Sequence[str]) -> list[str]:
    """The arguments, readable for Hydra and with what it needs besides, once every job has been checked."""
    from nnexp.overrides import readable

    _check_words(flags.overrides)
    words = readable(flags.overrides, several=flags.multirun or _is_told(flags))
    same = dict(zip(flags.overrides, words, strict=True))
    shown_only = flags.cfg or flags.info or flags.hydra_help
    return [*(same.get(argument, argument) for argument in arguments), *([] if shown_only else _planned(flags, words))]


def _is_told(flags: argparse.Namespace) -> bool:
    """Whether Hydra itself may have been configured, by an argument or in a file."""
    return flags.config_dir is not None or any(word.lstrip("+~").startswith("hydra") for word in flags.overrides)


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


def _flags(arguments: Sequence[str]) -> argparse.Namespace:
    """The arguments as Hydra's parser reads them.

    Raises:
        UserError: if there is a flag that Hydra does not know or that has no meaning here.
    """
    from hydra._internal.utils import get_args_parser

    parser = get_args_parser()
    parser.exit_on_error = False
    try:
        flags, strange = parser.parse_known_args(list(arguments))
    except argparse.ArgumentError as error:
        raise UserError(f"{error}; see --help") from None
    if strange:
        what = "comes after a flag that stands among them; put flags first" if "=" in strange[0] else "is no flag"
        raise UserError(f"{strange[0]} {what}; say key=value, or see --help")
    if flags.experimental_rerun:
        raise UserError(f"--experimental-rerun is not supported, since no job is pickled; {AGAIN}")
    modes = [mode for mode in ("run", "multirun", "cfg", "info", "shell_completion") if getattr(flags, mode)]
    if len(modes) > 1:
        raise UserError(
            f"{' and '.join(f'--{mode}'.replace('_', '-') for mode in modes)} exclude each other; say one of them"
        )
    if flags.resolve and not flags.cfg:
        raise UserError("--resolve shows the composed sweep with --cfg alone; say --cfg job --resolve")
    if flags.shell_completion and not (len(flags.overrides) == 1 and COMPLETION.fullmatch(flags.overrides[0])):
        raise UserError("-sc takes install=SHELL or uninstall=SHELL, where SHELL is bash, zsh or fish")
    return flags


def _check_words(words: Sequence[str]) -> None:
    """Refuse a part that is taken away, a number or a bool where a part's name is needed, and a folder that is not used."""
    for word in words:
        if word.lstrip("+").startswith("hydra.sweep.dir="):
            why = "nnexp names the folder of a multirun after its runs"
            raise UserError(f"{word} is not supported: {why}; leave it out, and say runs_dir=FOLDER for records")
        group, _, value = word.partition("=")
        if group in GROUPS and group != "sweep" and value in ("", "null", "[]"):
            raise UserError(f"{word} leaves no {group}; give one or more of: {', '.join(_options(group))}")
        if group in GROUPS and re.fullmatch(r"[-+\d.eE]+|true|false|\{.*", value, flags=re.IGNORECASE):
            raise unknown(group, value, _options(group))


def _overlay(folder: str | None) -> list[Path]:
    """Lay the folder given with --config-dir over the packaged configs: its files come first."""
    from hydra.core.config_search_path import ConfigSearchPath
    from hydra.core.plugins import Plugins
    from hydra.plugins.search_path_plugin import SearchPathPlugin

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


def _planned(flags: argparse.Namespace, words: Sequence[str]) -> list[str]:
    """What Hydra needs to be told, once every job has been planned, so that a bad one stops all before the first starts.

    That is the folder for what Hydra leaves of a multirun: it is named after all runs, so that the same multirun again
    is the same sweep.
    """
    from hydra.types import RunMode

    from nnexp import pipeline
    from nnexp.configuration import digest

    if not flags.multirun and not _is_told(flags):
        return []  # one job that makes no folder: it is checked once it has begun
    with _hydra_itself() as hydra:
        name = flags.config_name or "config"
        several = flags.multirun or hydra.get_mode(name, list(words)) == RunMode.MULTIRUN
        jobs = _jobs(hydra, name, words) if several else [hydra.compose_config(name, list(words), RunMode.RUN)]
        asked = [_resolved(job) for job in jobs]
    runs = [run.id for each in asked for run in pipeline.planned(each).runs]
    folder = f"{asked[0]['runs_dir']}/multirun/{digest(runs)}"
    return [f"hydra.sweep.dir={in_quotes(folder)}"] if several else []


def _jobs(hydra: Any, name: str, words: Sequence[str]) -> Iterator[Any]:
    """Every job of a multirun, composed as Hydra's basic sweeper and launcher compose it.

    Raises:
        UserError: if there are none, or too many, or one of them lacks what the others set.
    """
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.types import RunMode
    from omegaconf import open_dict

    from nnexp import complaints

    parsed = OverridesParser.create(hydra.config_loader).parse_overrides(list(words))
    ours = [each for each in parsed if not each.is_hydra_override()]
    swept = {each.key_or_group: each for each in ours if each.is_sweep_override()}
    complaints.refuse_too_many_jobs(swept)
    try:
        whole = hydra.compose_config(name, list(words), RunMode.MULTIRUN)
        for number, job in enumerate(BasicSweeper.split_arguments(ours, max_batch_size=None)[0]):
            composed = hydra.config_loader.load_sweep_config(whole, job)
            with open_dict(composed):
                composed.hydra.job.id = composed.hydra.job.num = number
            yield composed
    except Exception as error:
        raise (complaints.of_a_job(error, swept) or error) from None


def asked_for(*overrides: str) -> dict[str, Any]:
    """The sweep that the command line asks for with these words, as plain data.

    Raises:
        UserError: if a name or a key is not known.
    """
    from hydra.types import RunMode

    from nnexp.overrides import readable

    with _in_our_words(), _hydra_itself() as hydra:
        return _resolved(hydra.compose_config("config", readable(overrides), RunMode.RUN))


@contextlib.contextmanager
def _hydra_itself() -> Iterator[Any]:
    """Hydra with our configs, outside of its own jobs."""
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir()), job_name="nnexp"):
        yield GlobalHydra.instance().hydra


def _resolved(composed: Any) -> dict[str, Any]:
    """The composed sweep as plain data, with what `${hydra:...}` stands for as in a job of Hydra's."""
    from hydra.core.hydra_config import HydraConfig

    from nnexp import complaints

    before = HydraConfig.instance().cfg
    HydraConfig.instance().set_config(composed)
    try:
        complaints.refuse_working_directory(composed.hydra.job.chdir)
        return _plain(composed)
    finally:
        HydraConfig.instance().cfg = before


def _plain(composed: Any) -> dict[str, Any]:
    """The composed sweep as plain data, named after the sweep it was composed from unless it has a name."""
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import OmegaConf

    ours = OmegaConf.masked_copy(composed, [key for key in composed if key != "hydra"])
    asked: dict[str, Any] = OmegaConf.to_container(ours, resolve=True)  # type: ignore[assignment]
    if asked["name"] is None:
        chosen = HydraConfig.get().runtime.choices.get("sweep")
        asked["name"] = str(chosen).replace("/", ".") if chosen not in (None, "null") else "unnamed"
    return asked


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
