package main

import "k8s.io/kubernetes/cmd/kube-controller-manager/app/options"

// controllerManager judges every flag.
func controllerManager(arguments []string) []error {
	server, err := options.NewKubeControllerManagerOptions()
	if err != nil {
		return []error{err}
	}
	if err := parse(controllerManagerFlags(server), arguments); err != nil {
		return []error{err}
	}
	found := each(validateControllerManager(server))
	return append(found, tls(server.SecureServing.CipherSuites, server.SecureServing.MinTLSVersion)...)
}
