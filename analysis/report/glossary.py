"""The words of a report, each explained once for who has not met it."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.report.page import Section, Words

WORDS = {
    "Run": "one net, trained once, from initial weights drawn with one random seed.",
    "Seed": "the number that decides what is drawn at random: the initial weights and, with SGD, the order of the data. Runs "
    "of several configurations from one seed begin alike where their nets have the same shape.",
    "Configuration": "everything that is chosen about a run but the seed: data, shape, loss, how it is trained.",
    "J": "what training makes small: the mean loss over the training data plus a penalty on large weights.",
    "Objective": "the function J of the weights. Configurations that differ only in how they are trained (step size, GD or "
    "SGD) share one.",
    "GD and SGD": "gradient descent looks at all data before each step; stochastic gradient descent at a few, drawn at "
    "random. A gradient evaluation is a look at one data point; it is what a run costs.",
    "Polish": "training stops some way from where it was heading. The polish goes the rest of the way, by Newton's method, "
    "and only then is it judged where a run ended.",
    "Optimum": "a point from which every small change of the weights makes J larger (or, where it is flat, none makes it "
    "smaller), be J smooth there or creased, as ReLU makes it. Nets that only differ in the order or the signs of their "
    "hidden units are the same optimum.",
    "Flat minimum": "an optimum from which J stays as it is in some direction, so that it is one of many that are as good.",
    "Kink": "an optimum in a crease of J, where a unit of ReLU begins to work: J has no slope there, yet climbs to every side.",
    "Distance, matched": "how far the weights of two nets lie apart. Matched: the hidden units of one are first brought into "
    "the order and the signs that bring it nearest to the other, which does not change what it says.",
    "Borderline pair": "two ends that are neither clearly one optimum nor clearly two; each may make the count wrong by one.",
    "Lowest optimum": "the one with the least J among those that these runs found. Another one, lower still, may exist.",
    "No optimum": "a saddle, from which J falls in some direction; a valley towards ever larger weights (at infinity); or "
    "an end that the polish could not bring to rest (not stationary) or about which the judge could not decide (undecided).",
    "Unseen": "the probability that a run from one more seed would end in an optimum that none of these has shown. It is "
    "estimated from the runs that end where no other seed does; the upper bound holds in 95 % of such cases.",
    "All there may be": "Chao's estimate of how many optima can be reached, from how many were reached by one seed alone and "
    "how many by two. It is a lower bound: where most are rare there are more.",
    "Straight line and pass": "walk straight from one optimum to another, and J rises to the top of the line. The pass is "
    "the least height that has to be climbed on the best way known, straight or not.",
    "Proved saddle": "a point where the gradient is 0 and J falls in one direction alone, to both sides: the top of a pass. It "
    "is proved where the eigenvalues of the second derivatives of J say so beyond rounding.",
    "Wilcoxon": "a test of pairs, here GD and SGD from the same seed: were both alike, each would be lower as often and by as "
    "much as the other. p is the chance that they then differ as one-sidedly as they do.",
    "McNemar": "a test of pairs in which only one of the two reaches a goal: were both alike, it would be each half of "
    "the time.",
    "Holm": "among many tests some look sure by chance. Holm's way makes each p larger, so that one false claim among all "
    "of them comes up in at most 5 % of cases.",
    "Interval": "the numbers in brackets: values that the data leave plausible, at 95 %.",
}


def section(names: Sequence[str] = tuple(WORDS)) -> Section:
    """The words that a report uses."""
    return Section("words", "The words", [Words(f"{name}: {WORDS[name]}") for name in names])
