"""Simulated twins of licensed corpora."""
