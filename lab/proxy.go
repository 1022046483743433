package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// Proxy stands between the guest and nats-server, so that the way back can be
// cut: the server has stored the event and the agent never hears of it.
type Proxy struct {
	// Port is where the guest connects, on the host's loopback.
	Port int

	listener net.Listener
	done     chan struct{}

	mu     sync.Mutex // guards what follows
	target string
	cut    int // acknowledgements still to lose
	lost   int // lost so far
	conns  map[net.Conn]struct{}
	closed bool
}

// NewProxy listens on a free loopback port. Connections are refused until
// there is a target.
func NewProxy(ctx context.Context) (*Proxy, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the guest: %w", err)
	}
	p := &Proxy{Port: portOf(l), listener: l, done: make(chan struct{}), conns: make(map[net.Conn]struct{})}
	// A connection lives until Close, whatever becomes of the context of the
	// listening.
	go p.accept(context.WithoutCancel(ctx))
	return p, nil
}

// Target sends connections to addr from now on.
func (p *Proxy) Target(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = addr
}

// CutAcks loses the next n publish acknowledgements, and with each its
// connection.
func (p *Proxy) CutAcks(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = n
}

// Lost is the number of acknowledgements lost so far.
func (p *Proxy) Lost() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost
}

// Close ends every connection and waits for what served them.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.closed = true
	for c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	<-p.done
}

func (p *Proxy) accept(ctx context.Context) {
	defer close(p.done)
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		conn, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			wg.Go(func() { p.serve(ctx, conn) })
		}
	}
}

// keep remembers a connection to be closed with the proxy.
func (p *Proxy) keep(c net.Conn) (target string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return "", false
	}
	p.conns[c] = struct{}{}
	return p.target, true
}

func (p *Proxy) drop(c net.Conn) {
	_ = c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

func (p *Proxy) serve(ctx context.Context, client net.Conn) {
	defer p.drop(client)
	target, ok := p.keep(client)
	if !ok {
		return
	}
	var d net.Dialer
	server, err := d.DialContext(ctx, "tcp", target)
	if err != nil {
		return // the server is down: the client sees its connection end
	}
	defer p.drop(server)
	if _, ok := p.keep(server); !ok {
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
		_ = client.Close()
	})
	p.back(client, server)
	_ = server.Close()
	_ = client.Close()
	wg.Wait()
}

// back copies from the server to the client until it is cut.
func (p *Proxy) back(client io.Writer, server io.Reader) {
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if n > 0 {
			if p.loses(buf[:n]) {
				return
			}
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *Proxy) loses(chunk []byte) bool {
	if !isAck(chunk) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut == 0 {
		return false
	}
	p.cut--
	p.lost++
	return true
}

// isAck reports whether the bytes hold JetStream's answer to a publish,
// {"stream":"NAME", "seq":N}. The server writes one in one piece.
func isAck(chunk []byte) bool {
	_, after, ok := bytes.Cut(chunk, []byte(`{"stream":"`))
	return ok && bytes.Contains(after, []byte(`"seq":`))
}
