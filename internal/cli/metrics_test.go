package cli

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"plimsoll/internal/api"
	apitest "plimsoll/internal/api/xtest"
	"plimsoll/internal/view/xtest"
)

func TestMetricsArePrintedOrReplaceAWholeFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	socket, said := filepath.Join(t.TempDir(), "s"), "plimsoll_frozen 0\n"
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, said) })
	apitest.Run(t, &apitest.Agent{}, api.Options{Socket: socket, Now: xtest.At, Metrics: metrics})
	ask := func(args ...string) (code int, out string) {
		var o, e bytes.Buffer
		code = Run(t.Context(), append([]string{"--socket", socket, "metrics"}, args...), Options{
			Out: &o, Err: &e, Version: xtest.Version, Now: xtest.At, Terminal: func() (int, int, bool) { return 0, 0, false },
		})
		return code, o.String()
	}
	if code, out := ask(); code != exitOK || out != said {
		t.Errorf("printed %q with %d", out, code)
	}
	file := filepath.Join(dir, "plimsoll.prom")
	if err := os.WriteFile(file, []byte("plimsoll_frozen 1\nand much more\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := ask("--textfile", file); code != exitOK || out != "" {
		t.Errorf("printed %q with %d, beside the file", out, code)
	}
	text, err := os.ReadFile(file)
	if err != nil || string(text) != said {
		t.Errorf("the file has %q, %v", text, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != everybody {
		t.Errorf("the file: %v, %v", info, err)
	}
	if code, _ := ask("--textfile", dir); code == exitOK {
		t.Error("a directory was replaced")
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(dir), ".*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	said = ""
	if code, _ := ask("--textfile", file); code == exitOK {
		t.Error("nothing was written as if it were something")
	}
}

func TestTheTextfileHasNothingThatNodeExporterHasItself(t *testing.T) {
	t.Parallel()
	page := "# HELP node_md_disks d\n# TYPE node_md_disks gauge\nnode_md_disks{device=\"md0\"} 2\n# TYPE plimsoll_frozen gauge\nplimsoll_frozen 0\n"
	if got := string(withoutNodes([]byte(page))); got != "# TYPE plimsoll_frozen gauge\nplimsoll_frozen 0\n" {
		t.Errorf("got %q", got)
	}
}
