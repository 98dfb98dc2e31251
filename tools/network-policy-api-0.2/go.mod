// The module whose resource definition ClusterNetworkPolicies are held against (tests/cluster). Nothing is built from it:
// its folder is read, so no Go file imports it, and `go mod tidy` must not be run here.
module k8s-hardening/tools/network-policy-api-0.2

go 1.26.0

require sigs.k8s.io/network-policy-api v0.2.0
