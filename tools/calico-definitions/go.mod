// The module whose resource definitions the policies for Calico are held against (tests/cluster). Nothing is built from
// it: its folder is read, so no Go file imports it, and `go mod tidy` must not be run here.
module k8s-hardening/tools/calico-definitions

go 1.26.0

require github.com/projectcalico/calico v1.11.0-cni-plugin.0.20250813170300-a0db560f0520
