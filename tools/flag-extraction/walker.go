package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// Methods of a flag set that register a flag. The name stands second after a pointer or value, else first:
// fs.BoolVar(&x, "name", ...), fs.Var(x, "name", ...), fs.Bool("name", ...).
var (
	registers = regexp.MustCompile(`^(?:([A-Z][A-Za-z0-9]*)?(Var)(P)?|(Bool|Count|Duration|Float64|Int|String|StringArray|StringSlice|Uint)(P)?)$`)
	follows   = regexp.MustCompile(`(?i)flag|^register|^newoptions`)
)

// Names that modules outside of the release's own hold.
var foreignNames = map[string]string{
	// github.com/google/cadvisor/lib v0.60.0 cadvisorflags/flags.go
	"cadvisorflags.HousekeepingInterval": "housekeeping_interval",
}

// typeRef is a type expression with the package and the imports by which to read it.
type typeRef struct {
	pkg        *pkg
	imports    map[string]string
	expression ast.Expr
}

// scope is what a function's body knows: its imports, and the types of its receiver, parameters and variables.
type scope struct {
	pkg       *pkg
	imports   map[string]string
	variables map[string]typeRef
	texts     map[string][]string // what a loop's variable runs over
}

// walker follows the calls that register flags and keeps what they register.
type walker struct {
	source *source
	flags  map[string]Flag
	walked map[string]bool // functions, with the texts that they were called with
	err    error
}

func newWalker(source *source) *walker {
	return &walker{source: source, flags: map[string]Flag{}, walked: map[string]bool{}}
}

func (w *walker) start(path, function string) error {
	found, err := w.source.load(path)
	if err != nil {
		return err
	}
	if found == nil || found.functions[function] == nil {
		return fmt.Errorf("%s has no function %s", path, function)
	}
	w.walk(found, found.functions[function])
	return w.verdict()
}

func (w *walker) startEtcd(paths []string) error {
	for _, path := range paths {
		found, err := w.source.load(path)
		if err != nil {
			return err
		}
		if found != nil && found.functions["newConfig"] != nil {
			w.walk(found, found.functions["newConfig"])
			return w.verdict()
		}
	}
	return fmt.Errorf("no package of %v has a function newConfig", paths)
}

func (w *walker) verdict() error {
	const fewest = 20 // a walk that lost its way finds next to nothing
	if w.err == nil && len(w.flags) < fewest {
		return fmt.Errorf("found %d flags only", len(w.flags))
	}
	return w.err
}

// walk reads a function's body; a parameter that the call gives a constant text stands for it.
func (w *walker) walk(in *pkg, function *ast.FuncDecl, arguments ...string) {
	key := fmt.Sprint(w.source.files.Position(function.Pos()), arguments)
	if w.walked[key] || function.Body == nil || w.err != nil {
		return
	}
	w.walked[key] = true
	known := scope{pkg: in, imports: in.imports[function], variables: map[string]typeRef{}, texts: map[string][]string{}}
	for _, list := range []*ast.FieldList{function.Recv, function.Type.Params} {
		if list == nil {
			continue
		}
		for _, field := range list.List {
			for _, name := range field.Names {
				known.variables[name.Name] = typeRef{in, known.imports, field.Type}
			}
		}
	}
	position := 0
	for _, field := range function.Type.Params.List {
		for _, name := range field.Names {
			if position < len(arguments) && arguments[position] != "" {
				known.texts[name.Name] = []string{arguments[position]}
			}
			position++
		}
	}
	ast.Inspect(function.Body, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.AssignStmt:
			w.assign(known, node)
		case *ast.DeclStmt:
			w.declare(known, node)
		case *ast.RangeStmt:
			w.loop(known, node)
		case *ast.CallExpr:
			w.call(known, node)
		}
		return w.err == nil
	})
}

func (w *walker) assign(known scope, statement *ast.AssignStmt) {
	if statement.Tok != token.DEFINE {
		return
	}
	for index, left := range statement.Lhs {
		name, isName := left.(*ast.Ident)
		if !isName || index >= len(statement.Rhs) {
			continue
		}
		if found, ok := w.typeOf(known, statement.Rhs[index]); ok {
			known.variables[name.Name] = found
		}
	}
}

func (w *walker) declare(known scope, statement *ast.DeclStmt) {
	declaration, isGeneral := statement.Decl.(*ast.GenDecl)
	if !isGeneral {
		return
	}
	for _, spec := range declaration.Specs {
		if value, isValue := spec.(*ast.ValueSpec); isValue && value.Type != nil {
			for _, name := range value.Names {
				known.variables[name.Name] = typeRef{known.pkg, known.imports, value.Type}
			}
		}
	}
}

// loop notes the texts that a variable runs over, so that a flag registered in the loop is found under each.
func (w *walker) loop(known scope, statement *ast.RangeStmt) {
	variable, isName := statement.Value.(*ast.Ident)
	if !isName {
		return
	}
	list := statement.X
	if name, isName := list.(*ast.Ident); isName && known.pkg.values[name.Name] != nil {
		list = known.pkg.values[name.Name]
	}
	literal, isLiteral := list.(*ast.CompositeLit)
	if !isLiteral {
		return
	}
	for _, element := range literal.Elts {
		if text, resolved := w.text(known, element); resolved {
			known.texts[variable.Name] = append(known.texts[variable.Name], text)
		}
	}
}

func (w *walker) call(known scope, call *ast.CallExpr) {
	switch function := call.Fun.(type) {
	case *ast.Ident:
		if follows.MatchString(function.Name) {
			w.registerByName(known, call)
			if target := known.pkg.functions[function.Name]; target != nil {
				w.walk(known.pkg, target, w.arguments(known, call)...)
			}
		}
	case *ast.SelectorExpr:
		name := function.Sel.Name
		switch {
		case name == "MarkDeprecated" && len(call.Args) == 2:
			w.deprecate(known, call)
		case name == "AddFlag" && len(call.Args) == 1 && w.registerLookedUp(known, call.Args[0]):
		case name == "VisitAll":
			// What is visited was registered when the package was loaded.
			for _, init := range known.pkg.inits {
				w.walk(known.pkg, init)
			}
		case w.register(known, name, call):
		case follows.MatchString(name) || strings.HasPrefix(name, "Init"):
			if strings.HasPrefix(name, "Register") {
				w.registerByName(known, call)
			}
			w.follow(known, function, w.arguments(known, call))
		}
	}
}

// register keeps the flag of fs.BoolVar(...) and the like, and says whether the call was one.
func (w *walker) register(known scope, method string, call *ast.CallExpr) bool {
	parts := registers.FindStringSubmatch(method)
	if parts == nil || len(call.Args) < 3 {
		return false
	}
	position := 0
	if parts[2] == "Var" {
		position = 1
	}
	names := w.names(known, call.Args[position])
	for _, name := range names {
		w.keep(name, parts[1] == "Bool" || parts[4] == "Bool" || parts[4] == "Count")
	}
	if parts[2] == "Var" && names == nil && !w.isExempt(known, call.Args[position]) {
		w.err = fmt.Errorf("%s: the flag's name is not to be read", w.source.files.Position(call.Pos()))
	}
	return len(names) > 0
}

// isExempt says whether a flag's name may stay unread: etcd takes flags of old versions and does nothing with them,
// and what wraps or copies a flag set passes on a name that is read elsewhere.
func (w *walker) isExempt(known scope, name ast.Expr) bool {
	if field, isField := name.(*ast.SelectorExpr); isField && field.Sel.Name == "Name" {
		return true
	}
	variable, isName := name.(*ast.Ident)
	return isName && (known.pkg.values["ignored"] != nil || variable.Name == "name")
}

// names are the texts that an expression stands for: one, or those that a loop gives it.
func (w *walker) names(known scope, expression ast.Expr) []string {
	if variable, isName := expression.(*ast.Ident); isName && known.texts[variable.Name] != nil {
		return known.texts[variable.Name]
	}
	if text, resolved := w.text(known, expression); resolved {
		return []string{text}
	}
	return nil
}

// registerByName keeps the flag of register(global, local, "name"), which copies a flag of another set.
func (w *walker) registerByName(known scope, call *ast.CallExpr) {
	for index, argument := range call.Args {
		if index == 0 {
			continue // the flag set; a text in its place registers something else
		}
		if name, resolved := w.text(known, argument); resolved && flagName.MatchString(name) {
			w.keep(name, false)
			return
		}
	}
}

var flagName = regexp.MustCompile(`^[a-z0-9][a-zA-Z0-9_.-]*$`)

// registerLookedUp keeps the flag of fs.AddFlag(flag.Lookup("name")).
func (w *walker) registerLookedUp(known scope, argument ast.Expr) bool {
	call, isCall := argument.(*ast.CallExpr)
	if !isCall || len(call.Args) != 1 {
		return false
	}
	if selector, isSelector := call.Fun.(*ast.SelectorExpr); !isSelector || selector.Sel.Name != "Lookup" {
		return false
	}
	name, resolved := w.text(known, call.Args[0])
	if resolved {
		w.keep(name, name == "version")
	}
	return resolved
}

func (w *walker) deprecate(known scope, call *ast.CallExpr) {
	reason, resolved := w.text(known, call.Args[1])
	if !resolved {
		reason = "deprecated"
	}
	for _, name := range w.names(known, call.Args[0]) {
		one := w.flags[normalized(name)]
		one.Deprecated = reason
		w.flags[normalized(name)] = one
	}
}

func (w *walker) keep(name string, boolean bool) {
	one := w.flags[normalized(name)]
	one.Boolean = one.Boolean || boolean
	w.flags[normalized(name)] = one
}

// follow walks into the function or method that a call names.
func (w *walker) follow(known scope, function *ast.SelectorExpr, arguments []string) {
	name := function.Sel.Name
	if alias, isName := function.X.(*ast.Ident); isName {
		if _, isVariable := known.variables[alias.Name]; !isVariable {
			if path, isImport := known.imports[alias.Name]; isImport {
				if strings.HasSuffix(path, "/logs/klogflags") {
					w.keep("v", false) // the two flags of klog that it lets through
					w.keep("vmodule", false)
					return
				}
				if target := w.loaded(path); target != nil && target.functions[name] != nil {
					w.walk(target, target.functions[name], arguments...)
				}
				return
			}
		}
	}
	if receiver, ok := w.typeOf(known, function.X); ok {
		if in, method := w.method(receiver, name, 0); method != nil {
			w.walk(in, method, arguments...)
		}
	}
}

// arguments are the constant texts of a call by position, empty where there is none.
func (w *walker) arguments(known scope, call *ast.CallExpr) []string {
	texts := make([]string, len(call.Args))
	for index, argument := range call.Args {
		texts[index], _ = w.text(known, argument)
	}
	return texts
}

func (w *walker) loaded(path string) *pkg {
	found, err := w.source.load(path)
	if err != nil {
		w.err = err
	}
	return found
}

// text is the value of a constant text: a literal, a name, or their sum.
func (w *walker) text(known scope, expression ast.Expr) (string, bool) {
	switch expression := expression.(type) {
	case *ast.BasicLit:
		if expression.Kind == token.STRING {
			value, err := strconv.Unquote(expression.Value)
			return value, err == nil
		}
	case *ast.BinaryExpr:
		left, leftKnown := w.text(known, expression.X)
		right, rightKnown := w.text(known, expression.Y)
		return left + right, leftKnown && rightKnown && expression.Op == token.ADD
	case *ast.ParenExpr:
		return w.text(known, expression.X)
	case *ast.CallExpr:
		if lastName(expression.Fun) == "Feature" && len(expression.Args) == 1 {
			return w.text(known, expression.Args[0]) // a conversion: featuregate.Feature("name")
		}
		return w.formatted(known, expression)
	case *ast.Ident:
		if texts := known.texts[expression.Name]; len(texts) == 1 {
			return texts[0], true
		}
		if value := known.pkg.values[expression.Name]; value != nil {
			return w.text(scope{pkg: known.pkg, imports: known.pkg.imports[value]}, value)
		}
	case *ast.SelectorExpr:
		alias, isName := expression.X.(*ast.Ident)
		if !isName {
			return "", false
		}
		if value, foreign := foreignNames[alias.Name+"."+expression.Sel.Name]; foreign {
			return value, true
		}
		if target := w.loaded(known.imports[alias.Name]); target != nil {
			if value := target.values[expression.Sel.Name]; value != nil {
				return w.text(scope{pkg: target, imports: target.imports[value]}, value)
			}
		}
	}
	return "", false
}

// formatted is the text of fmt.Sprintf with nothing but %s in its format.
func (w *walker) formatted(known scope, call *ast.CallExpr) (string, bool) {
	function, isSelector := call.Fun.(*ast.SelectorExpr)
	if !isSelector || function.Sel.Name != "Sprintf" || len(call.Args) == 0 {
		return "", false
	}
	format, resolved := w.text(known, call.Args[0])
	if !resolved || strings.Count(format, "%") != len(call.Args)-1 {
		return "", false
	}
	for _, argument := range call.Args[1:] {
		text, resolved := w.text(known, argument)
		if !resolved || !strings.Contains(format, "%s") {
			return "", false
		}
		format = strings.Replace(format, "%s", text, 1)
	}
	return format, true
}
