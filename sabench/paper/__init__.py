"""The tables of a published comparison beside what is measured here. Which comparison, a plugin says."""
