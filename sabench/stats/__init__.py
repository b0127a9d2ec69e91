"""How sure a score is, and whether one method beats another. Pure functions of predictions.

Speakers are the units: utterances of one speaker are alike, so that counting them singly would
promise far more certainty than there is. Everything is conditional on the training sets: other
training speakers could give other results, and no test set can tell how other.
"""
