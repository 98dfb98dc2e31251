//go:build tools

// Package tools pins the Python language host, at the last version whose module contains it.
package tools

import _ "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
