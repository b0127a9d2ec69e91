"""Cells of CSV files that people open in spreadsheets."""

from __future__ import annotations


def escaped(text: str) -> str:
    r"""Return text that no spreadsheet takes for a formula: white space in front does not hide one.

    >>> escaped("=1+1"), escaped(" \t@x"), escaped("svm")
    ("'=1+1", "' \t@x", 'svm')
    """
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r") else text
