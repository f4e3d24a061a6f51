"""Records into MLflow: a view of them that can be looked at, searched, deleted, and written again.

One MLflow experiment per sweep name, and in it three levels, told apart by the tag `level`: the sweep, its configurations,
and a few exemplary seeds of each (best, median, worst).
"""
