"""The sign-flip test: were the two methods the same, each speaker's difference could as well be reversed.

For the mean of fold UARs this flips the sign of each speaker's difference. For the pooled UAR it swaps
a speaker's predictions between the methods and recomputes: the truth stays, so the difference of the
pooled UARs changes by the sign of that speaker's share alone, and both tests are one.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

EXACT = 26
"""Up to so many speakers all sign flips are counted, above so many `DRAWS` of them are drawn."""
DRAWS = 99_999
_DIRECT = 12
_SCREEN = 299
_CLEAR = 0.2
_BUDGET = 3000
_CHUNK = 4_000_000


def smallest_p(n: int) -> float:
    """Return the smallest p value that `n` speakers can give.

    >>> smallest_p(5), smallest_p(10)
    (0.0625, 0.001953125)
    """
    return max(2.0 ** (1 - n), 1 / (DRAWS + 1) if n > EXACT else 0.0) if n else 1.0


def sign_flip(shares: np.ndarray, *, screen: bool = False) -> np.ndarray:
    """Return two-sided p values of sums of shape `(n_tests,)` from shares of shape `(n_tests, n_speakers)`.

    Exact up to `EXACT` speakers, else by `DRAWS` flips of a fixed seed, the observed one counted in
    (Phipson and Smyth 2010).

    Args:
        shares: each speaker's share in the difference of two methods.
        screen: for large families: values that are clearly above 0.05 may be rough, from a few
            hundred flips, and where thousands remain, Student's t stands in for counting.

    >>> sign_flip(np.array([[1.0, 1.0, 1.0]])).tolist()
    [0.25]
    """
    n_tests, n = shares.shape
    if n <= _DIRECT:
        return _direct(shares)
    p = np.ones(n_tests)
    open_ = np.flatnonzero((shares != 0).any(axis=1))
    if screen:
        p[open_] = _drawn(shares[open_], _SCREEN)
        open_ = open_[p[open_] <= _CLEAR]
        if len(open_) > _BUDGET:
            p[open_] = np.maximum(_student(shares[open_]), smallest_p(n))
            return p
    if n > EXACT:
        p[open_] = _drawn(shares[open_], DRAWS)
        return p
    for i in open_:
        p[i] = _split(shares[i])
    return p


def _direct(shares: np.ndarray) -> np.ndarray:
    """Count all flips, the first speaker's sign held: the other half mirrors it."""
    n_tests, n = shares.shape
    if not n:
        return np.ones(n_tests)
    signs = _signs(n - 1)
    flips = np.hstack([np.ones((len(signs), 1)), signs])
    rows = max(1, _CHUNK // len(flips))
    return np.concatenate([_tail(shares[i : i + rows], flips).mean(axis=0) for i in range(0, n_tests, rows)])


def _drawn(shares: np.ndarray, draws: int) -> np.ndarray:
    n_tests, n = shares.shape
    flips = drawn_flips(n)[:draws]
    count = np.zeros(n_tests)
    step = max(1, _CHUNK // max(n_tests, n))
    for start in range(0, draws, step):
        count += _tail(shares, flips[start : start + step].astype(float)).sum(axis=0)
    return np.asarray((count + 1) / (draws + 1))


@lru_cache(maxsize=4)
def drawn_flips(n: int) -> np.ndarray:
    """Return the sign flips that are drawn for `n` speakers, always the same, shape `(DRAWS, n)`."""
    return np.random.default_rng(20210705).integers(0, 2, (DRAWS, n), dtype=np.int8) * np.int8(2) - np.int8(1)


def _student(shares: np.ndarray) -> np.ndarray:
    """Return the p values of Student's paired t, which the permutation test comes close to for many speakers."""
    from scipy.special import stdtr

    n = shares.shape[1]
    spread = shares.std(axis=1, ddof=1) * np.sqrt(n)
    t = np.abs(shares.sum(axis=1)) / np.maximum(spread, 1e-300)
    return np.asarray(2 * stdtr(n - 1, -t))


def _tail(shares: np.ndarray, flips: np.ndarray) -> np.ndarray:
    return np.asarray(np.abs(flips @ shares.T) >= _threshold(shares))


def _split(shares: np.ndarray) -> float:
    """Count the flips in the tail exactly by joining two halves of the speakers.

    A sum is in the upper tail if the left half's reaches what the right half's leaves missing: of
    sorted sums, a search tells how many do. Flips come in mirrored pairs, so the lower tail is as large.
    """
    half = len(shares) // 2
    left, right = _signs(half), _signs(len(shares) - half)
    upper = np.sort(left @ shares[:half])
    missing = _threshold(shares[None])[0] - np.sort(right @ shares[half:])
    reached = len(upper) - np.searchsorted(upper, missing, side="left")
    return min(1.0, float(2 * reached.sum() / (len(left) * len(right))))


def _threshold(shares: np.ndarray) -> np.ndarray:
    """Return the observed size, less what rounding could hide of a tie."""
    return np.asarray(np.abs(shares.sum(axis=1)) - 1e-12 * np.abs(shares).sum(axis=1))


@lru_cache(maxsize=_DIRECT + 2)
def _signs(n: int) -> np.ndarray:
    """Return all sign vectors, shape `(2**n, n)`."""
    return ((np.arange(2**n)[:, None] >> np.arange(n)) & 1) * 2.0 - 1.0
