// The module whose test data the Pod Security controls are held against (tests/oracle). Nothing is built from it: its
// folder is read, so no Go file imports it, and `go mod tidy` must not be run here.
module k8s-hardening/tools/pod-security-fixtures

go 1.26.0

require k8s.io/pod-security-admission v0.37.2
