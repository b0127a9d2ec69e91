"""UAR against the number of enrolment utterances, on the same scored utterances at every number."""

from sabench.curve.carriers import Carrier, carrier_of
from sabench.curve.measure import curve
from sabench.curve.points import Curve, Point, Reference

__all__ = ["Carrier", "Curve", "Point", "Reference", "carrier_of", "curve"]
