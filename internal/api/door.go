package api

import (
	"net"
	"sync"
)

// door lets a bounded number of connections in at once; whoever comes then waits outside, in the kernel's queue. The limits
// on requests do not bound them: a client that opens thousands and sends nothing would cost the agent its memory.
type door struct {
	net.Listener
	places chan struct{}
	shut   chan struct{}
	once   sync.Once
}

func newDoor(l net.Listener, places int) *door {
	return &door{Listener: l, places: make(chan struct{}, places), shut: make(chan struct{})}
}

// Accept waits for a place, then for somebody to take it.
func (d *door) Accept() (net.Conn, error) {
	select {
	case d.places <- struct{}{}:
	case <-d.shut:
		return nil, net.ErrClosed
	}
	conn, err := d.Listener.Accept()
	if err != nil {
		<-d.places
		return nil, err
	}
	return &guest{Conn: conn, leave: sync.OnceFunc(func() { <-d.places })}, nil
}

// Close lets nobody in any more.
func (d *door) Close() error {
	d.once.Do(func() { close(d.shut) })
	return d.Listener.Close()
}

// guest gives its place back when it leaves.
type guest struct {
	net.Conn
	leave func()
}

// Close ends the connection.
func (g *guest) Close() error {
	err := g.Conn.Close()
	g.leave()
	return err
}
