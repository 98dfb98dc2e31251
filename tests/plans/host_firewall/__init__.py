"""Firewalls of the nodes."""
