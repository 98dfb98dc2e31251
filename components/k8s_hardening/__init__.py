"""Hardening-as-code for Kubernetes: components and their Args, nothing else."""
