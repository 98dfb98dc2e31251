// Command check-cluster-api decodes objects (JSON) strictly into the types of Cluster API.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	bootstrapv1beta1 "sigs.k8s.io/cluster-api/api/bootstrap/kubeadm/v1beta1"
	bootstrapv1beta2 "sigs.k8s.io/cluster-api/api/bootstrap/kubeadm/v1beta2"
	controlplanev1beta1 "sigs.k8s.io/cluster-api/api/controlplane/kubeadm/v1beta1"
	controlplanev1beta2 "sigs.k8s.io/cluster-api/api/controlplane/kubeadm/v1beta2"
)

var kinds = map[string]func() any{
	"bootstrap.cluster.x-k8s.io/v1beta1 KubeadmConfigTemplate":  func() any { return &bootstrapv1beta1.KubeadmConfigTemplate{} },
	"bootstrap.cluster.x-k8s.io/v1beta2 KubeadmConfigTemplate":  func() any { return &bootstrapv1beta2.KubeadmConfigTemplate{} },
	"controlplane.cluster.x-k8s.io/v1beta1 KubeadmControlPlane": func() any { return &controlplanev1beta1.KubeadmControlPlane{} },
	"controlplane.cluster.x-k8s.io/v1beta2 KubeadmControlPlane": func() any { return &controlplanev1beta2.KubeadmControlPlane{} },
}

func main() {
	for _, path := range os.Args[1:] {
		if err := check(path); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
}

func check(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var header struct{ APIVersion, Kind string }
	if err := json.Unmarshal(text, &header); err != nil {
		return err
	}
	made, known := kinds[header.APIVersion+" "+header.Kind]
	if !known {
		return fmt.Errorf("%s %s is no kind that is checked", header.APIVersion, header.Kind)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(made())
}
