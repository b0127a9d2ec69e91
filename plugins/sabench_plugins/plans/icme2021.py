"""Tables 2 to 4 of Triantafyllopoulos, Liu and Schuller 2021, doi 10.1109/icme51207.2021.9428217."""

from pathlib import Path

FILE = Path(__file__).with_name("icme2021.toml")
