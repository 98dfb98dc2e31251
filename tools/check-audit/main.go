// Command check-audit lets the API server's own code read audit policies and decide about requests.
//
// It reads a stream of JSON values, each a policy with requests, and answers each with a line of JSON: why the policy
// is refused, or the level and the omitted stages of every request.
package main

import (
	"encoding/json"
	"io"
	"log"
	"os"

	"k8s.io/apiserver/pkg/audit/policy"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

type request struct {
	User        string   `json:"user"`
	Groups      []string `json:"groups"`
	Verb        string   `json:"verb"`
	Path        string   `json:"path"`
	IsResource  bool     `json:"is_resource"`
	Group       string   `json:"group"`
	Resource    string   `json:"resource"`
	Subresource string   `json:"subresource"`
	Namespace   string   `json:"namespace"`
	Name        string   `json:"name"`
}

type question struct {
	Policy   json.RawMessage `json:"policy"`
	Requests []request       `json:"requests"`
}

type decision struct {
	Level   string   `json:"level"`
	Omitted []string `json:"omitted"`
}

type answer struct {
	Refused   string     `json:"refused"`
	Decisions []decision `json:"decisions"`
}

func main() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var asked question
		if err := in.Decode(&asked); err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(decide(asked)); err != nil {
			log.Fatal(err)
		}
	}
}

func decide(asked question) answer {
	loaded, err := policy.LoadPolicyFromBytes(asked.Policy)
	if err != nil {
		return answer{Refused: err.Error()}
	}
	evaluator := policy.NewPolicyRuleEvaluator(loaded)
	found := answer{}
	for _, one := range asked.Requests {
		config := evaluator.EvaluatePolicyRule(authorizer.AttributesRecord{
			User:            &user.DefaultInfo{Name: one.User, Groups: one.Groups},
			Verb:            one.Verb,
			Path:            one.Path,
			ResourceRequest: one.IsResource,
			APIGroup:        one.Group,
			Resource:        one.Resource,
			Subresource:     one.Subresource,
			Namespace:       one.Namespace,
			Name:            one.Name,
		})
		omitted := []string{}
		for _, stage := range config.OmitStages {
			omitted = append(omitted, string(stage))
		}
		found.Decisions = append(found.Decisions, decision{string(config.Level), omitted})
	}
	return found
}
