"""Simulated twins of licensed corpora: their layout, speakers and class counts, with synthesised speech.

`counts` says how many utterances of which class each speaker has, `speaker` who speaks, `emotion` how,
`texts` what; `voice` synthesises, `shaping` gives the voice its tract, channel and loudness, `studio`
runs one process per speaker, `twin` puts a folder together; `aibo` and `iemocap` write the two layouts.
"""
