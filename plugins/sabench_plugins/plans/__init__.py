"""Published comparisons as plans."""
