"""The writers of the dialects: the same settings in the words of kubeadm, static pods, k3s, RKE2, Talos and others."""
