package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// event is one line of `go test -json` (go doc test2json, and go doc cmd/go for build-output).
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build-output and build-fail
	Test        string
	Output      string
	Elapsed     float64
	FailedBuild string
}

// key is a test of a package; with an empty Test the package itself.
type key struct{ pkg, test string }

// tally is what became of the tests.
type tally struct{ passed, failed, skipped int }

func (t tally) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", t.passed, t.failed, t.skipped)
}

// maxLine bounds one line of input. A test that prints megabytes without a newline is split by go test long before.
const maxLine = 16 << 20

var errNoTests = errors.New("read go test -json: no test in the input")

type reporter struct {
	out     *bufio.Writer
	tally   tally
	outputs map[key][]string // of what has not ended
	parents map[key]bool     // tests that have subtests
	failed  map[string]bool  // packages in which a test failed
	skips   []string
}

// report reads in to its end and writes the report to w, each package as soon as it has ended.
func report(in io.Reader, w io.Writer) (tally, error) {
	out := bufio.NewWriter(w)
	r := reporter{out: out, outputs: map[key][]string{}, parents: map[key]bool{}, failed: map[string]bool{}}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Action == "" {
			fmt.Fprintln(out, lines.Text()) // a word of the go command itself
			continue
		}
		r.take(e)
		if e.Test == "" {
			if err := out.Flush(); err != nil {
				return r.tally, fmt.Errorf("write report: %w", err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return r.tally, fmt.Errorf("read go test -json: %w", err)
	}
	if r.tally == (tally{}) {
		return r.tally, errors.Join(errNoTests, out.Flush())
	}
	if len(r.skips) > 0 {
		fmt.Fprintf(out, "\nskipped:\n%s", strings.Join(r.skips, ""))
	}
	fmt.Fprintf(out, "\n%s\n", r.tally)
	return r.tally, out.Flush()
}

func (r *reporter) take(e event) {
	k := key{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "output":
		r.outputs[k] = append(r.outputs[k], e.Output)
	case "run":
		if i := strings.LastIndexByte(e.Test, '/'); i >= 0 {
			r.parents[key{e.Package, e.Test[:i]}] = true
		}
	case "pass", "fail", "skip":
		if e.Test == "" {
			r.endPackage(e)
		} else {
			r.endTest(k, e.Action)
		}
		delete(r.outputs, k)
	}
}

func (r *reporter) endTest(k key, action string) {
	if action == "fail" {
		r.failed[k.pkg] = true
		fmt.Fprintf(r.out, "%s", strings.Join(r.outputs[k], ""))
	}
	if r.parents[k] && action != "fail" {
		return
	}
	switch action {
	case "pass":
		r.tally.passed++
	case "skip":
		r.tally.skipped++
		r.skips = append(r.skips, fmt.Sprintf("  %s %s: %s\n", k.pkg, k.test, reason(r.outputs[k])))
	case "fail":
		if !r.parents[k] {
			r.tally.failed++
		}
	}
}

// reason is what a skipped test printed, in one line.
func reason(outputs []string) string {
	var words []string
	for _, o := range outputs {
		o = strings.TrimSpace(o)
		if o != "" && !strings.HasPrefix(o, "=== ") && !strings.HasPrefix(o, "--- ") {
			words = append(words, o)
		}
	}
	if len(words) == 0 {
		return "no reason given"
	}
	return strings.Join(words, " ")
}

func (r *reporter) endPackage(e event) {
	switch e.Action {
	case "pass":
		fmt.Fprintf(r.out, "ok    %s  %.1fs\n", e.Package, e.Elapsed)
	case "fail":
		why := ""
		if !r.failed[e.Package] {
			r.tally.failed++ // it did not build, or died outside of any test's end
			why = "  " + strings.TrimSpace(strings.Join(r.outputs[key{e.Package, ""}], ""))
		}
		fmt.Fprintf(r.out, "FAIL  %s  %.1fs%s\n", e.Package, e.Elapsed, why)
		r.dump(e.Package)
	}
}

// dump writes what tests printed that had not ended when their process died.
func (r *reporter) dump(pkg string) {
	for k, outputs := range r.outputs {
		if k.pkg == pkg && k.test != "" {
			fmt.Fprintf(r.out, "%s", strings.Join(outputs, ""))
		}
	}
}
