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
