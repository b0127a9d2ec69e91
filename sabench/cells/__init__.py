"""The blind unit of work: rows and numbers, and no label of a target speaker."""
