package main

import "go/ast"

// deepest bounds how far embedded and defined types are followed; real ones end after a few steps.
const deepest = 8

// typeOf finds the type of an expression as far as the walk needs it: receivers of calls that register flags.
func (w *walker) typeOf(known scope, expression ast.Expr) (typeRef, bool) {
	switch expression := expression.(type) {
	case *ast.ParenExpr:
		return w.typeOf(known, expression.X)
	case *ast.StarExpr:
		return w.typeOf(known, expression.X)
	case *ast.UnaryExpr:
		return w.typeOf(known, expression.X)
	case *ast.CompositeLit:
		return typeRef{known.pkg, known.imports, expression.Type}, expression.Type != nil
	case *ast.TypeAssertExpr:
		return typeRef{known.pkg, known.imports, expression.Type}, expression.Type != nil
	case *ast.Ident:
		if found, isVariable := known.variables[expression.Name]; isVariable {
			return found, true
		}
		return w.typeOfValue(known.pkg, expression.Name)
	case *ast.SelectorExpr:
		if alias, isName := expression.X.(*ast.Ident); isName {
			if _, isVariable := known.variables[alias.Name]; !isVariable {
				if path, isImport := known.imports[alias.Name]; isImport {
					return w.typeOfValue(w.loaded(path), expression.Sel.Name)
				}
			}
		}
		if holder, ok := w.typeOf(known, expression.X); ok {
			return w.field(holder, expression.Sel.Name, 0)
		}
	case *ast.CallExpr:
		return w.typeOfCall(known, expression)
	}
	return typeRef{}, false
}

func (w *walker) typeOfValue(in *pkg, name string) (typeRef, bool) {
	if in == nil {
		return typeRef{}, false
	}
	if declared := in.varTypes[name]; declared != nil {
		return typeRef{in, in.imports[declared], declared}, true
	}
	if value := in.values[name]; value != nil {
		return w.typeOf(scope{pkg: in, imports: in.imports[value], variables: map[string]typeRef{}}, value)
	}
	return typeRef{}, false
}

func (w *walker) typeOfCall(known scope, call *ast.CallExpr) (typeRef, bool) {
	switch function := call.Fun.(type) {
	case *ast.Ident:
		if function.Name == "new" && len(call.Args) == 1 {
			return typeRef{known.pkg, known.imports, call.Args[0]}, true
		}
		return result(known.pkg, known.pkg.functions[function.Name])
	case *ast.SelectorExpr:
		if alias, isName := function.X.(*ast.Ident); isName {
			if path, isImport := known.imports[alias.Name]; isImport {
				if target := w.loaded(path); target != nil {
					return result(target, target.functions[function.Sel.Name])
				}
				return typeRef{}, false
			}
		}
		if receiver, ok := w.typeOf(known, function.X); ok {
			in, method := w.method(receiver, function.Sel.Name, 0)
			return result(in, method)
		}
	}
	return typeRef{}, false
}

func result(in *pkg, function *ast.FuncDecl) (typeRef, bool) {
	if function == nil || function.Type.Results == nil || len(function.Type.Results.List) == 0 {
		return typeRef{}, false
	}
	return typeRef{in, in.imports[function], function.Type.Results.List[0].Type}, true
}

// named resolves a type expression to the package and name that declare it, and what it is declared as.
func (w *walker) named(of typeRef) (*pkg, string, typeRef) {
	switch expression := of.expression.(type) {
	case *ast.StarExpr:
		return w.named(typeRef{of.pkg, of.imports, expression.X})
	case *ast.Ident:
		if of.pkg != nil && of.pkg.types[expression.Name] != nil {
			declared := of.pkg.types[expression.Name]
			return of.pkg, expression.Name, typeRef{of.pkg, of.pkg.imports[declared], declared}
		}
	case *ast.SelectorExpr:
		if alias, isName := expression.X.(*ast.Ident); isName {
			if target := w.loaded(of.imports[alias.Name]); target != nil {
				if declared := target.types[expression.Sel.Name]; declared != nil {
					return target, expression.Sel.Name, typeRef{target, target.imports[declared], declared}
				}
			}
		}
	}
	return nil, "", typeRef{}
}

func (w *walker) field(holder typeRef, name string, depth int) (typeRef, bool) {
	structure, known := w.structOf(holder, depth)
	if structure == nil {
		return typeRef{}, false
	}
	var embedded []typeRef
	for _, field := range structure.Fields.List {
		one := typeRef{known.pkg, known.imports, field.Type}
		if len(field.Names) == 0 {
			if last := lastName(field.Type); last == name {
				return one, true
			}
			embedded = append(embedded, one)
		}
		for _, declared := range field.Names {
			if declared.Name == name {
				return one, true
			}
		}
	}
	for _, one := range embedded {
		if found, ok := w.field(one, name, depth+1); ok {
			return found, true
		}
	}
	return typeRef{}, false
}

func (w *walker) structOf(of typeRef, depth int) (*ast.StructType, typeRef) {
	if depth > deepest || of.expression == nil {
		return nil, typeRef{}
	}
	if structure, isStruct := of.expression.(*ast.StructType); isStruct {
		return structure, of
	}
	if in, _, declared := w.named(of); in != nil {
		return w.structOf(declared, depth+1)
	}
	return nil, typeRef{}
}

// method finds a method of a type: its own, of the type that it is another name of, or of an embedded one.
func (w *walker) method(of typeRef, name string, depth int) (*pkg, *ast.FuncDecl) {
	if depth > deepest || of.expression == nil {
		return nil, nil
	}
	in, typeName, declared := w.named(of)
	if in == nil {
		return nil, nil
	}
	if found := in.functions[typeName+"."+name]; found != nil {
		return in, found
	}
	if _, isInterface := declared.expression.(*ast.InterfaceType); isInterface {
		return in, onlyImplementation(in, name)
	}
	if inner, method := w.method(declared, name, depth+1); method != nil {
		return inner, method
	}
	structure, known := w.structOf(declared, depth)
	if structure == nil {
		return nil, nil
	}
	for _, field := range structure.Fields.List {
		if len(field.Names) == 0 {
			if inner, method := w.method(typeRef{known.pkg, known.imports, field.Type}, name, depth+1); method != nil {
				return inner, method
			}
		}
	}
	return nil, nil
}

// onlyImplementation is the one method of that name in an interface's package, if there is just one.
func onlyImplementation(in *pkg, name string) *ast.FuncDecl {
	var found *ast.FuncDecl
	for _, function := range in.functions {
		if function.Recv != nil && function.Name.Name == name {
			if found != nil {
				return nil
			}
			found = function
		}
	}
	return found
}

func lastName(expression ast.Expr) string {
	switch expression := expression.(type) {
	case *ast.StarExpr:
		return lastName(expression.X)
	case *ast.SelectorExpr:
		return expression.Sel.Name
	case *ast.Ident:
		return expression.Name
	}
	return ""
}
