"""Models in the layout of Hugging Face: folders here or names on its hub, loaded without any code of theirs."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sabench import FeatureError
from sabench_plugins.features._pretrained import Number, one_line, placed, said_to_stderr

NEEDED = ("config.json", "preprocessor_config.json")
WEIGHTS = "*.safetensors"
_COMMIT = re.compile("[0-9a-f]{40}")
_TRAINING_ONLY = "masked_spec_embed"
"""A weight that is used in training alone, so that it may be missing."""

SEEN = {
    "audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim": ("msp-podcast",),
    "superb/wav2vec2-base-superb-er": ("iemocap",),
    "superb/wav2vec2-large-superb-er": ("iemocap",),
    "superb/hubert-base-superb-er": ("iemocap",),
    "superb/hubert-large-superb-er": ("iemocap",),
    "ehcalabres/wav2vec2-lg-xlsr-en-speech-emotion-recognition": ("ravdess",),
    "AreejB/wav2vec2-xlsr-english-speech-emotion-recognition": ("ravdess",),
    "r-f/wav2vec-english-speech-emotion-recognition": ("savee", "ravdess", "tess"),
}
"""Datasets, by the names of their plugins, that models have seen by what their model cards say."""


class Loaded(NamedTuple):
    """A model and what turns a signal into its input."""

    network: Any
    processor: Any


def identity(model: str, revision: str) -> str:
    """Return what tells weights apart: of a folder a hash of its files, of a name on the hub the commit.

    Raises:
        FeatureError: it is neither, or the hub cannot be reached.
    """
    folder = Path(model)
    return _content(folder, _stamps(folder)) if folder.is_dir() else _commit(model, revision)[:16]


def seen(model: str) -> tuple[str, ...]:
    """Return the datasets that a model is known to have seen."""
    config = Path(model) / "config.json"
    names = [model]
    if config.is_file():
        with contextlib.suppress(OSError, ValueError, AttributeError):  # said where the model is loaded
            names.append(str(json.loads(config.read_text(encoding="utf-8")).get("_name_or_path", "")))
    return next((SEEN[name] for name in names if name in SEEN), ())


@functools.lru_cache(maxsize=1)
def loaded(model: str, revision: str, device: str, dtype: Number) -> Loaded:
    """Return a model with its weights, fetched first where they are not here; one a process.

    Raises:
        FeatureError: weights that are missing, cannot be fetched, are kept as pickle, or need code of their own.
    """
    folder = Path(model) if Path(model).is_dir() else _fetched(model, revision)
    _refuse_incomplete(model, folder)
    import transformers

    try:
        with said_to_stderr(), _quiet(transformers):
            processor = transformers.AutoFeatureExtractor.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
            network, about = transformers.AutoModel.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, output_loading_info=True
            )
    except Exception as error:  # whatever a strange folder makes of the library
        msg = f"{model} cannot be loaded by transformers, whose code alone is used ({one_line(error)})."
        raise FeatureError(msg) from error
    missing = sorted(name for name in about["missing_keys"] if _TRAINING_ONLY not in name)
    if missing:
        msg = f"the weights of {model} lack {len(missing)} of its parameters, such as {missing[0]}: of another model?"
        raise FeatureError(msg)
    if processor.sampling_rate != 16_000:
        msg = f"{model} takes {processor.sampling_rate} Hz; expected a model of 16000 Hz."
        raise FeatureError(msg)
    encoder = network.get_encoder() if network.config.is_encoder_decoder else network
    return Loaded(placed(encoder, device, dtype), processor)


def _refuse_incomplete(model: str, folder: Path) -> None:
    lacking = [name for name in NEEDED if not (folder / name).is_file()]
    if lacking:
        msg = f"{model} has no {' and no '.join(lacking)}; expected what `save_pretrained` of transformers writes."
        raise FeatureError(msg)
    if not any(folder.glob(WEIGHTS)):
        pickled = sorted(file.name for file in folder.glob("*.bin"))
        instead = f" (there is {pickled[0]}, a pickle, which can run code)" if pickled else ""
        msg = (
            f"{model} has no weights in safetensors{instead}. Convert them where you trust them: load them with "
            "transformers and write a folder with save_pretrained, then name it with --set hf.model=FOLDER."
        )
        raise FeatureError(msg)


def _fetched(model: str, revision: str) -> Path:
    """Return the folder of a model of the hub in the cache of Hugging Face."""
    import huggingface_hub

    commit = _commit(model, revision)
    wanted = ["*.json", WEIGHTS]
    try:
        with said_to_stderr():
            return Path(huggingface_hub.snapshot_download(model, revision=commit, allow_patterns=wanted))
    except Exception as error:
        raise FeatureError(_unreachable(model, error)) from error


@functools.cache
def _commit(model: str, revision: str) -> str:
    """Return the commit that a revision of a model is: the one that is in the cache here, otherwise that of the hub."""
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    if _COMMIT.fullmatch(revision):
        return revision
    try:
        kept = huggingface_hub.snapshot_download(
            model, revision=revision, allow_patterns=["config.json"], local_files_only=True
        )
        return Path(kept).name
    except LocalEntryNotFoundError:
        pass
    except Exception as error:  # a name that the hub would not take
        raise FeatureError(_unreachable(model, error)) from error
    try:
        return str(huggingface_hub.HfApi().model_info(model, revision=revision, timeout=20).sha)
    except Exception as error:
        raise FeatureError(_unreachable(model, error)) from error


def _unreachable(model: str, error: Exception) -> str:
    return (
        f"{model!r} is no folder here and not in the cache of Hugging Face, and its hub does not give it "
        f"({one_line(error)}). Expected a model's name there, or a folder with {', '.join(NEEDED)} and {WEIGHTS}: run "
        "once with a network, or name a folder with --set hf.model=FOLDER."
    )


def _stamps(folder: Path) -> tuple[tuple[str, int, int], ...]:
    files = [*folder.glob("*.json"), *folder.glob(WEIGHTS)]
    stats = [(file.name, file.stat()) for file in sorted(files)]
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)


@functools.lru_cache(maxsize=8)
def _content(folder: Path, stamps: tuple[tuple[str, int, int], ...]) -> str:
    """Return a hash of names and contents of a folder's files; `stamps` makes changed ones be read anew."""
    sha = hashlib.sha256()
    for name, size, _ in stamps:
        with (folder / name).open("rb") as stream:
            sha.update(f"{name} {size} {hashlib.file_digest(stream, 'sha256').hexdigest()}\n".encode())
    return sha.hexdigest()[:16]


@contextlib.contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """Keep transformers from telling what it leaves out of a checkpoint (a head is not needed), and from its bars."""
    log = transformers.logging
    verbosity, bars = log.get_verbosity(), log.is_progress_bar_enabled()
    log.set_verbosity_error()
    log.disable_progress_bar()
    try:
        yield
    finally:
        log.set_verbosity(verbosity)
        if bars:
            log.enable_progress_bar()
