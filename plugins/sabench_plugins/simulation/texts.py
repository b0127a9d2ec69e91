"""What the simulated speakers say, whatever their emotion: the words carry no cue.

Every text has nearly the same words, in another order. In functionals of short utterances the words would
otherwise outweigh speaker and emotion, and one neutral utterance would say more of its words than of its speaker.
"""

from __future__ import annotations

COMMANDS_DE = (
    "Aibo, geh jetzt nach links.",
    "Geh jetzt nach links, Aibo.",
    "Jetzt geh nach links, Aibo.",
    "Nach links, Aibo, geh jetzt.",
    "Aibo, jetzt geh nach links.",
    "Jetzt, Aibo, geh nach links.",
    "Nach links geh jetzt, Aibo.",
    "Geh nach links jetzt, Aibo.",
    "Aibo, geh jetzt nach rechts.",
    "Geh jetzt nach rechts, Aibo.",
    "Jetzt geh nach rechts, Aibo.",
    "Nach rechts, Aibo, geh jetzt.",
)
"""Orders to a robot dog."""

DIALOGUE_EN = (
    "You know, I told you that this morning, and you never said a thing.",
    "I told you that this morning, you know, and you never said a thing.",
    "This morning I told you that, you know, and you never said a thing.",
    "You never said a thing, you know, and I told you that this morning.",
    "You know, you never said a thing, and I told you that this morning.",
    "You never said a thing this morning, and I told you that, you know.",
    "This morning, you know, I told you that, and you never said a thing.",
    "I told you that, and you never said a thing this morning, you know.",
    "You know, this morning I told you that, and you never said a thing.",
    "I told you that, you know, and this morning you never said a thing.",
)
"""Lines of a conversation."""
