"""The engine from outside, without an engine."""
