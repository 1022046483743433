package api_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/api"
	"plimsoll/internal/api/xtest"
	views "plimsoll/internal/view/xtest"
)

// TestHostileClientsChangeNothing sends what no client of ours sends, over connections that the kernel lets act, and then asks
// as ours do.
func TestHostileClientsChangeNothing(t *testing.T) {
	t.Parallel()
	agent, socket := xtest.Serve(t, views.Faulty(), views.At)
	dial := func() net.Conn {
		var d net.Dialer
		c, err := d.DialContext(t.Context(), "unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	request := func(target, rest string) string { return "POST " + target + " HTTP/1.1\r\nHost: plimsoll\r\n" + rest }
	huge := strings.Repeat("x", 1<<20)
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 64<<10)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	for _, text := range map[string]string{
		"noise":                string(noise),
		"no end of a header":   request(api.PathFreeze, "X: "+huge),
		"many headers":         request(api.PathFreeze, strings.Repeat("X-A: b\r\n", 10000)+"\r\n"),
		"a huge target":        request(api.PathFreeze+"?why="+huge, "\r\n"),
		"no host":              "POST " + api.PathFreeze + " HTTP/1.1\r\n\r\n",
		"a header of two":      request(api.PathFreeze, "Content-Length: 1\r\nContent-Length: 2\r\n\r\nx"),
		"smuggled":             request("/nothing", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nPOST "+api.PathFreeze+" HTTP/1.1\r\n"),
		"half a header":        "POST " + api.PathFreeze,
		"a body that ends":     request("/nothing", "Content-Length: 1048576\r\n\r\n"+huge),
		"a body that does not": request("/nothing", "Content-Length: 99999999\r\n\r\n"+huge),
		"another method":       "BREW " + api.PathFreeze + " HTTP/1.1\r\nHost: plimsoll\r\n\r\n",
		"a get":                "GET " + api.PathFreeze + " HTTP/1.1\r\nHost: plimsoll\r\n\r\n",
		"a proxy's form":       request("http://elsewhere/nothing", "\r\n"),
		"dots":                 request("/nothing/../status/..%2ffreeze", "\r\n"),
	} {
		c := dial()
		_ = c.SetDeadline(time.Now().Add(300 * time.Millisecond))
		_, _ = io.WriteString(c, text)                       // may be cut short
		_, _ = io.Copy(io.Discard, io.LimitReader(c, 1<<20)) // so may the answer
		_ = c.Close()
	}
	for range 1000 { // each says half a word and goes
		c := dial()
		_, _ = fmt.Fprint(c, "POST /fre")
		_ = c.Close()
	}
	if n := len(agent.Orders()) + len(agent.Frozen()); n > 0 {
		t.Errorf("the agent was asked %d times: %+v %q", n, agent.Orders(), agent.Frozen())
	}
	if code, body := fetch(t, unixClient(socket), http.MethodGet, "http://plimsoll"+api.PathPlan); code != http.StatusOK {
		t.Errorf("whoever asks well afterwards gets %d %s", code, body)
	}
}

// TestSlowClientsKeepNobodyOutForLong has more clients than there are places say half a word and stay.
func TestSlowClientsKeepNobodyOutForLong(t *testing.T) {
	t.Parallel()
	agent, socket := xtest.Serve(t, views.Faulty(), views.At)
	for range 300 {
		var d net.Dialer
		c, err := d.DialContext(t.Context(), "unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_, _ = fmt.Fprint(c, "POST /fre")
	}
	began := time.Now()
	code, _ := fetch(t, unixClient(socket), http.MethodGet, "http://plimsoll"+api.PathPlan)
	if waited := time.Since(began); code != http.StatusOK || waited > 20*time.Second {
		t.Errorf("answered %d after %s", code, waited)
	}
	if len(agent.Frozen()) > 0 {
		t.Error("half a word froze the host")
	}
}
