// Command flag-extraction prints which flags the programs of a Kubernetes release take, which admission plug-ins its
// API server holds, which feature gates there are and which fields its kubelet's configuration has, all read from the
// release's source.
//
// It follows the calls that register flags through the syntax trees alone, so it builds no server: some seconds a
// release. The modules it reads and their checksums stand in modules.json.
//
//	go run . [-modules modules.json] [1.18 1.37 ...]
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"sort"
	"strings"
)

// Release is what one Kubernetes minor version takes.
type Release struct {
	Flags            map[string]map[string]Flag `json:"flags"`
	AdmissionPlugins map[string]bool            `json:"admissionPlugins"`
	FeatureGates     map[string]bool            `json:"featureGates"`
	KubeletFields    []string                   `json:"kubeletFields"`
}

// Flag is one flag of a program.
type Flag struct {
	// Boolean flags take their value only after an equals sign.
	Boolean bool `json:"boolean,omitempty"`
	// Deprecated tells what the program says when the flag is used.
	Deprecated string `json:"deprecated,omitempty"`
}

// Where each program of Kubernetes makes its command.
var commands = map[string][2]string{
	"kube-apiserver":          {"k8s.io/kubernetes/cmd/kube-apiserver/app", "NewAPIServerCommand"},
	"kube-controller-manager": {"k8s.io/kubernetes/cmd/kube-controller-manager/app", "NewControllerManagerCommand"},
	"kube-scheduler":          {"k8s.io/kubernetes/cmd/kube-scheduler/app", "NewSchedulerCommand"},
	"kubelet":                 {"k8s.io/kubernetes/cmd/kubelet/app", "NewKubeletCommand"},
}

// etcd keeps its settings in one function; its path changed with its Go module.
var etcdPackages = []string{"go.etcd.io/etcd/server/v3/etcdmain", "go.etcd.io/etcd/etcdmain"}

func main() {
	log.SetFlags(0)
	file := flag.String("modules", "modules.json", "the releases with the modules that hold their source")
	flag.Parse()
	releases, err := readReleases(*file)
	if err != nil {
		log.Fatal(err)
	}
	chosen := flag.Args()
	if len(chosen) == 0 {
		for minor := range releases {
			chosen = append(chosen, minor)
		}
	}
	sort.Strings(chosen)
	result := map[string]Release{}
	for _, minor := range chosen {
		modules, known := releases[minor]
		if !known {
			log.Fatalf("%s has no entry for %s", *file, minor)
		}
		folders, err := obtain(modules)
		if err != nil {
			log.Fatalf("%s: %v", minor, err)
		}
		release, err := extract(newSource(folders))
		if err != nil {
			log.Fatalf("%s: %v", minor, err)
		}
		result[minor] = release
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(result); err != nil {
		log.Fatal(err)
	}
}

func extract(source *source) (Release, error) {
	release := Release{Flags: map[string]map[string]Flag{}}
	for program, where := range commands {
		walker := newWalker(source)
		if err := walker.start(where[0], where[1]); err != nil {
			return release, fmt.Errorf("%s: %w", program, err)
		}
		release.Flags[program] = walker.flags
	}
	walker := newWalker(source)
	if err := walker.startEtcd(etcdPackages); err != nil {
		return release, fmt.Errorf("etcd: %w", err)
	}
	release.Flags["etcd"] = walker.flags
	var err error
	if release.AdmissionPlugins, err = admissionPlugins(source); err != nil {
		return release, err
	}
	if release.FeatureGates, err = featureGates(source); err != nil {
		return release, err
	}
	release.KubeletFields, err = kubeletFields(source)
	return release, err
}

func normalized(name string) string {
	return strings.ReplaceAll(name, "_", "-")
}
