"""Result bundles: one run in one file that others can check, number by number.

A bundle is a zip of text files: the protocol card, the record of the run, its predictions and scores, and
a manifest with the SHA-256 of each. Verifying it proves that all of this agrees, not who made it.
"""
