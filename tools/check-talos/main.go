// Command check-talos applies patches to a machine configuration with the code of Talos itself, strictly, and validates
// the result.
package main

import (
	"fmt"
	"os"

	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
)

// A machine that is installed already.
type mode struct{}

func (mode) String() string        { return "metal" }
func (mode) RequiresInstall() bool { return false }
func (mode) InContainer() bool     { return true }

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
	patch, err := configpatcher.LoadPatch(text)
	if err != nil {
		return err
	}
	// Kubernetes 1.33 is what every Talos from 1.10 to 1.12 takes; patches do not depend on it.
	input, err := generate.NewInput("test", "https://192.0.2.1:6443", "1.33.0")
	if err != nil {
		return err
	}
	generated, err := input.Config(machine.TypeControlPlane)
	if err != nil {
		return err
	}
	patched, err := configpatcher.Apply(configpatcher.WithConfig(generated), []configpatcher.Patch{patch})
	if err != nil {
		return err
	}
	made, err := patched.Bytes()
	if err != nil {
		return err
	}
	loaded, err := configloader.NewFromBytes(made)
	if err != nil {
		return err
	}
	_, err = loaded.Validate(mode{})
	return err
}
