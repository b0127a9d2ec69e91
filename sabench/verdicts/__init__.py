"""Methods with their seeds, held against baselines, in words."""
