"""The truths from outside: theorems, published figures and exact arithmetic that the program must reproduce.

Each is a module that runs its experiment in `conf/sweep/truth/` and says what it found; `python -m analysis.truth` runs all.
"""
