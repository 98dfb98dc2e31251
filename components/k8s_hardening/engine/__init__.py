"""The Pulumi engine from outside: found, built, started, and its event log read."""
