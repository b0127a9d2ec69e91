"""What methods share that adapt to a speaker's unlabelled utterances."""
