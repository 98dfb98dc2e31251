"""Firewalls of the nodes: who may reach which port, and the files that say so."""
