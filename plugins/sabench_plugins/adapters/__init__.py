"""Methods under test and their baselines."""
