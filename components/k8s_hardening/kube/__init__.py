"""Kubernetes facts, no opinions: versions, names, quantities, pods of any kind, YAML as the API server reads it."""
