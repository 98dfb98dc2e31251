package main

import (
	"fmt"

	"k8s.io/kubernetes/pkg/proxy/apis/config"
	"k8s.io/kubernetes/pkg/proxy/apis/config/scheme"
	"k8s.io/kubernetes/pkg/proxy/apis/config/validation"
)

// kubeProxy judges a configuration. The program itself would go on without fields that it does not know.
func kubeProxy(data []byte) []error {
	decoded, kind, err := scheme.Codecs.UniversalDecoder().Decode(data, nil, nil)
	if err != nil {
		return []error{err}
	}
	configuration, ok := decoded.(*config.KubeProxyConfiguration)
	if !ok {
		return []error{fmt.Errorf("not a configuration of kube-proxy: %s", kind)}
	}
	var found []error
	for _, one := range validation.Validate(configuration) {
		found = append(found, one)
	}
	return found
}
