"""The control plane of an environment as typed data: encryption, who may come in, who may do what, what is logged."""
