"""Shared by all tests: the folders whose modules tests import by bare name."""
