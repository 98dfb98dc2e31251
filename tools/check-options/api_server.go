package main

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/apis/apiserver"
	apiserverv1 "k8s.io/apiserver/pkg/apis/apiserver/v1"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	"k8s.io/pod-security-admission/admission/api/load"
	"k8s.io/pod-security-admission/admission/api/validation"
)

// apiServer judges the flags for authentication, authorization and admission, with every file that they name.
func apiServer(arguments []string) []error {
	server := options.NewServerRunOptions()
	if err := parse(server.Flags(), arguments); err != nil {
		return []error{err}
	}
	found := append(server.Authentication.Validate(), server.Authorization.Validate()...)
	found = append(found, server.Admission.Validate()...)
	if len(found) > 0 {
		return found
	}
	if _, err := server.Authentication.ToAuthenticationConfig(); err != nil {
		found = append(found, fmt.Errorf("authentication: %w", err))
	}
	return append(found, plugins(server)...)
}

// plugins makes each plug-in that would run from its block of the configuration.
func plugins(server *options.ServerRunOptions) []error {
	generic := server.Admission.GenericAdmission
	running := sets.NewString(generic.RecommendedPluginOrder...).
		Difference(sets.NewString(generic.DefaultOffPlugins.UnsortedList()...)).
		Insert(generic.EnablePlugins...)
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{apiserver.AddToScheme, apiserverv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return []error{err}
		}
	}
	provider, err := admission.ReadAdmissionConfiguration(running.List(), generic.ConfigFile, scheme)
	if err != nil {
		return []error{err}
	}
	var found []error
	for _, name := range running.List() {
		configuration, err := provider.ConfigFor(name)
		if err == nil {
			_, err = generic.Plugins.InitPlugin(name, configuration, admission.PluginInitializers{})
		}
		// What comes after the configuration was read needs a server: clients, informers.
		if err != nil && !strings.HasPrefix(err.Error(), "failed to initialize admission plugin") {
			found = append(found, fmt.Errorf("admission: %s: %w", name, err))
		}
	}
	return append(found, podSecurity(provider)...)
}

// podSecurity checks the block that its plug-in checks only when it has a client.
func podSecurity(provider admission.ConfigProvider) []error {
	block, err := provider.ConfigFor("PodSecurity")
	if err != nil {
		return []error{err}
	}
	configuration, err := load.LoadFromReader(block)
	if err != nil {
		return nil // the plug-in says so as well
	}
	if err := validation.ValidatePodSecurityConfiguration(configuration).ToAggregate(); err != nil {
		return []error{fmt.Errorf("admission: PodSecurity: %w", err)}
	}
	return nil
}
