"""The loader's image: a root filesystem of Debian packages, and an OCI layout of it that is the same each time."""
