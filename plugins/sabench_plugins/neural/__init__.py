"""The neural family of Triantafyllopoulos et al. (2021): networks, crops and one training engine."""
