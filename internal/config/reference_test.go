package config_test

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/config"
)

var update = flag.Bool("update", false, "write docs/config.md from default.yaml")

const docPath = "../../docs/config.md"

const docHead = `# Configuration

plimsolld reads one YAML file when it starts, ` + "`/etc/plimsoll/plimsoll.yaml`" + ` unless ` + "`--config`" + ` names another. A key that is missing
has its default. An unknown key, a wrong type or a duration without a unit stops the start with exit status 2, and every
problem is named with its line. ` + "`systemctl reload plimsolld`" + ` has it read again: ` + "`policy`, `settle` and `flap`" + ` count from then on,
and any other key that has changed needs a restart ([why](decisions/0048-reload.md)). This page is made from ` + "`internal/config/default.yaml`" + ` by ` + "`make docs`" + `.

| key | what it takes | default | meaning |
|---|---|---|---|
`

func TestReferenceInDocsIsUpToDate(t *testing.T) {
	t.Parallel()
	keys, err := config.Reference()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(docHead)
	for _, k := range keys {
		def := ""
		if k.Default != "" {
			def = "`" + k.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Path, k.Type, def, k.About)
	}
	if *update {
		if err := os.WriteFile(docPath, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(docPath)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.String(), string(got)); diff != "" {
		t.Errorf("%s is out of date, run 'make docs' (-want +got):\n%s", docPath, diff)
	}
}

func TestEveryKeyStandsInTheDefaultFileWithAComment(t *testing.T) {
	t.Parallel()
	keys, err := config.Reference()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, k := range keys {
		if k.Type != "" {
			got = append(got, k.Path)
		}
		if k.About == "" {
			t.Errorf("%s has no comment in default.yaml", k.Path)
		}
	}
	var want []string
	leaves(reflect.TypeFor[config.Config](), "", &want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys of the code and of default.yaml, in order (-want +got):\n%s", diff)
	}
}

func leaves(t reflect.Type, path string, out *[]string) {
	for f := range t.Fields() {
		at := path + f.Tag.Get("yaml")
		if f.Type.Kind() == reflect.Struct {
			leaves(f.Type, at+".", out)
			continue
		}
		*out = append(*out, at)
	}
}
