// The Kubernetes provider of Pulumi, release 4.27.0, as a program of its own.
//
// schema.json and terraform-mapping.json are copied from the provider's module when this is built.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var terraformMapping []byte

func main() {
	provider.Serve("kubernetes", "4.27.0", schema, terraformMapping)
}
