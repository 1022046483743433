package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/config"
	"plimsoll/internal/priv"
	"plimsoll/internal/priv/hands"
)

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plimsoll.yaml")
	if err := os.WriteFile(path, []byte("version: 1\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAllowedIsWhatTheFileSays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]hands.Allowed{
		"": {},
		"mode: enforce\nhelper: {set_active: [a], packet_socket: [b], restart: [c.service], stop: [d.service]}": {
			Writes: true, SetActive: []string{"a"}, PacketSocket: []string{"b"}, Restart: []string{"c.service"}, Stop: []string{"d.service"},
		},
		"helper: {raid: {evict: ['6b8b4567:327b23c6:643c9869:66334873'], pool: ['wwn:0x5000c50000000001']}}": {
			Raid: hands.Raid{Evict: []string{"6b8b4567-327b-23c6-643c-986966334873"}, Pool: []string{"wwn:0x5000c50000000001"}},
		},
		"mode: observe\nhelper: {set_active: [a]}": {SetActive: []string{"a"}},
	} {
		got, err := allowed(file(t, text))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", text, err, diff)
		}
	}
	for _, path := range []string{file(t, "mode: on"), filepath.Join(t.TempDir(), "none")} {
		got, err := allowed(path)
		if diff := cmp.Diff(hands.Allowed{}, got); diff != "" || err == nil {
			t.Errorf("a file that says nothing allows something: %v\n%s", err, diff)
		}
	}
}

func TestConfigurationAndHelperTakeTheSameNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"bond0", "a.b-c_d", "0123456789abcde", "0123456789abcdef", "a/b", "a:b", ".", "..", "a b", "bönd", "",
		"app.service", "worker@1.service", "worker@.service", `dev-x\x2d.service`, "a.service", "@.service", "app", "app.socket", ".service", "a/b.service", "a*.service",
	} {
		quoted := "'" + name + "'"
		_, err := allowed(file(t, "helper: {set_active: ["+quoted+"]}"))
		if got := err == nil; got != priv.IsLink(name) {
			t.Errorf("link %q: the configuration takes it %v, the helper %v", name, got, priv.IsLink(name))
		}
		_, err = allowed(file(t, "helper: {restart: ["+quoted+"]}"))
		if got := err == nil; got != priv.IsUnit(name) {
			t.Errorf("unit %q: the configuration takes it %v, the helper %v", name, got, priv.IsUnit(name))
		}
	}
}

func TestStartByHandSaysWhatToStartInstead(t *testing.T) {
	t.Parallel()
	errs, err := os.Create(filepath.Join(t.TempDir(), "errs"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = errs.Close() }()
	var out strings.Builder
	if code := run(t.Context(), nil, &out, errs); code != exitFailed {
		t.Errorf("code %d", code)
	}
	if code := run(t.Context(), []string{"status"}, &out, errs); code != exitUsage {
		t.Errorf("code %d", code)
	}
	if code := run(t.Context(), []string{"--part", "feet"}, &out, errs); code != exitUsage {
		t.Errorf("code %d", code)
	}
	if code := run(t.Context(), []string{"--version"}, &out, errs); code != exitOK || !strings.Contains(out.String(), version) {
		t.Errorf("code %d: %s", code, out.String())
	}
	said, err := os.ReadFile(errs.Name())
	if err != nil || !strings.Contains(string(said), "plimsoll-priv.socket") {
		t.Errorf("%s, %v", said, err)
	}
}

// BenchmarkAllowed is what reading the configuration anew adds to a request.
func BenchmarkAllowed(b *testing.B) {
	path := filepath.Join(b.TempDir(), "plimsoll.yaml")
	if err := os.WriteFile(path, config.DefaultYAML(), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := allowed(path); err != nil {
			b.Fatal(err)
		}
	}
}
