package xtest

import (
	"context"
	"net"
	"sync"
	"testing"
)

// Fate is what becomes of a piece of the stream of bytes.
type Fate uint8

// The fates: it goes on; it vanishes and the connection stays; it vanishes and the connection is cut; it goes on and then
// the connection is cut.
const (
	Pass Fate = iota
	Swallow
	Cut
	PassAndCut
)

// Proxy stands between clients and a server and does to their bytes what it is told.
type Proxy struct {
	listener net.Listener
	target   string
	wait     sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	toward func(fromServer bool, piece []byte) Fate
	closed bool
}

// NewProxy listens on the loopback and connects each client to target. It is closed when the test ends.
func NewProxy(tb testing.TB, target string) *Proxy {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("start proxy: %v", err)
	}
	p := &Proxy{listener: listener, target: target, conns: map[net.Conn]struct{}{}}
	p.wait.Go(func() { p.accept(tb.Context()) })
	tb.Cleanup(p.Close)
	return p
}

// URL is where NATS clients connect.
func (p *Proxy) URL() string { return "nats://" + p.listener.Addr().String() }

// Treat says what becomes of every piece of bytes from now on; nil passes all. It is called from several goroutines.
func (p *Proxy) Treat(toward func(fromServer bool, piece []byte) Fate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.toward = toward
}

// CutAll cuts all connections; new ones are taken.
func (p *Proxy) CutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close() // that is all there is to do
	}
}

// Close cuts all and takes no more.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	_ = p.listener.Close() // accept ends
	p.CutAll()
	p.wait.Wait()
}

func (p *Proxy) accept(ctx context.Context) {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.target)
		if err != nil {
			_ = client.Close() // as a server that is not there
			continue
		}
		if !p.keep(client, server) {
			return
		}
		p.wait.Go(func() { p.carry(client, server, false) })
		p.wait.Go(func() { p.carry(server, client, true) })
	}
}

func (p *Proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.closed {
			_ = c.Close() // too late
			continue
		}
		p.conns[c] = struct{}{}
	}
	return !p.closed
}

func (p *Proxy) fate(fromServer bool, piece []byte) Fate {
	p.mu.Lock()
	toward := p.toward
	p.mu.Unlock()
	if toward == nil {
		return Pass
	}
	return toward(fromServer, piece)
}

func (p *Proxy) carry(from, to net.Conn, fromServer bool) {
	defer func() {
		_ = from.Close() // both ends go together
		_ = to.Close()
		p.mu.Lock()
		delete(p.conns, from)
		p.mu.Unlock()
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			fate := p.fate(fromServer, buf[:n])
			if fate == Pass || fate == PassAndCut {
				if _, err := to.Write(buf[:n]); err != nil {
					return
				}
			}
			if fate == Cut || fate == PassAndCut {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
