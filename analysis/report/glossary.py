"""The words of a report, each explained once for who has not met it."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.report.page import Section, Words

WORDS = {
    "Run": "one net, trained once, from initial weights drawn with one random seed.",
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
    "Lowest optimum": "the one with the least J among those that these runs found. Another one, lower still, may exist.",
    "No optimum": "a saddle, from which J falls in some direction; a valley towards ever larger weights (at infinity); or "
    "an end that the polish could not bring to rest (not stationary) or about which the judge could not decide (undecided).",
    "Unseen": "the probability that one more run would end in an optimum that none of these has shown. It is estimated from "
    "how many optima were reached only once; the upper bound holds in 95 % of such cases.",
    "Straight line and pass": "walk straight from one optimum to another, and J rises to the top of the line. The pass is "
    "the least height that has to be climbed on the best way known, straight or not.",
    "Interval": "the numbers in brackets: values that the data leave plausible, at 95 %.",
}


def section(names: Sequence[str] = tuple(WORDS)) -> Section:
    """The words that a report uses."""
    return Section("words", "The words", [Words(f"{name}: {WORDS[name]}") for name in names])
