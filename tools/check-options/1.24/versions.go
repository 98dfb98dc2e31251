package main

import (
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	"k8s.io/kubernetes/pkg/kubelet/apis/config"
	"k8s.io/kubernetes/pkg/kubelet/apis/config/validation"
)

// What Kubernetes 1.24 calls in another way than later versions.

func controllerManagerFlags(server *options.KubeControllerManagerOptions) cliflag.NamedFlagSets {
	return server.Flags(app.KnownControllers(), app.ControllersDisabledByDefault.List())
}

func validateControllerManager(server *options.KubeControllerManagerOptions) error {
	return server.Validate(app.KnownControllers(), app.ControllersDisabledByDefault.List())
}

func validateKubelet(configuration *config.KubeletConfiguration) error {
	return validation.ValidateKubeletConfiguration(configuration)
}
