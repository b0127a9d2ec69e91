"""Corpora found, decoded, checked, and simulated."""
