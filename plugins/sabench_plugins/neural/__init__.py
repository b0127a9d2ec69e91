"""The network family and its training engine."""
