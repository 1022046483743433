package lab

import (
	"bytes"
	"io"
	"net"
	"testing"
)

// answers is a server that says each of its lines to a connection and ends it
// when the other side does.
func answers(t *testing.T, line string) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buf := make([]byte, 100)
				for {
					if _, err := c.Read(buf); err != nil {
						return
					}
					if _, err := io.WriteString(c, line); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func ask(t *testing.T, p *Proxy) string {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", p.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "PUB"); err != nil {
		return ""
	}
	buf := make([]byte, 1000)
	n, _ := c.Read(buf)
	return string(buf[:n])
}

func TestProxyLosesOnlyTheAcknowledgementsItIsToldTo(t *testing.T) {
	t.Parallel()
	const ack = "MSG _INBOX.x 1 40\r\n{\"stream\":\"PLIMSOLL_EVENTS\", \"seq\":7}\r\n"
	p, err := NewProxy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.Target(answers(t, ack))
	if got := ask(t, p); got != ack {
		t.Errorf("before the cut: %q", got)
	}
	p.CutAcks(2)
	for range 2 {
		if got := ask(t, p); got != "" {
			t.Errorf("an acknowledgement came through the cut: %q", got)
		}
	}
	if got := ask(t, p); got != ack {
		t.Errorf("after the cut: %q", got)
	}
	if p.Lost() != 2 {
		t.Errorf("lost %d acknowledgements, want 2", p.Lost())
	}
	p.CutAcks(1)
	p.Target(answers(t, "INFO {}\r\nPONG\r\n"))
	if got := ask(t, p); got == "" {
		t.Error("something that is no acknowledgement was lost")
	}
}

func TestProxyEndsConnectionsWhileTheServerIsDown(t *testing.T) {
	t.Parallel()
	p, err := NewProxy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if got := ask(t, p); got != "" {
		t.Errorf("got %q from nobody", got)
	}
}

func TestCPIOArchiveIsLaidOutAsTheKernelReadsIt(t *testing.T) {
	t.Parallel()
	var a cpio
	a.add("init", 0o100755, []byte("hello"))
	got := a.end()
	if len(got)%4 != 0 {
		t.Errorf("length %d is not padded to four", len(got))
	}
	// Magic and 13 fields of 8 digits are 110 bytes; the name with its NUL
	// ends at 115, the data begin at the next multiple of four.
	if head := string(got[:14]); head != "07070100000001" {
		t.Errorf("header begins %q", head)
	}
	if name := got[110:116]; !bytes.Equal(name, []byte("init\x00\x00")) {
		t.Errorf("name %q", name)
	}
	if data := got[116:124]; !bytes.Equal(data, []byte("hello\x00\x00\x00")) {
		t.Errorf("data %q", data)
	}
	if !bytes.Contains(got, []byte("TRAILER!!!\x00")) {
		t.Error("no trailer")
	}
}

func TestModulesAreLoadedAfterThoseTheyNeed(t *testing.T) {
	t.Parallel()
	const deps = `kernel/fs/ext4/ext4.ko: kernel/lib/crc16.ko kernel/fs/mbcache.ko kernel/fs/jbd2/jbd2.ko
kernel/lib/crc16.ko:
kernel/fs/mbcache.ko:
kernel/fs/jbd2/jbd2.ko:
kernel/drivers/md/dm-mod.ko: kernel/drivers/dax/dax.ko
kernel/drivers/dax/dax.ko:
`
	got, err := moduleOrder(deps, []string{"dm_mod", "ext4"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"kernel/drivers/dax/dax.ko", "kernel/drivers/md/dm-mod.ko", "kernel/fs/jbd2/jbd2.ko", "kernel/fs/mbcache.ko", "kernel/lib/crc16.ko", "kernel/fs/ext4/ext4.ko"}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("at %d: want %s, got %s", i, want[i], got[i])
		}
	}
	if _, err := moduleOrder(deps, []string{"xfs"}); err == nil {
		t.Error("a module that is not there gives no error")
	}
}
