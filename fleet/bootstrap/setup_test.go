package bootstrap_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet"
	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/bootstrap/xtest"
)

func TestASecondSetupKeepsKeysAndCredentialsAndMakesWhatIsMissing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "prod")
	plan := bootstrap.Plan{Fleet: "prod", Hosts: []string{"DB1.example.org"}, People: []string{"alice"}}
	if _, err := bootstrap.Setup(dir, plan); err != nil {
		t.Fatal(err)
	}
	creds := bootstrap.CredentialsFile(dir, bootstrap.Host, "db1_example_org")
	before := files(t, dir)
	m, err := bootstrap.Setup(dir, bootstrap.Plan{Hosts: []string{"db1.example.org", "db2"}, Arbiters: []string{"db2"}})
	if err != nil || m.Fleet != "prod" || !slices.Contains(m.Kept, creds) {
		t.Errorf("a second setup: %+v, %v", m, err)
	}
	after := files(t, dir)
	for name, text := range before {
		if after[name] != text && filepath.Base(name) != bootstrap.AccountsFile { // which has the time it was signed at
			t.Errorf("%s has changed", name)
		}
	}
	for _, name := range []string{"host-db2.creds", "arbiter-db2.creds"} {
		if after[filepath.Join(dir, "credentials", name)] == "" {
			t.Errorf("%s was not made", name)
		}
	}
	for _, p := range []bootstrap.Plan{
		{Fleet: "test"},
		{Hosts: []string{"a_b"}},
		{Servers: []bootstrap.Server{{Name: "../x", Host: "x"}}},
		{Servers: []bootstrap.Server{{Name: "x", Host: "x\"\nlisten: 1"}}},
	} {
		if _, err := bootstrap.Setup(dir, p); err == nil {
			t.Errorf("%+v was taken", p)
		}
	}
}

// files are those below dir, which only their owner can read.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		text, err := os.ReadFile(path)
		out[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAServerTakesTheConfigurationThatIsMadeForIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	servers := []bootstrap.Server{{"n1", "n1.example.org"}, {"n2", "10.0.0.2"}, {"n3", "n3.example.org"}}
	if _, err := bootstrap.Setup(dir, bootstrap.Plan{Fleet: "prod", Servers: servers}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "servers", "n2.conf")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tls := regexp.MustCompile(`(?s) *tls: \{.*?\}\n`) // its files are on the servers alone
	if n := len(tls.FindAll(text, -1)); n != 2 {
		t.Errorf("%d blocks of TLS, want one for clients and one for servers", n)
	}
	if err := os.WriteFile(path, tls.ReplaceAll(text, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := server.ProcessConfigFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !o.SyncAlways || !o.JetStream || o.Cluster.Name != "prod" || o.ServerName != "n2" || len(o.TrustedOperators) != 1 {
		t.Errorf("options: %+v", o)
	}
	var routes []string
	for _, r := range o.Routes {
		routes = append(routes, r.Host)
	}
	if diff := cmp.Diff([]string{"n1.example.org:6222", "n3.example.org:6222"}, routes); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
}

func TestStoresAreMadeOnceAndOnThreeServersOfThem(t *testing.T) {
	t.Parallel()
	f := xtest.Three(t)
	nc := f.Connect(bootstrap.Admin, "admin")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := bootstrap.Create(ctx, nc, bootstrap.DefaultSizes(1)); err != nil {
		t.Errorf("a second time: %v", err)
	}
	for _, name := range []string{bootstrap.Stream, "KV_" + bootstrap.Ledger, "KV_" + bootstrap.Inventory, "KV_" + bootstrap.Bulletin, "KV_" + bootstrap.Baselines} {
		if n := replicas(ctx, t, nc, name); n != 3 {
			t.Errorf("%s has %d copies, want 3", name, n)
		}
	}
}

func replicas(ctx context.Context, t *testing.T, nc *nats.Conn, name string) int {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().Config.Replicas
}

func TestCredentialsOfAnotherFleetDoNotConnect(t *testing.T) {
	t.Parallel()
	f := xtest.One(t)
	dir := t.TempDir()
	if _, err := bootstrap.Setup(dir, bootstrap.Plan{Fleet: xtest.Name}); err != nil {
		t.Fatal(err)
	}
	cfg := fleet.DefaultConfig()
	cfg.URLs = f.URLs()
	ctx, cancel := context.WithTimeout(t.Context(), cfg.Timeout)
	defer cancel()
	if err := bootstrap.CreateStores(ctx, dir, cfg, bootstrap.DefaultSizes(1)); err == nil {
		t.Error("other keys with the same fleet's name were taken")
	}
}
