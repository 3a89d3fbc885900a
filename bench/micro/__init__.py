"""Micro benchmarks of decisions: each file compares the ways there are, so that a trick in the code can name its gain.

A file `<name>.py` has `VARIANTS`, a dict of label to a function of no arguments that makes one call; the runner does
the rest: `python -m bench.micro <name>`.
"""
