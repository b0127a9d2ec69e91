"""A start for authors of plugins: one small distribution that works and tests itself."""
