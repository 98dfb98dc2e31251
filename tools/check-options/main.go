// Command check-options lets the code of Kubernetes' own programs judge their flags and files, without starting them.
//
// The first argument names a program. Those of the control plane are followed by their flags, kubelet and kube-proxy
// by files that hold one configuration each. What the code refuses is printed, one line each, and the exit code is 1.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/errors"
	cliflag "k8s.io/component-base/cli/flag"
)

var programs = map[string]func([]string) []error{
	"kube-apiserver":          apiServer,
	"kube-controller-manager": controllerManager,
	"kube-scheduler":          scheduler,
	"kubelet":                 files(kubelet),
	"kube-proxy":              files(kubeProxy),
}

func main() {
	if len(os.Args) < 2 || programs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: check-options PROGRAM FLAGS-OR-FILES")
		os.Exit(2)
	}
	found := programs[os.Args[1]](os.Args[2:])
	for _, err := range found {
		fmt.Println(strings.ReplaceAll(err.Error(), "\n", " "))
	}
	if len(found) > 0 {
		os.Exit(1)
	}
}

// parse reads flags into the sections of a program's options; a flag that it does not know is an error.
func parse(sections cliflag.NamedFlagSets, arguments []string) error {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, section := range sections.FlagSets {
		flags.AddFlagSet(section)
	}
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("not a flag: %q", flags.Args())
	}
	return nil
}

// files judges each file of a list.
func files(judge func([]byte) []error) func([]string) []error {
	return func(paths []string) []error {
		if len(paths) == 0 {
			return []error{fmt.Errorf("no file to judge")}
		}
		var found []error
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				found = append(found, err)
				continue
			}
			found = append(found, judge(data)...)
		}
		return found
	}
}

// each is a list of errors as single ones.
func each(err error) []error {
	if err == nil {
		return nil
	}
	if list, ok := err.(errors.Aggregate); ok {
		return list.Errors()
	}
	return []error{err}
}

// tls judges what the programs look up only when they open their port.
func tls(suites []string, minimum string) []error {
	_, wrongSuites := cliflag.TLSCipherSuites(suites)
	_, wrongMinimum := cliflag.TLSVersion(minimum)
	return append(each(wrongSuites), each(wrongMinimum)...)
}
