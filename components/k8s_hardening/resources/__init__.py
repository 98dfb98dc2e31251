"""The ComponentResources, one per file; the only code that knows pulumi.

No module here with annotations that the component host reads (args.py and the components) may use
`from __future__ import annotations`: the host infers the package's schema from the types themselves.
"""
