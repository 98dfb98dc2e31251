"""Settings of the control plane: a flag, its file and its mount are one value; dialects write them down."""
