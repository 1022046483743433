package api

import (
	"errors"
	"net"
	"path/filepath"
	"testing"
)

// TestWhoComesWhenAllPlacesAreTakenWaits fills a door of one place, with connections that say nothing.
func TestWhoComesWhenAllPlacesAreTakenWaits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	d := newDoor(l, 1)
	for range 3 {
		var dialer net.Dialer
		c, err := dialer.DialContext(t.Context(), "unix", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	first, err := d.Accept()
	if err != nil {
		t.Fatal(err)
	}
	entered := make(chan net.Conn)
	refused := make(chan error, 1)
	go func() {
		for {
			c, err := d.Accept()
			if err != nil {
				refused <- err
				return
			}
			entered <- c
		}
	}()
	select {
	case <-entered:
		t.Fatal("a second one was let in beside the first")
	default:
	}
	if err := errors.Join(first.Close(), first.Close()); !errors.Is(err, net.ErrClosed) { // gives back one place, not two
		t.Fatal(err)
	}
	second := <-entered
	if len(d.places) != 1 {
		t.Errorf("want one place taken, got %d", len(d.places))
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-refused; !errors.Is(err, net.ErrClosed) {
		t.Errorf("want a closed door, got %v", err)
	}
	_ = second.Close()
}
