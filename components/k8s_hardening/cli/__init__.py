"""The command line: the same plans and controls without an engine, and the engine wrapped."""
