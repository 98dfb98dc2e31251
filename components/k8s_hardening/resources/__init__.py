"""The ComponentResources, one per file; the only code that knows pulumi."""
