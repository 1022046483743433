package plimsoll_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is one parsed file.
type source struct {
	name string
	path string
	ast  *ast.File
	fset *token.FileSet
}

func (s source) imports() []string {
	var out []string
	for _, i := range s.ast.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil {
			out = append(out, p)
		}
	}
	return out
}

func (s source) at(n ast.Node) string {
	return s.path + ":" + strconv.Itoa(s.fset.Position(n.Pos()).Line)
}

// room is the source of one package.
type room struct{ files, tests []source }

func (r room) imports() []string {
	var out []string
	for _, f := range r.files {
		out = append(out, f.imports()...)
	}
	return out
}

func (r room) allImports() []string {
	out := r.imports()
	for _, f := range r.tests {
		out = append(out, f.imports()...)
	}
	return out
}

// skipped are directories that hold no source of the program: what is built, the tools' module, version control, fixtures.
var skipped = []string{"build", "tools", ".git", ".ci", "testdata", "node_modules"}

// house is all source of the module by directory, whatever its build tags.
func house(t *testing.T) map[string]room {
	t.Helper()
	out := map[string]room{}
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(skipped, d.Name()):
			return filepath.SkipDir
		case d.IsDir() || path.Ext(p) != ".go":
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, p, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		s := source{name: d.Name(), path: p, ast: f, fset: fset}
		r := out[path.Dir(p)]
		if strings.HasSuffix(p, "_test.go") {
			r.tests = append(r.tests, s)
		} else {
			r.files = append(r.files, s)
		}
		out[path.Dir(p)] = r
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// calls visits each pkg.Name of a file, as written.
func calls(f source, visit func(pkg, name string, n ast.Node)) {
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok {
				visit(x.Name, sel.Sel.Name, n)
			}
		}
		return true
	})
}

// pureFiles are those that decide. A replay must decide as the incident did, so they ask no clock, do no I/O and start
// nothing; time and what was read are arguments.
var pureFiles = regexp.MustCompile(`^(redundancy/|actions/|fleet/(ledger|correlate)/|internal/view/|(raid|netbond)/(parse|group)\.go|internal/agent/(step|state)\.go)`)

// carriers carry out what pure files decided. They stand beside the values that they carry.
var carriers = []string{"actions/carry.go"}

// impure are imports that do I/O, wait, or give another answer the next time. Parsers of the kernel's words take the words
// from golang.org/x/sys/unix and net, which is why these two are not among them: ioCalls looks at what is called.
var impure = regexp.MustCompile(`^(os|net/http|io/fs|context|sync|syscall|math/rand|crypto/rand|log|testing)(/|$)`)

// ioCalls are what a file that decides does not call of packages it may import for their words.
var ioCalls = map[string]*regexp.Regexp{
	"time": regexp.MustCompile(`^(Now|Since|Until|After|AfterFunc|Sleep|NewTimer|NewTicker|Tick)$`),
	"net":  regexp.MustCompile(`^(Dial|Listen|Lookup|Interface(s|Addrs|By)|Resolve)`),
	"unix": regexp.MustCompile(`^(Open|Read|Write|Socket|Poll|Ioctl|Syscall|Stat|Send|Recv)`),
	"nl":   regexp.MustCompile(`^(Subscribe|Get|Receive|Send)`),
}

func TestWhatDecidesIsPure(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, r := range house(t) {
		for _, f := range r.files {
			if !pureFiles.MatchString(f.path) || strings.Contains(f.path, "/xtest/") || slices.Contains(carriers, f.path) {
				continue
			}
			seen++
			for _, imp := range f.imports() {
				if impure.MatchString(imp) {
					t.Errorf("%s imports %s: what decides does no I/O and does not wait", f.path, imp)
				}
			}
			calls(f, func(pkg, name string, n ast.Node) {
				if calls := ioCalls[pkg]; calls != nil && calls.MatchString(name) {
					t.Errorf("%s: %s.%s: what is read, and when, are arguments here", f.at(n), pkg, name)
				}
			})
			ast.Inspect(f.ast, func(n ast.Node) bool {
				if g, ok := n.(*ast.GoStmt); ok {
					t.Errorf("%s: a goroutine in code that decides", f.at(g))
				}
				return true
			})
		}
	}
	if seen < len(rooms)+2 {
		t.Errorf("only %d files were looked at: has something been renamed?", seen)
	}
}

// kernelRoot is a string constant that names the root of sysfs or procfs, or something below it.
var kernelRoot = regexp.MustCompile(`^/(sys|proc)(/|$)`)

// rooted may write these roots: the defaults, this process's own entries, and the lab, whose guest has no others.
var rooted = []string{
	"internal/config", "internal/lockmem",
	"lab", "lab/cmd/askpriv", "lab/cmd/atadisk", "lab/cmd/bondoracle", "lab/cmd/crosscheck", "lab/cmd/fleetsim", "lab/cmd/guest", "lab/cmd/lab", "lab/cmd/oracle", "lab/cmd/strike", "lab/cmd/witness", "lab/dm", "lab/md", "lab/netns", "lab/site", "lab/tcmu",
}

func TestRootsOfSysfsAndProcfsAreValues(t *testing.T) {
	t.Parallel()
	for dir, r := range house(t) {
		if slices.Contains(rooted, dir) {
			continue
		}
		for _, f := range r.files {
			ast.Inspect(f.ast, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				if s, err := strconv.Unquote(lit.Value); err == nil && kernelRoot.MatchString(s) {
					t.Errorf("%s: %s: take the mount point as a value, so that fixtures can stand in for it", f.at(n), lit.Value)
				}
				return true
			})
		}
	}
}

func TestTestsDoNotSleepOutsideBubbles(t *testing.T) {
	t.Parallel()
	for _, r := range house(t) {
		for _, f := range r.tests {
			if slices.Contains(f.imports(), "testing/synctest") {
				continue // time.Sleep in a bubble takes no time
			}
			calls(f, func(pkg, name string, n ast.Node) {
				if pkg == "time" && name == "Sleep" {
					t.Errorf("%s: wait for what should happen, with a limit", f.at(n))
				}
			})
		}
	}
}

func TestSkippedTestsSayWhy(t *testing.T) {
	t.Parallel()
	for _, r := range house(t) {
		for _, f := range r.tests {
			ast.Inspect(f.ast, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				sel, ok := call.Fun.(*ast.SelectorExpr)
				if ok && (sel.Sel.Name == "SkipNow" || sel.Sel.Name == "Skip" && len(call.Args) == 0) {
					t.Errorf("%s: a skip without a reason", f.at(n))
				}
				return true
			})
		}
	}
}

// undone are the marks of work that somebody meant to come back to.
var undone = regexp.MustCompile(`\b(` + "TO" + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)

func TestNothingIsLeftForLater(t *testing.T) {
	t.Parallel()
	for _, r := range house(t) {
		for _, f := range slices.Concat(r.files, r.tests) {
			for _, group := range f.ast.Comments {
				if m := undone.FindString(group.Text()); m != "" {
					t.Errorf("%s: %s: do it, or say in the documentation that it is not done", f.at(group), m)
				}
			}
		}
	}
}

func TestNothingRunsBeforeMain(t *testing.T) {
	t.Parallel()
	for _, r := range house(t) {
		for _, f := range r.files {
			for _, d := range f.ast.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					t.Errorf("%s: init runs before anybody decided anything; give main the work", f.at(fn))
				}
			}
		}
	}
}

func TestLicenceIsThereAndEveryDependencyHasItsReason(t *testing.T) {
	t.Parallel()
	if !strings.Contains(readFile(t, "LICENSE"), "Apache License") {
		t.Error("LICENSE is not the Apache License")
	}
	why := readFile(t, "docs/decisions/0001-dependencies.md")
	direct, _, _ := strings.Cut(strings.SplitN(readFile(t, "go.mod"), "require (", 2)[1], ")")
	for line := range strings.Lines(direct) {
		if mod := strings.Fields(line); len(mod) == 2 && !strings.Contains(why, "`"+mod[0]+"`") {
			t.Errorf("docs/decisions/0001-dependencies.md gives no reason for %s", mod[0])
		}
	}
}
