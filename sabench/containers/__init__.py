"""What the header of an audio file promises, held against the bytes that are there."""
