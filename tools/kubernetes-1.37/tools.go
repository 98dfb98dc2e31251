//go:build tools

// Package tools pins the servers of Kubernetes 1.37 that tests boot with emitted settings, and the code that judges these.
package tools

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
	_ "k8s.io/kubernetes/cmd/kube-scheduler/app/options"
	_ "k8s.io/kubernetes/cmd/kubeadm"
)
