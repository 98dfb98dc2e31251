package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
)

// Module is one Go module at the version that holds a release's source; the checksum vouches for its content.
type Module struct {
	Path    string `json:"path"`
	Version string `json:"version"`
	Sum     string `json:"sum"`
}

func readReleases(file string) (map[string][]Module, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var releases map[string][]Module
	return releases, json.Unmarshal(data, &releases)
}

// obtain returns the folder of each module by its path.
func obtain(modules []Module) (map[string]string, error) {
	// Outside of any module, so that no go.mod replaces what is asked for.
	empty, err := os.MkdirTemp("", "flag-extraction")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(empty)
	folders := map[string]string{}
	for _, module := range modules {
		command := exec.Command("go", "mod", "download", "-json", module.Path+"@"+module.Version)
		command.Dir = empty
		output, runErr := command.Output()
		var found struct{ Dir, Sum, Error string }
		if err := json.Unmarshal(output, &found); err != nil || found.Error != "" || runErr != nil {
			return nil, fmt.Errorf("go could not obtain %s %s: %s", module.Path, module.Version, found.Error)
		}
		if found.Sum != module.Sum {
			return nil, fmt.Errorf("%s %s has checksum %s, not %s", module.Path, module.Version, found.Sum, module.Sum)
		}
		folders[module.Path] = found.Dir
	}
	return folders, nil
}
