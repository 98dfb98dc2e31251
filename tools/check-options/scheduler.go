package main

import (
	"fmt"

	"k8s.io/kubernetes/cmd/kube-scheduler/app/options"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/latest"
)

// scheduler judges every flag, in the order in which the program does.
func scheduler(arguments []string) []error {
	server := options.NewOptions()
	if err := parse(*server.Flags, arguments); err != nil {
		return []error{err}
	}
	if server.ConfigFile != "" {
		return []error{fmt.Errorf("--config: only flags are judged here")}
	}
	defaults, err := latest.Default()
	if err != nil {
		return []error{err}
	}
	server.ComponentConfig = defaults
	return append(server.Validate(), tls(server.SecureServing.CipherSuites, server.SecureServing.MinTLSVersion)...)
}
