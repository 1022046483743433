package fleet

import (
	"fmt"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// cluster is three servers over the loopback.
type cluster struct {
	tb     testing.TB
	nodes  []*server.Server
	opts   []*server.Options
	routes []*url.URL
}

func newCluster(tb testing.TB) *cluster {
	tb.Helper()
	c := &cluster{tb: tb}
	const size = 3
	var ports []int
	for range size {
		l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		addr, ok := l.Addr().(*net.TCPAddr)
		if !ok {
			tb.Fatal("no TCP address")
		}
		ports = append(ports, addr.Port)
		c.routes = append(c.routes, &url.URL{Scheme: "nats", Host: l.Addr().String()})
	}
	for i := range size {
		c.opts = append(c.opts, &server.Options{
			ServerName: fmt.Sprintf("n%d", i), Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
			JetStream: true, StoreDir: tb.TempDir(),
			Cluster: server.ClusterOpts{Name: "c", Host: "127.0.0.1", Port: ports[i]}, Routes: c.routes,
		})
	}
	c.nodes = make([]*server.Server, size)
	tb.Cleanup(func() {
		for _, n := range c.nodes {
			n.Shutdown()
			n.WaitForShutdown()
		}
	})
	return c
}

// up starts node i, on the client port that it had before if it had one.
func (c *cluster) up(i int) {
	c.tb.Helper()
	s, err := server.NewServer(c.opts[i].Clone())
	if err != nil {
		c.tb.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		c.tb.Fatalf("node %d is not ready", i)
	}
	if addr, ok := s.Addr().(*net.TCPAddr); ok {
		c.opts[i].Port = addr.Port
	}
	c.nodes[i] = s
}

// leader is the node that leads the stream, and false while none does.
func (c *cluster) leader() (int, bool) {
	for i, n := range c.nodes {
		if n.JetStreamIsStreamLeader(server.DEFAULT_GLOBAL_ACCOUNT, DefaultStream) {
			return i, true
		}
	}
	return 0, false
}

func TestInAClusterThatLosesItsLeadersEachEventIsStoredOnce(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	w := &world{tb: t, log: &memoryLog{id: "log1"}, cfg: DefaultConfig(), host: testHost}
	w.cfg.CreateStream = true
	for i := range c.nodes {
		c.up(i)
		w.cfg.URLs = append(w.cfg.URLs, c.nodes[i].ClientURL())
	}
	r := w.boot()
	offer := func(n int) {
		r.Offer(w.log.append(fmt.Sprintf("e%d", n)))
	}
	const stops, between = 2, 20
	n := 0
	for range stops {
		for range between {
			n++
			offer(n)
		}
		r.untilSent(uint64(n - between/2)) // so that some are under way
		led, found := c.leader()
		if found {
			c.nodes[led].Shutdown()
			c.nodes[led].WaitForShutdown()
		}
		n++
		offer(n)
		r.untilSent(uint64(n)) // by another leader
		if found {
			c.up(led)
		}
	}
	r.untilSent(uint64(n))
	w.nats = c.nodes[0]
	w.wantStream(texts(1, n)...)
}
