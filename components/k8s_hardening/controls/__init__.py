"""The opinions: one file per control, each with requirement, check and, where it makes sense, harden."""
