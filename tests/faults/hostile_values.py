"""Values that nobody in their right mind would ask for: numbers, names, shapes, folders, stores, words."""

import numpy as np

from nnexp.parts import registry

NAN, INF = float("nan"), float("inf")
CYCLE = []
CYCLE.append(CYCLE)

NUMBERS = [
    *(0, -0.0, 1, -1, 2**31, 2**63 - 1, 2**63, 10**12, 10**15, 10**400, 10**5000, -(10**400), 1e-300, 1e-9),
    *(5e-324, 1e9, 1e308, -1e308, NAN, INF, -INF, 0.5, True, False, "1", "1e3", "NaN", np.float32("nan")),
    *(np.int64(3), np.bool_(1)),
]

NAMES = [
    *("", " ", "a/b", "../../x", "/abs", "x\0y", "a\nb", "\x1b[31m", "\x07", "😀", "\u202eevil"),
    *("'; DROP TABLE runs;--", "${oc.env:HOME}", "${name}", "${", "!!python/object:os.system"),
    *("x" * 10_000, "\ud800", "null", "nan", "-rf", "~", "a.b", ".", "..", "...", "%s%n", "{}", "{0}"),
    *("con", "1", "__class__", "tanh ", "TANH", "täh", "tanh\n", "$(id)", "`id`"),
]

SHAPES = [
    *(None, [], [[]], [[[]]], {}, [None], [[1, [2]]], (1, (2,)), {"a": 1}, {1: 2}, {None: None}, b"x"),
    *(b"\xff", {3}, 1j, ..., range(3), range(10**12), object, np.array([]), np.zeros((2, 2)), CYCLE),
    *([[[[[[[[[[[[1]]]]]]]]]]]], {"tanh": {"x": 1}}, [1] * 50, ["tanh"] * 30, [0.1, 0.1], [1, -1], [True]),
    *(["1"], [{}], {"": {}}, print, np.datetime64("nat")),
]

WIDE = [[i / 1e4 + 0.1 for i in range(10_000)], list(range(1, 10_001))]

FOLDERS = [
    *("..", "../beside", "a/../b", "", " ", ".", "-rf", "~", "$HOME", "${oc.env:HOME}", "new\nline", "😀"),
    *("\u202e", "\ud800", "x\0y", "x" * 255, "x" * 256, "x" * 10_000, "/dev/null", "/dev/null/x"),
    *("/proc/x", "/proc/self/mem", "a" + "/b" * 200, None, 5, b"x", [], ["a"], {}, True),
    *("'; DROP TABLE runs;--", "runs.csv", "CON", "a:b", "a?b#c", "%2e%2e"),
]

STORES = [
    *("", " ", "x", "sqlite", "sqlite:", "sqlite://", "sqlite:///", "sqlite:////proc/x.db"),
    *("sqlite:///no/such/folder/x.db", "file:", "file:///proc/x", "postgresql", "postgresql://", "mssql:x"),
    *("mysql:x", "http", "http://", "http://[", "ftp://x", "\0", "http://\n", "x" * 10_000, "../../x"),
    *(None, 5, [], {}, b"x", "sqlite:///x\0", "databricks:", "javascript:alert(1)"),
]

ALLOWED = {
    "width": [1, 3, 2000, [1, 2]],
    "depth": [1, 2, 3, 12],
    "step_size": [1e-300, 1e9, 1e308, [0.1, 1e300]],
    "l2": [5e-324, 1e9, 1e308],
    "l1": [5e-324, 1e308],
    "steps": [0, 1, 40],
    "seeds": [1, [2**63 - 1], [0, 0], 300],
    "curve_points": [1, 10**6],
    "snapshots": [0, 1, 1000],
    "offsets": [False, [True, False]],
    "penalize_offsets": [True],
    "false_negative_cost": [0, 1e9],
    "judge": [True, False],
    "question": [name for name in NAMES if name not in ("x\0y", "\ud800")],
    "activation": [[name] for name in registry.known("activation")],
    "loss": ["squared", "hinge", "zero_one", "huber", {"asymmetric_nll": {"false_negative_cost": 1e9}}],
    "optimizer": [{name: {}} for name in registry.known("optimizer")]
    + [{"adam": {"epsilon": 1e-300, "batch_size": 10**6}}],
    "schedule": [{"constant": {"warm_up": 10**15}}, {"power": {"power": 0}}, {"inverse_time": {"decay": 1e9}}],
    "initializer": [{"normal": {"deviation": d}} for d in (1e-300, 1e9)]
    + ["given", {"log_uniform": {"least": 1e9, "most": 1e-300}}],
    "stopping": [{"gradient_norm": {"at_most": 1e9, "every": 1}}, {"no_improvement": {"least": 1e9, "every": 1}}],
    "features": [{"radial": {"width": 1e-9}}, {"fourier": {"frequency": 1e9}}, {"polynomial": {"order": 90}}, "steps"],
    "dataset": [
        {"blobs": {"examples": 1}},
        {"two_moons": {"examples": 2, "noise": 1e9}},
        {"xor": {"noise": 1e9, "copies": 99}},
    ],
    "pairs": [[{"l2": [0, 1e9], "l1": [1, 1e-9]}]],
    "exclude": [[{"activation": "relu"}], [{"depth": 99}]],
}
"""The largest, the smallest and the oddest of what is allowed."""

WORDS = [
    *("", "=", "depth", "depth=", "=3", "depth==3", "depth=[1,", "~depth", "~name", "+x=1", "++depth=0"),
    *("depth=1,2", "width={a:1}", "--nope", "-m", "--cfg", "--info", "--resolve", "--config-name=x"),
    *("--config-dir=/nope", "--config-path=/nope", "-x", "hydra.run.dir=made", "hydra.output_subdir=made"),
    *("hydra.nope=1", "hydra/launcher=nope", "hydra.run.dir=/proc/x", "--package", "question=${question}"),
    *("question=${oc.env:NO_SUCH}", "name=${oc.env:HOME}", "depth=${width}", "question=${nope:x}"),
    *("name=${a", "depth=!!python/object:x", "sweep=../../etc/passwd", "sweep=/etc/passwd"),
    *("dataset@x=xor", "activation=[]", "activation=null", "seeds=" + "9" * 400, "seeds=" + "9" * 5000),
    *("width=" + "[" * 500, "name=" + "x" * 10_000, "depth=\n", "depth=\x1b", "name=\udcff"),
    *("step_size=nan", "step_size=1e400", "steps=1e3", "depth=0x2", "depth=1_0", "'depth=1'", '"', "\\"),
    *("depth='1'", "a/b=1", "a.b.c=1", "backend.workers=0", "backend=processes backend.workers=0"),
    *("depth=range(1,10**9)", "depth=range(1,99999999999)", "seeds=-1", "--shell-completion"),
    *("--experimental-rerun=x", "--multirun=3", "-mm", "--", "---", "- m", "optimizer=../loss/nll"),
    "hydra=1",
]
