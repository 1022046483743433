package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReportCountsLeavesAndPrintsFailuresAndReasons(t *testing.T) {
	t.Parallel()
	const in = `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestA/one"}
{"Action":"run","Package":"p","Test":"TestA/two"}
{"Action":"output","Package":"p","Test":"TestA/two","Output":"    a_test.go:1: (-want +got)\n"}
{"Action":"pass","Package":"p","Test":"TestA/one"}
{"Action":"fail","Package":"p","Test":"TestA/two"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Test":"TestB","Output":"=== RUN   TestB\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:9: no bonding in this kernel\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"--- SKIP: TestB (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"fail","Package":"p","Elapsed":0.5}
{"Action":"run","Package":"q","Test":"TestC"}
{"Action":"pass","Package":"q","Test":"TestC"}
{"Action":"pass","Package":"q","Elapsed":1.25}
`
	const want = `    a_test.go:1: (-want +got)
FAIL  p  0.5s
ok    q  1.2s

skipped:
  p TestB: b_test.go:9: no bonding in this kernel

2 passed, 1 failed, 1 skipped
`
	var out strings.Builder
	got, err := report(strings.NewReader(in), &out)
	if err != nil || got != (tally{2, 1, 1}) {
		t.Errorf("got %v, %v", got, err)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPackageThatDoesNotBuildIsAFailure(t *testing.T) {
	t.Parallel()
	const in = `{"ImportPath":"p","Action":"build-output","Output":"p/a.go:1:1: expected 'package'\n"}
{"ImportPath":"p","Action":"build-fail"}
{"Action":"output","Package":"p","Output":"FAIL\tp [setup failed]\n"}
{"Action":"fail","Package":"p","FailedBuild":"p"}
`
	var out strings.Builder
	got, err := report(strings.NewReader(in), &out)
	if err != nil || got != (tally{failed: 1}) {
		t.Errorf("got %v, %v", got, err)
	}
	if !strings.Contains(out.String(), "expected 'package'") {
		t.Errorf("the compiler's words are missing:\n%s", out.String())
	}
}

func TestProcessThatDiesShowsWhatItsTestsPrinted(t *testing.T) {
	t.Parallel()
	const in = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"panic: internal error\n"}
{"Action":"fail","Package":"p","Elapsed":0.1}
`
	var out strings.Builder
	got, err := report(strings.NewReader(in), &out)
	if err != nil || got != (tally{failed: 1}) || !strings.Contains(out.String(), "panic: internal error") {
		t.Errorf("got %v, %v:\n%s", got, err, out.String())
	}
}

func TestInputWithoutTestsIsNoSuccess(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	_, err := report(strings.NewReader("go: cannot find main module\n"), &out)
	if !errors.Is(err, errNoTests) || !strings.Contains(out.String(), "cannot find main module") {
		t.Errorf("got %v:\n%s", err, out.String())
	}
}
