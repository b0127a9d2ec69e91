"""Who trains, who is scored, what is enrolled. Pure: no files, no random state."""
