package service

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ask asks c, with more time than it needs.
func ask(t *testing.T, c Check, units Units) Answer {
	t.Helper()
	return askWithin(t, time.Minute, c, units)
}

func askWithin(t *testing.T, d time.Duration, c Check, units Units) Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	return c.asker(units).ask(ctx)
}

func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "check")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAProgramSaysByItsCodeHowItIs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       Answer
	}{
		{"0", "echo fine; echo more", well("fine")},
		{"0 and no word", "", well("it ended with code 0")},
		{"1", "echo 'no replica' >&2; exit 1", sick("code 1: no replica")},
		{"2", "exit 2", sick("code 2: no word on standard error")},
		{"3", "echo 'cannot tell' >&2; exit 3", unknown("code 3: cannot tell")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := script(t, tt.text)
			got := ask(t, Check{Exec: []string{path}}, nil)
			for strings.Contains(got.Text, syscall.ETXTBSY.Error()) { // other tests fork at the same time
				got = ask(t, Check{Exec: []string{path}}, nil)
			}
			diff(t, "answer", tt.want, got)
		})
	}
	t.Run("killed", func(t *testing.T) {
		t.Parallel()
		diff(t, "answer", Unknown, ask(t, Check{Exec: []string{script(t, "kill -9 $$")}}, nil).Health)
	})
	t.Run("it hangs", func(t *testing.T) {
		t.Parallel()
		diff(t, "answer", sick("it did not end in time"), askWithin(t, time.Second, Check{Exec: []string{"/bin/sleep", "1000"}}, nil))
	})
	t.Run("not there", func(t *testing.T) {
		t.Parallel()
		diff(t, "answer", Unknown, ask(t, Check{Exec: []string{"/nowhere/at/all"}}, nil).Health)
	})
}

func TestAPageAnswersByItsStatus(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/fine", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/broken", http.StatusFound) })
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	mux.HandleFunc("/hangs", func(http.ResponseWriter, *http.Request) { <-hold })
	server := httptest.NewServer(mux)
	t.Cleanup(func() { close(hold); server.Close() })
	page := func(path string) Answer { return ask(t, Check{HTTP: server.URL + path}, nil) }
	diff(t, "fine", well("204 No Content"), page("/fine"))
	diff(t, "moved", well("302 Found"), page("/moved"))
	diff(t, "broken", sick("503 Service Unavailable"), page("/broken"))
	diff(t, "hangs", sick("no answer in time"), askWithin(t, time.Second, Check{HTTP: server.URL + "/hangs"}, nil))
	diff(t, "no such host", Unknown, ask(t, Check{HTTP: "http://host.invalid/"}, nil).Health)
}

func TestADoorIsOpenOrShut(t *testing.T) {
	t.Parallel()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	diff(t, "open", well("connected"), ask(t, Check{TCP: address}, nil))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	diff(t, "shut", Sick, ask(t, Check{TCP: address}, nil).Health)
}

func TestThatThisHostCannotAskIsNoFailureOfTheOther(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want Health
	}{
		{syscall.ECONNREFUSED, Sick},
		{syscall.ECONNRESET, Sick},
		{syscall.EHOSTUNREACH, Sick},
		{context.DeadlineExceeded, Sick},
		{errors.New("malformed HTTP response"), Sick},
		{syscall.EMFILE, Unknown},
		{syscall.EADDRNOTAVAIL, Unknown},
		{syscall.ENETUNREACH, Unknown},
		{&net.DNSError{Err: "server misbehaving"}, Unknown},
		{context.Canceled, Unknown},
	} {
		diff(t, tt.err.Error(), tt.want, noAnswer(&net.OpError{Op: "dial", Err: tt.err}).Health)
	}
}

// nameServer answers one question after the other with this code and, if that is 0, an address.
func nameServer(t *testing.T, code byte) string {
	t.Helper()
	var config net.ListenConfig
	conn, err := config.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			end := 12
			for buf[end] != 0 {
				end += int(buf[end]) + 1
			}
			question := buf[12 : end+5]
			isA := binary.BigEndian.Uint16(question[len(question)-4:]) == 1
			answer := append([]byte{buf[0], buf[1], 0x81, 0x80 | code, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
			if code == 0 && isA {
				answer[7] = 1
				answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 7)
			}
			_, _ = conn.WriteTo(answer, from)
			_ = n
		}
	}()
	return conn.LocalAddr().String()
}

func TestANameHasAnAddressOrNot(t *testing.T) {
	t.Parallel()
	of := func(server string) Answer { return ask(t, Check{DNS: DNS{Name: "db.example.", Server: server}}, nil) }
	diff(t, "known", well("192.0.2.7"), of(nameServer(t, 0)))
	diff(t, "not known", sick("no such name"), of(nameServer(t, 3)))
	diff(t, "the server is in trouble", Sick, of(nameServer(t, 2)).Health)
}

func TestTheNewestFileSaysHowOldABackupIs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	touch := func(name string, age time.Duration) {
		t.Helper()
		path := filepath.Join(dir, name)
		at := time.Now().Add(-age)
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	of := func(pattern string) Answer {
		return ask(t, Check{FileAge: FileAge{Path: filepath.Join(dir, pattern), AtMost: time.Hour}}, nil)
	}
	touch("a.dump", 3*time.Hour)
	touch("b.dump", 2*time.Hour)
	diff(t, "all too old", sick("b.dump is 2h0m0s old, the newest"), of("*.dump"))
	touch("c.dump", time.Minute)
	diff(t, "one new", well("c.dump is 1m0s old"), of("*.dump"))
	touch("d.dump", -time.Hour)
	diff(t, "from the future", Unknown, of("*.dump").Health)
	diff(t, "none", Sick, of("*.copy").Health)
	diff(t, "no folder", Sick, of("no/such/*.copy").Health)
	touch("file", 0)
	diff(t, "no folder to read", Unknown, of("file/*").Health)
}

func TestAnotherUnitIsAskedAsMembersAre(t *testing.T) {
	t.Parallel()
	units := newUnits(raw("a.socket", "active", "listening"), raw("b.mount", "failed", "failed"), raw("c.timer", "perplexed", ""))
	of := func(name string) Answer { return ask(t, Check{Unit: name}, units) }
	diff(t, "active", well("active (listening)"), of("a.socket"))
	diff(t, "failed", sick("failed (failed)"), of("b.mount"))
	diff(t, "not there", sick("inactive (dead)"), of("z.socket"))
	diff(t, "in a state that nobody knows", Unknown, of("c.timer").Health)
	units.setAway(true)
	diff(t, "the bus is away", unknown("the bus is away"), of("a.socket"))
}
