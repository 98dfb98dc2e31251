package main

import (
	"fmt"
	"go/ast"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

const optionsPackage = "k8s.io/kubernetes/pkg/kubeapiserver/options"

// admissionPlugins returns every plug-in that the API server holds, and whether it is on by default.
func admissionPlugins(source *source) (map[string]bool, error) {
	options, err := source.load(optionsPackage)
	if err != nil {
		return nil, err
	}
	if options == nil {
		return nil, fmt.Errorf("no module holds %s", optionsPackage)
	}
	all := options.values["AllOrderedPlugins"]
	off := options.functions["DefaultOffAdmissionPlugins"]
	if all == nil || off == nil || off.Body == nil {
		return nil, fmt.Errorf("%s does not list its plug-ins as expected", optionsPackage)
	}
	walker := newWalker(source)
	plugins := map[string]bool{}
	for _, name := range walker.textsIn(scope{pkg: options, imports: options.imports[all]}, all) {
		plugins[name] = false
	}
	// The function names those that are on and takes them from the whole.
	for _, name := range walker.textsIn(scope{pkg: options, imports: options.imports[off]}, off.Body) {
		if _, known := plugins[name]; known {
			plugins[name] = true
		}
	}
	return plugins, walker.err
}

// textsIn returns the value of every `package.PluginName` below a node.
func (w *walker) textsIn(known scope, node ast.Node) []string {
	var found []string
	ast.Inspect(node, func(node ast.Node) bool {
		if selector, isSelector := node.(*ast.SelectorExpr); isSelector {
			if text, resolved := w.text(known, selector); resolved {
				found = append(found, text)
			} else if selector.Sel.Name == "PluginName" {
				w.err = fmt.Errorf("%s.PluginName is not to be found", lastName(selector.X))
			}
		}
		return true
	})
	return found
}

const kubeletPackage = "k8s.io/kubelet/config/v1beta1"

// kubeletFields returns the fields of KubeletConfiguration as they stand in its YAML.
func kubeletFields(source *source) ([]string, error) {
	types, err := source.load(kubeletPackage)
	if err != nil {
		return nil, err
	}
	if types == nil {
		return nil, fmt.Errorf("no module holds %s", kubeletPackage)
	}
	structure, isStruct := types.types["KubeletConfiguration"].(*ast.StructType)
	if !isStruct {
		return nil, fmt.Errorf("%s has no KubeletConfiguration", kubeletPackage)
	}
	var fields []string
	for _, field := range structure.Fields.List {
		if field.Tag == nil {
			continue
		}
		tag, err := strconv.Unquote(field.Tag.Value)
		if err != nil {
			return nil, err
		}
		if name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ","); name != "" {
			fields = append(fields, name)
		}
	}
	sort.Strings(fields)
	return fields, nil
}

// Where the feature gates of all programs but etcd are registered.
var gatePackages = []string{
	"k8s.io/kubernetes/pkg/features",
	"k8s.io/apiserver/pkg/features",
	"k8s.io/component-base/logs/api/v1",
	"k8s.io/component-base/metrics/features",
	"k8s.io/component-base/zpages/features",
}

// featureGates returns every feature gate of a release, and whether it is on by default.
func featureGates(source *source) (map[string]bool, error) {
	walker := newWalker(source)
	gates := map[string]bool{}
	for _, path := range gatePackages {
		features, err := source.load(path)
		if err != nil {
			return nil, err
		}
		if features == nil {
			continue // a package that came, or that went, with another release
		}
		for _, value := range features.values {
			walker.gatesIn(scope{pkg: features, imports: features.imports[value]}, value, gates)
		}
		for _, function := range features.functions {
			if function.Body != nil {
				walker.gatesIn(scope{pkg: features, imports: features.imports[function]}, function.Body, gates)
			}
		}
	}
	const fewest = 50
	if walker.err == nil && len(gates) < fewest {
		return nil, fmt.Errorf("found %d feature gates only", len(gates))
	}
	return gates, walker.err
}

// gatesIn adds what stands in maps from features to their specifications.
func (w *walker) gatesIn(known scope, node ast.Node, gates map[string]bool) {
	ast.Inspect(node, func(node ast.Node) bool {
		literal, isLiteral := node.(*ast.CompositeLit)
		if !isLiteral {
			return true
		}
		mapType, isMap := literal.Type.(*ast.MapType)
		if !isMap {
			return true
		}
		if kind := lastName(mapType.Value); kind != "FeatureSpec" && kind != "VersionedSpecs" {
			return true
		}
		for _, element := range literal.Elts {
			pair, isPair := element.(*ast.KeyValueExpr)
			if !isPair {
				continue
			}
			name, resolved := w.text(known, pair.Key)
			if selector, isSelector := pair.Key.(*ast.SelectorExpr); isSelector && !resolved {
				// A gate of a module that is not read; every gate's constant has the gate's name.
				name, resolved = selector.Sel.Name, true
			}
			if !resolved {
				w.err = fmt.Errorf("%s: the feature's name is not to be read", w.source.files.Position(pair.Pos()))
				return false
			}
			gates[name] = isOn(pair.Value)
		}
		return true
	})
}

// isOn reads the default of a feature: of the last of its specifications, which is that of the newest version.
func isOn(value ast.Expr) bool {
	on := false
	ast.Inspect(value, func(node ast.Node) bool {
		if pair, isPair := node.(*ast.KeyValueExpr); isPair && lastName(pair.Key) == "Default" {
			on = lastName(pair.Value) == "true"
		}
		return true
	})
	return on
}
