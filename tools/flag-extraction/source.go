package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// source reads packages of a release from the folders of its modules, each once.
type source struct {
	folders  map[string]string
	packages map[string]*pkg
	files    *token.FileSet
}

// pkg is one package as syntax: what it declares, by name.
type pkg struct {
	path      string
	types     map[string]ast.Expr
	functions map[string]*ast.FuncDecl // "Name", or "Receiver.Name" for methods
	inits     []*ast.FuncDecl
	values    map[string]ast.Expr // constants and variables
	varTypes  map[string]ast.Expr
	imports   map[ast.Node]map[string]string // declaration -> names that its file imports
}

func newSource(folders map[string]string) *source {
	return &source{folders: folders, packages: map[string]*pkg{}, files: token.NewFileSet()}
}

// load returns a package, or nil when no module of the release holds it.
func (s *source) load(path string) (*pkg, error) {
	if known, seen := s.packages[path]; seen {
		return known, nil
	}
	s.packages[path] = nil
	folder, found := s.folder(path)
	if !found {
		return nil, nil
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		if os.IsNotExist(err) {
			return nil, nil
		}
		return nil, err
	}
	// Servers run on Linux; what other systems compile is left out.
	context := build.Default
	context.GOOS, context.GOARCH, context.CgoEnabled = "linux", "amd64", true
	result := &pkg{
		path: path, types: map[string]ast.Expr{}, functions: map[string]*ast.FuncDecl{},
		values: map[string]ast.Expr{}, varTypes: map[string]ast.Expr{}, imports: map[ast.Node]map[string]string{},
	}
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		if matches, err := context.MatchFile(folder, name); err != nil || !matches {
			continue
		}
		file, err := parser.ParseFile(s.files, filepath.Join(folder, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		result.add(file)
	}
	s.packages[path] = result
	return result, nil
}

func (s *source) folder(path string) (string, bool) {
	for module := path; module != "." && module != "/"; module = filepath.Dir(module) {
		if folder, found := s.folders[module]; found {
			return filepath.Join(folder, strings.TrimPrefix(path, module)), true
		}
	}
	return "", false
}

func (p *pkg) add(file *ast.File) {
	imports := map[string]string{}
	for _, one := range file.Imports {
		path, err := strconv.Unquote(one.Path.Value)
		if err != nil {
			continue
		}
		imports[importName(one, path)] = path
	}
	for _, declaration := range file.Decls {
		switch declared := declaration.(type) {
		case *ast.FuncDecl:
			p.imports[declared] = imports
			if declared.Recv == nil && declared.Name.Name == "init" {
				p.inits = append(p.inits, declared)
			} else {
				p.functions[functionName(declared)] = declared
			}
		case *ast.GenDecl:
			for _, spec := range declared.Specs {
				p.addSpec(spec, imports)
			}
		}
	}
}

func (p *pkg) addSpec(spec ast.Spec, imports map[string]string) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		p.types[spec.Name.Name] = spec.Type
		p.imports[spec.Type] = imports
	case *ast.ValueSpec:
		for index, name := range spec.Names {
			if index < len(spec.Values) {
				p.values[name.Name] = spec.Values[index]
				p.imports[spec.Values[index]] = imports
			}
			if spec.Type != nil {
				p.varTypes[name.Name] = spec.Type
				p.imports[spec.Type] = imports
			}
		}
	}
}

func importName(one *ast.ImportSpec, path string) string {
	if one.Name != nil {
		return one.Name.Name
	}
	base := filepath.Base(path)
	if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" {
		base = filepath.Base(filepath.Dir(path)) // a major version is not the package's name
	}
	return base
}

func functionName(declared *ast.FuncDecl) string {
	if declared.Recv == nil || len(declared.Recv.List) == 0 {
		return declared.Name.Name
	}
	return fmt.Sprintf("%s.%s", baseName(declared.Recv.List[0].Type), declared.Name.Name)
}

// baseName is the name of a receiver's type, without pointer and type parameters.
func baseName(expression ast.Expr) string {
	switch expression := expression.(type) {
	case *ast.StarExpr:
		return baseName(expression.X)
	case *ast.IndexExpr:
		return baseName(expression.X)
	case *ast.Ident:
		return expression.Name
	}
	return ""
}
