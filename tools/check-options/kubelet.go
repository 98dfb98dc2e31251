package main

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/kubernetes/pkg/kubelet/apis/config"
	"k8s.io/kubernetes/pkg/kubelet/apis/config/scheme"
)

// kubelet judges a configuration. The program itself would go on without fields that it does not know.
func kubelet(data []byte) (found []error) {
	// An unknown feature gate ends the program while it fills in defaults: k8s.io/kubernetes v1.37.2
	// pkg/kubelet/apis/config/v1beta1/defaults.go.
	defer func() {
		if reason := recover(); reason != nil {
			found = append(found, fmt.Errorf("panic: %v", reason))
		}
	}()
	_, codecs, err := scheme.NewSchemeAndCodecs(serializer.EnableStrict)
	if err != nil {
		return []error{err}
	}
	decoded, kind, err := codecs.UniversalDecoder().Decode(data, nil, nil)
	if err != nil {
		return []error{err}
	}
	configuration, ok := decoded.(*config.KubeletConfiguration)
	if !ok {
		return []error{fmt.Errorf("not a configuration of the kubelet: %s", kind)}
	}
	return append(each(validateKubelet(configuration)), tls(configuration.TLSCipherSuites, configuration.TLSMinVersion)...)
}
