"""Small networks on sequences of frames: time-delay layers or attention, pooled over time."""
