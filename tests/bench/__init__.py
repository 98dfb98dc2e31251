"""What docs/performance.md reports, measured: `python -m tests.bench` (or `make bench`)."""
