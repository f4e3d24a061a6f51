"""How far may two right numbers lie apart? Every tolerance of the numeric tests, by name, with its reason.

A tolerance called `..._RELATIVE` is a share of the larger of 1 and the expected number; the others are absolute.
What is not named here is compared exactly.
"""

ROUNDING = 1e-14
"""A closed form of a few dozen terms around 1: some roundings of 1e-16 each, and nothing else."""

ORACLE_RELATIVE = 1e-12
"""The same formulas added up in another order: some hundred roundings of 1e-16 each, on numbers around 1."""

DEEP_RELATIVE = 1e-11
"""The same through up to five layers, which blow a rounding up."""

EXTREME_RELATIVE = 1e-9
"""Inputs up to 3,000: a pre-activation near 1e4 is rounded at 1e-12, and its unit's slope is multiplied by the input."""

TRAJECTORY_RELATIVE = 1e-10
"""Hundreds of steps with a stable step size: each adds a few roundings, and none is blown up."""

PEER_RELATIVE = 1e-10
"""Another library's loss curve: its logarithms are clipped at 1e-16 and its sums have another order."""

DIFFERENCE_RELATIVE = 1e-8
"""A central difference with h = 1e-5: an error of h^2 / 6 times a third derivative, and roundings of 1e-16 / h."""

COARSE_STEP, FINE_STEP = 2e-2, 1e-2
"""Two steps of a central difference, large enough that rounding (1e-16 / h^2) is far below the error of h^2."""

HALVING_RATIO = (3.6, 4.4)
"""By how much the error of a central difference falls when its step is halved: h^2 says 4, and h^4 adds a little."""

DIFFERENCE_FLOOR = 1e-11
"""Below this a difference's error is rounding, and no ratio can be asked of it."""

KINK_SPACING, KINK = 1e-4, 1e-2
"""Slopes over two neighboring stretches of this length differ by some 1e-4 where a function is smooth; by more, it has a
kink or a jump there, and no difference is taken across it."""

STANDARDIZED = 1e-12
"""Mean and standard deviation of some hundred standardized numbers."""

STATISTICAL = 5.0
"""Standard errors that a mean of seeded draws may lie off; the draws are fixed, so it holds for ever or never."""
