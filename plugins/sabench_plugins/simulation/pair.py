"""Two twins that differ in one thing: whether speakers do. `python -m sabench_plugins.simulation.pair FOLDER`.

Both have the 26 and 25 speakers of FAU-AIBO with 25 utterances each, in equal classes, which are not the corpus's. A
method that adapts has something to gain on the first and nothing on the second.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from sabench_plugins.simulation import aibo

EFFECTS = {"speakers-differ": 1.0, "speakers-alike": 0.0}
PER_SPEAKER = 25


def write(folder: Path, seed: int = 0) -> list[Path]:
    """Write the two twins into a folder, those that are not there yet, and return where they are."""
    places = []
    for name, effect in EFFECTS.items():
        place = folder / name
        if not place.exists():
            print(f"Simulating {place} (speaker effect {effect:g}) ...", flush=True)
            beside = folder / f".{name}"  # what a kill leaves there is written anew
            shutil.rmtree(beside, ignore_errors=True)
            aibo.simulate(beside, per_speaker=PER_SPEAKER, speaker_effect=effect, seed=seed)
            beside.rename(place)
        places.append(place)
    return places


def main() -> None:
    """Write the pair that the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    write(options.folder, options.seed)


if __name__ == "__main__":
    main()
