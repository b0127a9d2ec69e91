"""UAR against the number of enrolment utterances, on the same scored utterances at every number."""
