package xtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/wire"
)

// Name is the fleet of the tests.
const Name = "test"

// patience bounds every wait: a busy machine takes its time over an election.
const patience = time.Minute

// Fleet is the servers of a fleet, over the loopback, with the accounts, the stream and the buckets that bootstrap makes.
type Fleet struct {
	tb        testing.TB
	Authority *bootstrap.Authority
	dir       string
	opts      []*server.Options
	accounts  string

	mu    sync.Mutex // guards nodes and creds
	nodes []*server.Server
	creds map[string]string
}

// One starts a fleet on one server, with these mistakes in its accounts.
func One(tb testing.TB, mistakes ...Change) *Fleet {
	tb.Helper()
	return start(tb, 1, mistakes...)
}

// Three starts a fleet on three servers, with three copies of everything.
func Three(tb testing.TB) *Fleet {
	tb.Helper()
	return start(tb, 3)
}

// Sites starts a fleet on three servers, and a server of another site, without a store, that reaches them by a gateway. far is the fleet as
// the hosts there see it.
func Sites(tb testing.TB) (hub, far *Fleet) {
	tb.Helper()
	hub = prepare(tb, 3)
	var gateways []*url.URL
	for _, o := range hub.opts {
		o.Gateway = server.GatewayOpts{Name: Name, Host: "127.0.0.1", Port: hub.freePort()}
		gateways = append(gateways, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", o.Gateway.Port)})
	}
	hub.begin()
	far = &Fleet{
		tb: tb, dir: filepath.Join(hub.dir, "far"), Authority: hub.Authority, accounts: hub.accounts, nodes: make([]*server.Server, 1),
		creds: map[string]string{},
	}
	if err := os.Mkdir(far.dir, 0o700); err != nil {
		tb.Fatal(err)
	}
	far.configure(1)
	o := far.opts[0]
	o.ServerName, o.JetStream, o.StoreDir = "far", false, ""
	o.Gateway = server.GatewayOpts{
		Name: "far", Host: "127.0.0.1", Port: far.freePort(), Gateways: []*server.RemoteGatewayOpts{{Name: Name, URLs: gateways}},
	}
	tb.Cleanup(func() { far.Stop(0) })
	far.Start(0)
	for within := time.Now().Add(patience); far.nodes[0].NumOutboundGateways() == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(within) {
			tb.Fatal("no gateway between the sites")
		}
	}
	return hub, far
}

func start(tb testing.TB, size int, mistakes ...Change) *Fleet {
	tb.Helper()
	f := prepare(tb, size, mistakes...)
	f.begin()
	return f
}

// prepare makes the keys, the accounts and the servers' options.
func prepare(tb testing.TB, size int, mistakes ...Change) *Fleet {
	tb.Helper()
	f := &Fleet{tb: tb, dir: tb.TempDir(), nodes: make([]*server.Server, size), creds: map[string]string{}}
	a, err := bootstrap.Open(filepath.Join(f.dir, "keys"), Name)
	if err != nil {
		tb.Fatalf("make keys: %v", err)
	}
	f.Authority = a
	if f.accounts, err = a.Accounts(); err != nil {
		tb.Fatalf("make accounts: %v", err)
	}
	for _, c := range mistakes {
		f.change(c)
	}
	f.configure(size)
	return f
}

// begin starts the servers and creates what is kept on them.
func (f *Fleet) begin() {
	f.tb.Helper()
	size := len(f.opts)
	f.tb.Cleanup(func() {
		for i := range size {
			f.Stop(i)
		}
	})
	for i := range size {
		f.Start(i)
	}
	nc := f.Connect(bootstrap.Admin, "admin")
	ctx, cancel := context.WithTimeout(f.tb.Context(), patience)
	defer cancel()
	for { // a cluster elects its leader first
		attempt, done := context.WithTimeout(ctx, patience/6)
		err := bootstrap.Create(attempt, nc, bootstrap.DefaultSizes(size))
		done()
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			f.tb.Fatalf("create stores: %v", err)
		}
	}
}

// configure writes the servers' options. The accounts are those that bootstrap prints; the rest fits the loopback.
func (f *Fleet) configure(size int) {
	f.tb.Helper()
	path := filepath.Join(f.dir, "nats.conf")
	if err := os.WriteFile(path, []byte(f.accounts), 0o600); err != nil {
		f.tb.Fatal(err)
	}
	var routes []*url.URL
	var ports []int
	for range size {
		port := f.freePort()
		ports = append(ports, port)
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", port)})
	}
	for i := range size {
		o, err := server.ProcessConfigFile(path)
		if err != nil {
			f.tb.Fatalf("read configuration: %v", err)
		}
		o.ServerName, o.Host, o.Port = fmt.Sprintf("n%d", i), "127.0.0.1", f.freePort()
		o.NoSigs, o.NoLog = true, true
		o.JetStream, o.StoreDir, o.SyncAlways = true, filepath.Join(f.dir, o.ServerName), true
		if size > 1 {
			o.Cluster = server.ClusterOpts{Name: Name, Host: "127.0.0.1", Port: ports[i]}
			o.Routes = routes
		}
		f.opts = append(f.opts, o)
	}
}

func (f *Fleet) freePort() int {
	f.tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(f.tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		f.tb.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		f.tb.Fatal("no TCP address")
	}
	return addr.Port
}

// Start starts server i, on the ports and with the files that it had before.
func (f *Fleet) Start(i int) {
	f.tb.Helper()
	s, err := server.NewServer(f.opts[i].Clone())
	if err != nil {
		f.tb.Fatalf("start server %d: %v", i, err)
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		f.tb.Fatalf("start server %d: not ready", i)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nodes[i] = s
}

// Stop stops server i, if it runs.
func (f *Fleet) Stop(i int) {
	f.mu.Lock()
	s := f.nodes[i]
	f.nodes[i] = nil
	f.mu.Unlock()
	if s != nil {
		s.Shutdown()
		s.WaitForShutdown()
	}
}

// Dir is the directory with everything, which outlives the servers.
func (f *Fleet) Dir() string { return f.dir }

// URL is where server i listens.
func (f *Fleet) URL(i int) string { return fmt.Sprintf("nats://127.0.0.1:%d", f.opts[i].Port) }

// URLs are where the servers listen.
func (f *Fleet) URLs() []string {
	var out []string
	for i := range f.opts {
		out = append(out, f.URL(i))
	}
	return out
}

// Credentials is a file with credentials of a role for a user, the same file for the same user.
func (f *Fleet) Credentials(r bootstrap.Role, token string) string {
	f.tb.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	path := filepath.Join(f.dir, string(r)+"-"+token+".creds")
	if _, made := f.creds[path]; made {
		return path
	}
	text, err := f.Authority.Credentials(r, token)
	if err != nil {
		f.tb.Fatal(err)
	}
	if err := bootstrap.WriteSecret(path, text); err != nil {
		f.tb.Fatal(err)
	}
	f.creds[path] = token
	return path
}

// Connect is a bare connection of a user, closed with the test. What the server refuses goes to refused, if there is room.
func (f *Fleet) Connect(r bootstrap.Role, token string, refused ...chan<- error) *nats.Conn {
	f.tb.Helper()
	nc, err := nats.Connect(f.URL(0), nats.UserCredentials(f.Credentials(r, token)),
		nats.CustomInboxPrefix(wire.Inbox(token)), nats.MaxReconnects(-1), nats.Timeout(patience),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			for _, c := range refused {
				select {
				case c <- err:
				default:
				}
			}
		}))
	if err != nil {
		f.tb.Fatalf("connect as %s %s: %v", r, token, err)
	}
	f.tb.Cleanup(nc.Close)
	return nc
}

// Change is what a test does to the accounts STORE and HOSTS before the servers start: a mistake that it wants found.
type Change func(store, hosts *jwt.AccountClaims)

// change applies c to the accounts, and signs them again.
func (f *Fleet) change(c Change) {
	f.tb.Helper()
	seed, err := os.ReadFile(filepath.Join(f.dir, "keys", "operator.nk"))
	if err != nil {
		f.tb.Fatal(err)
	}
	operator, err := nkeys.FromSeed(bytes.TrimSpace(seed))
	if err != nil {
		f.tb.Fatal(err)
	}
	old := map[string]string{}
	claims := map[string]*jwt.AccountClaims{}
	for line := range strings.Lines(f.accounts) {
		if id, text, two := strings.Cut(strings.TrimSpace(line), ": "); two && strings.HasPrefix(id, "A") {
			a, err := jwt.DecodeAccountClaims(text)
			if err != nil {
				f.tb.Fatal(err)
			}
			old[a.Name], claims[a.Name] = text, a
		}
	}
	c(claims["STORE"], claims["HOSTS"])
	for name, a := range claims {
		text, err := a.Encode(operator)
		if err != nil {
			f.tb.Fatal(err)
		}
		f.accounts = strings.Replace(f.accounts, old[name], text, 1)
	}
}
