//go:build tools

// Package tools pins the Pulumi command line; its dependency sdk/v3 also carries the policy shim.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
