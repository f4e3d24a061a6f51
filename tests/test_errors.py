"""Is advice on one line, and does a pasted `key=value` mean exactly that value, in every shell?"""

import shutil
import subprocess

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import example, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from nnexp.errors import UserError, override

PARSER = OverridesParser.create()
SHELLS = [shell for shell in ("bash", "zsh", "fish") if shutil.which(shell)]
TEXT = st.one_of(
    st.text(st.sampled_from("ab ${}\\'\"(),:[]~=!é%?*#&|<>;1.e-_/@`"), max_size=8),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
    st.sampled_from(["true", "1", "null", "", "1e5", "NaN", ".5", "0x1", "~/a (1).csv", "glob(*)", "species name"]),
)
VALUES = st.one_of(
    TEXT, st.lists(TEXT, max_size=4), st.integers(), st.floats(allow_nan=False), st.booleans(), st.none()
)


def composed(argument):
    """What Hydra and OmegaConf make of the value of an argument."""
    config = OmegaConf.create({"value": None})
    OmegaConf.update(config, "value", PARSER.parse_override(argument).value())
    return OmegaConf.to_container(config, resolve=True)["value"]


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(VALUES)
@example(["x (mm)", "it's", 'say "no"'])
@example("${HOME}\\")
def test_pasted_advice_means_exactly_the_value(value):
    word = override("a.b", value)
    for shell in SHELLS:
        passed = subprocess.run([shell, "-c", f"printf %s {word}"], capture_output=True, check=True).stdout.decode()
        assert passed.startswith("a.b=")
        assert composed(passed) == value


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("my.csv", "key=my.csv"),
        ("x (mm)", "\"key='x (mm)'\""),
        (["x (mm)"], "\"key=['x (mm)']\""),
        (["a", "b"], '"key=[a,b]"'),
        ("true", "\"key='true'\""),
        (True, "key=true"),
        (None, "key=null"),
        (0.5, "key=0.5"),
    ],
)
def test_advice_has_no_more_quotes_than_it_needs(value, word):
    assert override("key", value) == word


def test_a_refusal_is_one_line_and_keeps_the_blanks_of_a_name():
    assert str(UserError(" two\n   lines, 'x  (mm)'\x07 ")) == "two lines, 'x  (mm)'\\x07"
