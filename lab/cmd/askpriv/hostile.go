package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/internal/priv"
)

// crowd is how many connections at once say nothing.
const crowd = 1000

// hostile does all that a client can do to the others, and then asks what anybody may ask.
func (q question) hostile(bond string) (string, error) {
	for _, frame := range [][]byte{
		nil,
		{0xff},
		[]byte("{}"), []byte("GET / HTTP/1.1\r\n\r\n"), bytes.Repeat([]byte("["), priv.MaxRequest), bytes.Repeat([]byte("x"), 100<<10),
		[]byte(`{"version":1,"verb":"bond.lacp","bond":"../../../../etc/shadow"}`),
		[]byte(`{"version":1,"verb":"bond.set_active","bond":"` + bond + `","member":"eth2"}`),
		[]byte(`{"version":1,"verb":"unit.restart","unit":"systemd-journald.service"}`),
	} {
		if err := say(frame); err != nil {
			return "", err
		}
	}
	var all sync.WaitGroup
	open := make(chan struct{}, crowd)
	end := make(chan struct{})
	for range crowd {
		all.Go(func() {
			var dialer net.Dialer
			conn, err := dialer.DialContext(q.ctx, "unixpacket", socket)
			open <- struct{}{}
			if err != nil {
				return
			}
			defer func() { _ = conn.Close() }()
			select {
			case <-end:
			case <-time.After(patience / 2):
			}
		})
	}
	for range crowd / 2 {
		<-open
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(q.ctx, patience)
	defer cancel()
	var err error
	for tries := 1; ctx.Err() == nil; tries++ {
		if _, err = q.client.LACP(ctx, bond); err == nil {
			close(end)
			all.Wait()
			return fmt.Sprintf("done: served beside %d silent connections after %d tries in %s", crowd, tries, time.Since(began).Round(time.Millisecond)), nil
		}
	}
	return "", err
}

// say sends one packet with a file descriptor beside it, and takes whatever comes.
func say(frame []byte) error {
	conn, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Name: socket, Net: "unixpacket"})
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	// Whether it is taken at all is the helper's affair.
	_, _, _ = conn.WriteMsgUnix(frame, unix.UnixRights(int(os.Stdin.Fd())), nil)
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	_, _ = conn.Read(make([]byte, priv.MaxAnswer))
	return nil
}
