package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"
)

const (
	// flows is how many conversations are held at once. Bonds spread flows over links by a hash of the ports; with so many,
	// and up to four links, some flow all but surely meets each link.
	flows = 16

	// reply is how long an answer may take in an emulated machine with a dozen bonds at work.
	reply = 700 * time.Millisecond

	echoPort = 7
)

// echo is somebody beyond the bond who answers, and those who ask.
type echo struct {
	server  *net.UDPConn
	served  chan struct{}
	clients []*net.UDPConn
	asked   uint32 // the newest round
}

func newEcho(from, to *place) (*echo, error) {
	e := &echo{served: make(chan struct{})}
	err := to.do(func() (err error) {
		e.server, err = net.ListenUDP("udp4", &net.UDPAddr{IP: there(), Port: echoPort})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listen beyond the bond: %w", err)
	}
	go e.serve()
	err = from.do(func() error {
		for range flows {
			c, err := net.DialUDP("udp4", &net.UDPAddr{IP: here()}, &net.UDPAddr{IP: there(), Port: echoPort})
			if err != nil {
				return err
			}
			e.clients = append(e.clients, c)
		}
		return nil
	})
	if err != nil {
		e.close()
		return nil, fmt.Errorf("call through the bond: %w", err)
	}
	return e, nil
}

func (e *echo) serve() {
	defer close(e.served)
	var buf [64]byte
	for {
		n, from, err := e.server.ReadFromUDP(buf[:])
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			_, _ = e.server.WriteToUDP(buf[:n], from) // unreachable is what is to be found out
		}
	}
}

func (e *echo) close() {
	_ = e.server.Close()
	<-e.served
	for _, c := range e.clients {
		_ = c.Close()
	}
}

// round asks one question on every flow and says whether each was answered in time.
func (e *echo) round() bool {
	e.asked++
	end := time.Now().Add(reply)
	for i, c := range e.clients {
		_, _ = c.Write(e.question(i)) // refused by a bond that is down: no answer then
	}
	for i, c := range e.clients {
		if !e.answered(c, i, end) {
			return false
		}
	}
	return true
}

func (e *echo) question(flow int) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, e.asked), uint32(flow))
}

// answered waits for the answer to the newest question; older ones and second copies come before it.
func (e *echo) answered(c *net.UDPConn, flow int, end time.Time) bool {
	_ = c.SetReadDeadline(end)
	want := string(e.question(flow))
	var buf [64]byte
	for {
		n, err := c.Read(buf[:])
		if err == nil && string(buf[:n]) == want {
			return true
		}
		if err != nil && time.Now().After(end) {
			return false
		}
	}
}

// carries says whether every flow is answered, within limit or before ctx ends.
func (e *echo) carries(ctx context.Context, limit time.Duration) bool {
	for end := time.Now().Add(limit); ; {
		if e.round() {
			return true
		}
		if time.Now().After(end) || ctx.Err() != nil {
			return false
		}
	}
}
