"""Any feature object of audinterface, openSMILE's among them, as an extractor in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import numpy as np

from sabench.errors import ContractError, FeatureError
from sabench.interfaces.plugins import FeatureExtractor

FeatureKind = Literal["functionals", "sequences"]


class AudinterfaceExtractor(FeatureExtractor):
    """An extractor around a feature object; `from_audinterface` makes subclasses of it.

    Attributes:
        source: the feature object, or a function without arguments that makes it.
        shortest_s: signals that are shorter are filled up with zeros to so many seconds.
    """

    source: ClassVar[Any]
    shortest_s: ClassVar[float] = 0.0

    def extract(self, signal: np.ndarray, sampling_rate: int) -> np.ndarray:
        """Return what the feature object makes of a signal.

        Raises:
            FeatureError: it gave several frames where functionals are expected.
        """
        # Not the object's own call, which fails on objects that leave windows to audinterface.
        lacking = max(0, round(self.shortest_s * sampling_rate) - signal.shape[-1])
        signal = np.pad(signal, ((0, 0), (0, lacking))) if lacking else signal
        frames = self._feature().process_signal(signal, sampling_rate).to_numpy(np.float32)
        if self.kind == "sequences":
            return np.ascontiguousarray(frames)
        if len(frames) != 1:
            msg = f"{self.name} gave {len(frames)} frames where functionals are one; declare kind='sequences'."
            raise FeatureError(msg)
        return np.ascontiguousarray(frames[0])

    def _feature(self) -> Any:
        """Return the feature object, made once a process."""
        if "made_" not in vars(self):
            source = type(self).source
            self.made_ = source if _is_feature(source) else source()
        return self.made_

    def __reduce__(self) -> tuple[Callable[..., FeatureExtractor], tuple[Any, ...]]:
        # The class is made at run time, so that a worker process has to make it likewise.
        cls = type(self)
        return _remade, (cls.source, cls.name, cls.kind, cls.title, cls.version, cls.hop_s, cls.shortest_s)


def from_audinterface(
    source: Any,
    *,
    name: str,
    kind: FeatureKind = "functionals",
    title: str = "",
    version: str | None = None,
    hop_s: float = 0.010,
    shortest_s: float = 0.0,
) -> type[AudinterfaceExtractor]:
    """Return an extractor class around an `audinterface.Feature` or `opensmile.Smile`.

        ComParE = from_audinterface(lambda: opensmile.Smile(opensmile.FeatureSet.ComParE_2016), name="compare")

    Args:
        source: the feature object, or a function that makes it, which keeps its library from being imported before
            it is needed. Signals are handed to it mono, at 16 kHz.
        name: as registered.
        kind: `sequences` where the object gives a row a frame.
        title: what it is, in a few words.
        version: raise it when what the object computes changes. Without it, openSMILE objects (and whatever else
            is an `audobject.Object`) are told apart by their own id where the object itself is given.
        hop_s: seconds from frame to frame, for estimates of cost.
        shortest_s: fill shorter signals up with zeros to so many seconds; openSMILE gives NaN for what is shorter than
            its longest frame, 60 ms for most of its sets. Raise the version with it.

    Raises:
        ContractError: `source` is neither.
    """
    if not (_is_feature(source) or callable(source)):
        msg = f"{source!r} is no feature object; expected an audinterface.Feature, or a function that makes one."
        raise ContractError(msg)
    own = str(source.id) if _is_feature(source) and hasattr(source, "id") else "1"
    return _made(
        source, name, kind, title or f"{name}, by audinterface", own if version is None else version, hop_s, shortest_s
    )


def _made(
    source: Any, name: str, kind: FeatureKind, title: str, version: str, hop_s: float, shortest_s: float
) -> type[AudinterfaceExtractor]:
    # A plain function would become a method of the class.
    held = source if _is_feature(source) else staticmethod(source)
    attributes = {
        "source": held,
        "name": name,
        "kind": kind,
        "title": title,
        "version": version,
        "hop_s": hop_s,
        "shortest_s": shortest_s,
        "__doc__": title,
    }
    return type(f"Audinterface_{name}", (AudinterfaceExtractor,), attributes)


def _remade(*made_from: Any) -> FeatureExtractor:
    return _made(*made_from)()


def _is_feature(source: Any) -> bool:
    return hasattr(source, "process_signal") and not isinstance(source, type)
