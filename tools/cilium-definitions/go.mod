// The module whose resource definitions the policies for Cilium are held against (tests/cluster). Nothing is built from
// it: its folder is read, so no Go file imports it, and `go mod tidy` must not be run here.
module k8s-hardening/tools/cilium-definitions

go 1.26.0

require github.com/cilium/cilium v1.20.2
