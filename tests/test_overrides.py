"""Is text that Hydra's grammar refuses taken as it was typed, and everything that Hydra reads left alone?"""

import subprocess

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st
from test_errors import composed

from nnexp.errors import UserError
from nnexp.overrides import readable

PARSER = OverridesParser.create()
TYPED = [
    ("unseen < 0.01", "unseen < 0.01"),
    ("género", "género"),
    ("CO(GT)", "CO(GT)"),
    ("~/iris.csv", "~/iris.csv"),
    ("my data (1).csv", "my data (1).csv"),
    ("x[mm]", "x[mm]"),
    ("it's #1", "it's #1"),
    ("postgresql://u:p!@host/db?a=b&c=d", "postgresql://u:p!@host/db?a=b&c=d"),
    ("[x (mm),CO(GT),y]", ["x (mm)", "CO(GT)", "y"]),
    ("[f(a,b),'g,é',[ü,1],true]", ["f(a,b)", "g,é", ["ü", 1], True]),
    ("[it's,that's]", ["it's", "that's"]),
]


@pytest.mark.parametrize(("typed", "value"), TYPED, ids=[typed for typed, _ in TYPED])
def test_text_that_hydra_refuses_is_the_text_that_was_typed(typed, value):
    with pytest.raises(Exception, match=r"."):
        PARSER.parse_override(f"key={typed}")
    assert composed(*readable([f"key={typed}"])) == value


def test_interpolations_are_resolved_within_such_text_too(monkeypatch):
    monkeypatch.setenv("PLACE", "/data")
    assert composed(*readable(["key=${oc.env:PLACE}/été.csv"])) == "/data/été.csv"


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(st.sampled_from("ab1.,[]{}()'\":~é =${}/-"), max_size=10))
def test_what_hydra_reads_is_left_alone_and_the_rest_is_read_or_refused_with_advice_that_works(value):
    typed = f"key={value}"
    try:
        PARSER.parse_override(typed)
    except Exception:
        try:
            PARSER.parse_override(*readable([typed], several=True))
        except UserError as refused:
            advised = str(refused).rsplit("say ", 1)[1]
            passed = subprocess.run(["bash", "-c", f"printf %s {advised}"], capture_output=True, text=True, check=True)
            assert composed(passed.stdout) == value
    else:
        assert readable([typed], several=True) == [typed]


REFUSED = [
    (["depth=[1,"], "\"depth='[1,'\""),
    (["depth=range(1,a)"], "TypeError while evaluating 'range(1,a)'"),
    (["depth=1,2"], 'say "depth=[1,2]" for an axis, add -m for one job each'),
    (["activation=glob(t*)"], "add -m for one job each"),
    (["question=Why, oh why?"], "\"question='Why, oh why?'\" for text"),
    (["dataset.table.path=my", "file.csv"], "\"dataset.table.path='my file.csv'\""),
    (["depth"], "depth is no key=value"),
    (["größe=3"], "the key=größe is not known; known: "),
]


@pytest.mark.parametrize(("typed", "said"), REFUSED, ids=[" ".join(typed) for typed, _ in REFUSED])
def test_what_cannot_be_read_is_refused_with_an_argument_to_paste(typed, said):
    with pytest.raises(UserError) as refused:
        readable(typed)
    assert said in str(refused.value)
