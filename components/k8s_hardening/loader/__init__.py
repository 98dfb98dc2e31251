"""The program that loads AppArmor profiles on a node; it runs in an image of its own, with the standard library alone.

Nothing of the rest of the package is there, so these modules import only each other, by relative names.
"""
