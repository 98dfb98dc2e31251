"""What users declare, as frozen pydantic models: the baseline, its parts, and what the pack knows for itself."""
