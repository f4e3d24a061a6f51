"""What a user is told when something they gave cannot be used.

Every refusal is one line: what is wrong with the value, what is allowed, what to do. The command line prints it and
exits with code 2; a Python caller gets this exception. Anything else that is raised is a fault of the program.
"""

from __future__ import annotations

import difflib
import errno
import os
import re
import reprlib
from collections.abc import Iterable, Sequence

LONGEST = 1000
"""Characters of a line; of a longer one the middle is left out."""

MOST_SHOWN = 120
"""Characters of a value in a line."""

SHORT = reprlib.Repr()
SHORT.maxlist = SHORT.maxtuple = SHORT.maxdict = SHORT.maxset = 8
SHORT.maxstring = SHORT.maxlong = SHORT.maxother = MOST_SHOWN


class UserError(ValueError):
    """A value from outside that cannot be used; its text is one line a user can act on."""

    def __init__(self, text: str) -> None:
        super().__init__(one_line(text))


def one_line(text: str) -> str:
    """The text in one line of printable characters, of which the middle is left out where it is too long.

    Blanks within a line stay as they are, since they may belong to a name.
    """
    line = re.sub(r"\s*[^\S ]\s*", " ", text).strip()
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
    half = LONGEST // 2
    return line if len(line) <= LONGEST else f"{line[:half]} ... {line[-half:]}"


OTHER_WORDS = {
    "step_size": "learning_rate lr eta eta0 learning_rate_init",
    "passes": "epochs epoch n_epochs num_epochs max_epochs",
    "steps": "iterations n_iter max_iter max_steps num_steps updates",
    "optimizer.sgd.batch_size": "batch batch_size minibatch_size mini_batch_size",
    "widths": "hidden_layer_sizes hidden_sizes layer_sizes",
    "width": "hidden_size hidden_units units neurons n_hidden",
    "depth": "layers n_layers num_layers",
    "l2": "weight_decay alpha lambda regularization penalty",
    "offsets": "bias biases use_bias fit_intercept",
    "seeds": "seed random_state random_seed n_seeds restarts",
    "optimizer=momentum": "momentum",
    "optimizer": "solver",
    "schedule": "scheduler lr_scheduler lr_schedule",
    "initializer": "init initialization weight_init kernel_initializer",
    "stopping=early_stopping": "early_stopping patience",
    "backend.workers": "workers n_jobs num_workers",
    "squared": "mse mean_squared_error squared_error l2_loss",
    "nll": "bce binary_cross_entropy binary_crossentropy logistic",
    "nll (two classes) or softmax_nll": "cross_entropy crossentropy ce log_loss logloss nll_loss",
    "softmax_nll": "categorical_crossentropy sparse_categorical_crossentropy softmax",
    "sigmoid": "logistic expit",
    "identity": "linear none",
    "glorot": "xavier xavier_uniform xavier_normal glorot_uniform glorot_normal",
    "he": "kaiming kaiming_uniform kaiming_normal he_normal he_uniform",
}
"""What is called so here, and the words for it in other programs and in textbooks."""


def unknown(what: str, value: object, known: Iterable[str]) -> UserError:
    """The refusal of a name that is not known, with the known ones, and the one that was probably meant."""
    names, word = list(known), str(value)
    text = word if isinstance(value, str) and len(word) <= MOST_SHOWN else shown(value)
    here = _called_here(word, names)
    called = f": it is {here} here" if here else ""
    near = "" if here else _nearest(word, names)
    return UserError(
        f"{what}={text} is not known{called}; known: {', '.join(names)}{near and f'; did you mean {near}?'}"
    )


def _called_here(word: str, known: Sequence[str]) -> str:
    """What another program's word is called here, if that is among the known names."""
    plain = word.lower().replace("-", "_")
    for here, words in OTHER_WORDS.items():
        if plain in words.split() and re.split(r"\W", here)[0] in known:
            return here
    return ""


def _nearest(word: str, known: Sequence[str]) -> str:
    """The known name that is spelled most like the word, capital letters aside; empty where none is."""
    spelled = {name.lower(): name for name in reversed(known)}
    near = difflib.get_close_matches(word.lower(), spelled, n=1)
    return spelled[near[0]] if near else ""


def shown(value: object) -> str:
    """A value as a refusal shows it: as Python writes it, cut short where it is long, an array or table by its shape."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"{type(value).__name__} of {' x '.join(map(str, shape))} values"
    return SHORT.repr(list(value) if isinstance(value, tuple) else value)


ROOM = "make room there and give the same command again: it goes on from what is on record"
SIZE = "allow larger files, as with ulimit -f unlimited, and give the same command again: it goes on"
FILES = "allow more open files, as with ulimit -n 1024"
ANOTHER = "give a folder that can, as in runs_dir=my_runs"
ADVICE = {errno.ENOSPC: ROOM, errno.EDQUOT: ROOM, errno.EFBIG: SIZE, errno.EMFILE: FILES, errno.ENFILE: FILES}


def refused(what: str, error: OSError) -> UserError:
    """What the system refused, why, and what to do about it."""
    number = error.errno or 0
    return UserError(f"{what} ({os.strerror(number) if number else error}); {ADVICE.get(number, ANOTHER)}")


RESERVED = re.compile(r"(?i:true|false|null|inf|nan)")
BARE = re.compile(r"\.{0,2}/*[A-Za-z_][A-Za-z0-9_./-]*")
"""Text that Hydra's grammar reads as itself without quotes."""


def override(key: str, value: object) -> str:
    """`key=value` as one word of a command line, for advice that is pasted as it stands into bash, zsh or fish.

    Args:
        key: a key, as in dataset.table.ignore.
        value: text, a number, a bool, None, or a list of such; Hydra composes exactly this value from the word.
    """
    return shell_word(f"{key}={_literal(value)}")


def _literal(value: object) -> str:
    """A value in Hydra's grammar, with text in quotes wherever it would otherwise be read as something else."""
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_literal, value))}]"
    if not isinstance(value, str):
        return "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    if BARE.fullmatch(value) and not RESERVED.fullmatch(value):
        return value
    return in_quotes(re.sub(r"(\\*)(?=\$\{)", r"\1\1\\", value))  # ${ would begin an interpolation


def in_quotes(text: str) -> str:
    """The text within the quotes of Hydra's grammar; what `${...}` stands for is still put in its place."""
    quote = '"' if "'" in text and '"' not in text else "'"
    doubled = re.sub(rf"(\\+)(?={quote}|\Z)", r"\1\1", text)
    return quote + doubled.replace(quote, f"\\{quote}") + quote


def shell_word(text: str) -> str:
    """The text as one word of bash, zsh and fish, which differ in what they read within quotes."""
    if re.fullmatch(r"[\w@%+=:,./-]+", text, flags=re.ASCII):
        return text
    if not re.search(r'["$`\\!]', text):
        return f'"{text}"'
    return "'" + re.sub(r"['\\]", lambda found: f"'\\{found.group()}'", text) + "'"
