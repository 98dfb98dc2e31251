"""The writers of the dialects."""
