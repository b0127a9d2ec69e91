"""What the simulated speakers say, whatever their emotion: the words carry no cue."""

from __future__ import annotations

COMMANDS_DE = (
    "Aibo, geh nach links.",
    "Aibo, dreh dich um!",
    "Jetzt lauf geradeaus.",
    "Bleib stehen, Aibo.",
    "Und jetzt nach rechts.",
    "Noch ein bisschen weiter.",
    "Komm zu mir, Aibo.",
    "Nein, in die andere Richtung.",
    "Lauf zu dem blauen Napf.",
    "Setz dich hin.",
    "Aibo, steh wieder auf.",
    "Geh zu der roten Tasse.",
    "Stopp, nicht weiter!",
    "Tanz doch mal, Aibo.",
    "Gib mir deine Pfote.",
    "Wackel mit dem Kopf.",
    "So, jetzt langsam nach vorne.",
    "Aibo, hörst du mich?",
    "Da hinten musst du hin.",
    "Ein kleines Stück zurück.",
    "Genau dorthin, Aibo.",
    "Nicht in die Ecke laufen.",
    "Dreh dich zu der grünen Tasse.",
    "Weiter so, kleiner Hund.",
)
"""Orders to a robot dog."""

DIALOGUE_EN = (
    "I told them that I would be there before nine.",
    "Did you hear anything about the letter from the office?",
    "We have been waiting here for almost an hour now.",
    "You never said that you wanted to leave this town.",
    "I just don't know what we are going to do about it.",
    "She called me yesterday and asked about the house.",
    "There must be somebody who can look into this.",
    "Well, that is what happened, more or less.",
    "Do you remember the summer when we drove to the sea?",
    "It is only a form, and you have to fill it in again.",
    "They gave him the job, and he starts on Monday.",
    "I have been thinking about it for a long time.",
    "You could have told me that before we came here.",
    "My brother is going away at the end of the month.",
    "Let me see what I can find in the other room.",
    "That was the third time that they lost the bag.",
    "We should talk to your mother about the money.",
    "I will be back on the weekend, if the trains run.",
    "What did he say when you showed him the picture?",
    "Nobody was at the door when I opened it.",
    "They want us to come in at the end of the week.",
    "I really thought that this would be over by now.",
    "You are going to see them all at the wedding.",
    "It took me two hours to get through the traffic.",
)
"""Lines of a conversation."""
