"""Corpora that sabench reads."""
