"""How numbers are worded, the same wherever a reader meets them."""

from __future__ import annotations

import math

from sabench.interfaces.records import Access


def points(fraction: float) -> str:
    """Return a fraction as percentage points.

    >>> points(0.1213), points(float("inf"))
    ('12.1', '-')
    """
    return "-" if not math.isfinite(fraction) else f"{100 * fraction:z.1f}"


def signed(fraction: float) -> str:
    """Return a difference as percentage points with its sign.

    >>> signed(0.1213), signed(-0.02), signed(-1e-9), signed(float("nan"))
    ('+12.1', '-2.0', '+0.0', '-')
    """
    return "-" if not math.isfinite(fraction) else f"{100 * fraction:+z.1f}"


def score_words(value: float, low: float, high: float) -> str:
    """Return a score in percent with its interval.

    >>> score_words(0.616, 0.55, 0.68)
    '61.6 [55.0, 68.0]'
    """
    return f"{points(value)} [{points(low)}, {points(high)}]"


def difference_words(value: float, low: float, high: float) -> str:
    """Return a difference in points, with signs, and its interval where it has ends.

    >>> difference_words(0.116, 0.05, 0.18), difference_words(0.1, -math.inf, math.inf)
    ('+11.6 [+5.0, +18.0]', '+10.0')
    """
    return f"{signed(value)} [{signed(low)}, {signed(high)}]" if math.isfinite(high - low) else signed(value)


def confidence_words(confidence: float) -> str:
    """Return the name of an interval.

    >>> confidence_words(0.95), confidence_words(1 - 0.05 / 3), confidence_words(1 - 0.05 / 60)
    ('95% CI', '98.3% CI', '99.9% CI')
    """
    return f"{100 * confidence:.3g}% CI"


def p_number(p: float) -> str:
    """Return a p value as a cell of a table shows it.

    >>> p_number(0.04321), p_number(0.0000012)
    ('0.0432', '<0.0001')
    """
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"


def p_words(p: float) -> str:
    """Return a p value as a sentence has it.

    >>> p_words(0.04321), p_words(0.00042), p_words(0.0000012)
    ('p = 0.043', 'p = 0.0004', 'p < 0.0001')
    """
    if p < 0.0001:
        return "p < 0.0001"
    return f"p = {p:.4f}" if p < 0.001 else f"p = {p:.3f}"


def rank_words(rank: tuple[int, int] | None) -> str:
    """Return the ranks that are left open.

    >>> rank_words((1, 1)), rank_words((1, 3)), rank_words(None)
    ('1', '1-3', '-')
    """
    if rank is None:
        return "-"
    best, worst = rank
    return str(best) if best == worst else f"{best}-{worst}"


def price_words(access: Access, other: Access) -> str:
    """Return what the better method asks for that the other does not, as the end of a sentence.

    >>> price_words(Access(unlabelled="all"), Access())
    ', at the price of transductive access'
    >>> price_words(Access(), Access(neutral=2))
    ', with less of the target speaker (none against 2 neutral)'
    """
    if access == other:
        return ""
    if access | other == other:
        return f", with less of the target speaker ({access} against {other})"
    against = "" if other == Access() else f" against {other}"
    price = "transductive access" if str(access) == "transductive" else f"{access} {_utterances(access)} a speaker"
    return f", at the price of {price}{against}"


def access_words(access: str) -> str:
    """Return a price in words, with what it counts.

    >>> access_words("1 neutral"), access_words("10 unlabelled"), access_words("1 neutral + transductive")
    ('1 neutral utterance', '10 unlabelled utterances', '1 neutral utterance + transductive')
    """
    return " + ".join(
        f"{part} utterance{'' if part.startswith('1 ') else 's'}" if part[0].isdigit() else part
        for part in access.split(" + ")
    )


def _utterances(access: Access) -> str:
    return "utterance" if (access.neutral, access.unlabelled, access.labelled) in _SINGLE else "utterances"


_SINGLE = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


def duration(seconds: float) -> str:
    """Return a duration as people say it.

    >>> duration(3.21), duration(32.1), duration(75), duration(7300)
    ('3.2 s', '32 s', '1 min 15 s', '2 h 1 min')
    """
    if seconds != seconds:
        return "-"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def count(number: int | None) -> str:
    """Return a count in short.

    >>> count(None), count(950), count(578_213), count(11_600_000)
    ('-', '950', '578 k', '11.6 M')
    """
    if number is None:
        return "-"
    if number < 10_000:
        return str(number)
    return f"{number / 1000:.0f} k" if number < 1_000_000 else f"{number / 1e6:.1f} M"
