"""What nobody in their right mind would ask for: configs and command lines, drawn by hypothesis."""

from hypothesis import strategies as st

from faults import hostile_values
from faults.hostile_values import ALLOWED, CYCLE, FOLDERS, NAMES, NAN, NUMBERS, SHAPES, STORES, WIDE
from nnexp.parts import registry

BASE = {"dataset": "xor", "width": 2, "steps": 3, "seeds": 2, "curve_points": 5, "snapshots": 2, "backend": "serial"}

"""A sweep of a moment, into which what is hostile is put."""

ANYTHING = st.one_of(
    st.sampled_from(NUMBERS),
    st.sampled_from(NAMES),
    st.sampled_from(SHAPES),
    st.lists(st.sampled_from([*NUMBERS, *NAMES, *SHAPES]), max_size=3),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
)

WORDS = st.sampled_from(hostile_values.WORDS)
AXES = ["depth", "width", "widths", "offsets", "output", "step_size", "l2", "l1", "penalize_offsets", "steps", "passes"]

PLAIN = [
    *AXES,
    "seeds",
    "init_seeds",
    "order_seeds",
    "false_negative_cost",
    "curve_points",
    "snapshots",
    "judge",
    "until",
]

KINDS = [kind for kind in registry.MODULES if kind != "dataset"]


@st.composite
def numbers(draw):
    """Values of keys, of any type and size."""
    keys = draw(st.lists(st.sampled_from(PLAIN), min_size=1, max_size=3, unique=True))
    return {key: draw(ANYTHING) for key in keys}


@st.composite
def names(draw):
    """Names of sweeps, parts and keys."""
    key = draw(
        st.sampled_from(["name", "question", *registry.MODULES, "activations", "output", draw(st.sampled_from(NAMES))])
    )
    value = draw(st.one_of(st.sampled_from(NAMES), st.text(max_size=30), st.lists(st.sampled_from(NAMES), max_size=2)))
    return {key: value}


@st.composite
def parameters(draw):
    """Parts with parameters of any kind."""
    kind = draw(st.sampled_from(KINDS))
    name = draw(st.sampled_from(list(registry.known(kind))))
    known = list(registry.parameters(kind, name)) or ["nothing"]
    given = draw(st.dictionaries(st.sampled_from([*known, "x/y"]), ANYTHING, max_size=2))
    loss = {"loss": "squared"} if kind not in ("loss", "activation") else {}
    return {**loss, kind: draw(st.sampled_from([{name: given}, {name: given, "tanh": {}}, [{name: given}]]))}


@st.composite
def data(draw):
    """Data sets by rule or by statement, with parameters that do not suit them."""
    name = draw(st.sampled_from([name for name in registry.known("dataset") if name not in ("table", "digits")]))
    known = list(registry.parameters("dataset", name))
    given = draw(st.dictionaries(st.sampled_from(known), ANYTHING | st.sampled_from([1, 2, 3, 0.9]), max_size=2))
    small = {"examples": 12} if "examples" in known else {}
    loss = draw(st.sampled_from(["squared", "nll", "softmax_nll", "hinge", "zero_one"]))
    return {"dataset": {name: {**small, **given}}, "loss": loss}


@st.composite
def axes(draw):
    """Axes as wide as 10^12 runs, nets and ways that would take years, and combinations that make no sense."""
    rules = st.sampled_from(
        [{}, {"depth": [1, 2]}, {"width": []}, {"nope": 1}, {"seeds": [1]}, {1: 2}, 3, "x", None, []]
    )
    return draw(
        st.one_of(
            st.fixed_dictionaries({key: st.sampled_from(WIDE) for key in ("step_size", "l2", "width")}),
            st.fixed_dictionaries({"init_seeds": st.just(10**6), "order_seeds": st.sampled_from([10**6, 3, [], "x"])}),
            st.fixed_dictionaries(
                {"steps": st.sampled_from([10**8, 10**15]), "width": st.just(5000), "seeds": st.just(10**5)}
            ),
            st.fixed_dictionaries({"width": st.sampled_from([9999, 10**9]), "depth": st.sampled_from([99, 10**9])}),
            st.fixed_dictionaries({"curve_points": st.just(10**6), "steps": st.just(10**7), "seeds": st.just(10**4)}),
            st.fixed_dictionaries({"pairs": ANYTHING | st.lists(rules, max_size=3)}),
            st.fixed_dictionaries({"exclude": ANYTHING | st.lists(rules, max_size=3)}),
            st.fixed_dictionaries({"judge": st.just(True), "width": st.just(9999)}),
            st.fixed_dictionaries(
                {"seeds": st.sampled_from([10**6 + 1, -1, [1, 1], [2**63], [-1], range(10**9), range(3)])}
            ),
        )
    )


@st.composite
def places(draw):
    """Folders, stores and workers."""
    return draw(
        st.one_of(
            st.fixed_dictionaries({"runs_dir": st.sampled_from(FOLDERS)}),
            st.fixed_dictionaries({"tracking": st.sampled_from([{"uri": uri} for uri in STORES])}),
            st.fixed_dictionaries({"tracking": ANYTHING}),
            st.fixed_dictionaries(
                {"backend": st.sampled_from([{"workers": n} for n in (0, -1, 10**9, True, "2", None, NAN)])}
            ),
            st.fixed_dictionaries({"backend": ANYTHING}),
        )
    )


@st.composite
def extremes(draw):
    """The largest, the smallest and the oddest of what is allowed."""
    keys = draw(st.lists(st.sampled_from(list(ALLOWED)), min_size=1, max_size=4, unique=True))
    return {key: draw(st.sampled_from(ALLOWED[key])) for key in keys}


def words(asked):
    """The same as words of a command line, where it can be said in words at all."""
    said = []
    for key, value in asked.items():
        if (
            key in registry.MODULES
            and isinstance(value, dict)
            and all(isinstance(inner, dict) for inner in value.values())
        ):
            said.append(f"{key}={_said(list(value))}")
            said += [f"{key}.{name}.{k}={_said(v)}" for name, inner in value.items() for k, v in inner.items()]
        elif key in ("tracking", "backend") and isinstance(value, dict):
            said += [f"{key}.{k}={_said(v)}" for k, v in value.items()]
        else:
            said.append(f"{key}={_said(value)}")
    return [word.replace("\0", "") for word in said]


def _said(value):
    """A value in Hydra's grammar, or what is nearest to it."""
    if isinstance(value, str):
        return "'" + value.replace("'", "\\'") + "'" if value.isprintable() and len(value) % 3 else value
    if isinstance(value, list | tuple) and value is not CYCLE and len(value) < 1000:
        return f"[{','.join(map(_said, value))}]"
    if isinstance(value, int) and not isinstance(value, bool):
        return "9" * 5000 if value.bit_length() > 2000 else str(value)
    return "null" if value is None else str(value)[:5000]
