"""The components, with a mock of the engine."""
