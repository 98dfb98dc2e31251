"""Pure functions from validated inputs to manifests and host files. No Pulumi, no I/O, no clock, no randomness."""
