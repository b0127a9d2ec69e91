"""The feature store: content-addressed, memory-mapped, written once, safe under concurrent writers.

A folder an extractor holds shards; a shard is one safetensors file whose names are the SHA-256 of decoded
samples. So reordering or adding files re-uses what is there, and a shard is there whole or not at all.
"""
