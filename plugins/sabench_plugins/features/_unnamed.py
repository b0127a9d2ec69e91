"""Extractors that know nothing before a model or a table is named, which the conformance suite does not do."""

from typing import Final

CHECKS_OF_EXTRACT: Final = (
    "features_are_what_their_kind_promises",
    "the_last_axis_is_the_same_for_all",
    "the_same_signal_gives_the_same_features",
    "a_result_is_not_overwritten_by_the_next",
    "extracting_leaves_the_extractor_unchanged",
    "silence_is_survived",
    "very_short_clips_are_survived",
    "full_scale_is_survived",
    "two_channels_are_taken",
    "the_sampling_rate_is_honoured",
    "the_signal_is_left_as_it_was",
)
"""Checks that call `extract`."""
