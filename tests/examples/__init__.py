"""What teams write, with a mock of the engine."""
