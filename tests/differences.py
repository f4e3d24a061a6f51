"""Is this function the derivative of that one? Asked of central differences, whose error falls as the step's square."""

import numpy as np
import tolerances


def central(f, x, h):
    """(f(x + h) - f(x - h)) / 2h."""
    return (f(x + h) - f(x - h)) / (2.0 * h)


def is_derivative(f, slope, x):
    """Whether the error of a central difference at x falls as h^2, or is rounding from the start."""
    coarse, fine = (np.max(np.abs(central(f, x, h) - slope)) for h in (tolerances.COARSE_STEP, tolerances.FINE_STEP))
    if coarse < tolerances.DIFFERENCE_FLOOR:
        return True
    least, most = tolerances.HALVING_RATIO
    return least < coarse / fine < most


def kinks(f, end):
    """Where between -end and end the slope of f jumps, found by looking; 0 and the like lie on the grid."""
    spacing = tolerances.KINK_SPACING
    x = spacing * np.arange(-round(end / spacing), round(end / spacing) + 1)
    bends = np.abs(np.diff(f(x), n=2)) / spacing
    return x[1:-1][bends > tolerances.KINK]


def away_from_kinks(f, x):
    """Those of x whose differences cross no kink of f."""
    found = kinks(f, np.max(np.abs(x)) + 1.0)
    near = np.abs(x[:, None] - found[None, :]) < 2.0 * tolerances.COARSE_STEP
    return x[~near.any(axis=1)]
