"""The program and the environments, with a mock of the engine."""
