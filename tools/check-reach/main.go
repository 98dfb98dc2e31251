// Command check-reach asks cyclonus, another evaluator of network policies, which traffic some policies let through.
//
// It reads a stream of JSON values, each network policies with traffic, and answers each with a line of JSON: whether
// each traffic passes. With the argument recipes it prints the well-known recipes that cyclonus ships, with the pods and
// the traffic that they are about.
package main

import (
	"encoding/json"
	"io"
	"log"
	"os"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	"github.com/mattfenwick/cyclonus/pkg/recipes"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

type question struct {
	Policies []*networkingv1.NetworkPolicy `json:"policies"`
	Traffic  []*matcher.Traffic            `json:"traffic"`
}

type pod struct {
	Namespace string            `json:"namespace"`
	Name      string            `json:"name"`
	Labels    map[string]string `json:"labels"`
}

type recipe struct {
	Policies   []*networkingv1.NetworkPolicy `json:"policies"`
	Namespaces map[string]map[string]string  `json:"namespaces"`
	Pods       []pod                         `json:"pods"`
	Protocol   corev1.Protocol               `json:"protocol"`
	Port       int                           `json:"port"`
}

func main() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	if len(os.Args) > 1 && os.Args[1] == "recipes" {
		if err := out.Encode(known()); err != nil {
			log.Fatal(err)
		}
		return
	}
	for {
		var asked question
		if err := in.Decode(&asked); err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		policy := matcher.BuildNetworkPolicies(false, asked.Policies)
		passes := make([]bool, len(asked.Traffic))
		for at, traffic := range asked.Traffic {
			passes[at] = policy.IsTrafficAllowed(traffic).IsAllowed()
		}
		if err := out.Encode(passes); err != nil {
			log.Fatal(err)
		}
	}
}

func known() []recipe {
	var found []recipe
	for _, one := range recipes.AllRecipes {
		shown := recipe{
			Policies: one.Policies(), Namespaces: one.Resources.Namespaces, Protocol: one.Protocol, Port: one.Port,
		}
		for _, each := range one.Resources.Pods {
			shown.Pods = append(shown.Pods, pod{each.Namespace, each.Name, each.Labels})
		}
		found = append(found, shown)
	}
	return found
}
