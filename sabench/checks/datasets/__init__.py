"""The checks of datasets; most read a corpus, which `root` names."""

from sabench.checks.datasets import lying, reading

CHECKS = (*reading.CHECKS, *lying.CHECKS)
