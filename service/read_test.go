package service

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// fakeBus is a message bus with a systemd on it: as much of both as this room asks for.
type fakeBus struct {
	address string
	mu      sync.Mutex
	units   map[dbus.ObjectPath]map[string]map[string]any // by interface
	asked   []string
	conns   []net.Conn
	matches []string
	serving sync.WaitGroup
}

func newBus(t *testing.T) *fakeBus {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bus")
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeBus{address: "unix:path=" + path, units: map[dbus.ObjectPath]map[string]map[string]any{}}
	f.serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.conns = append(f.conns, conn)
			f.mu.Unlock()
			f.serving.Go(func() { f.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		f.hangUp()
		f.serving.Wait()
	})
	return f
}

func (f *fakeBus) hangUp() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.conns {
		_ = c.Close()
	}
	f.conns = nil
}

func (f *fakeBus) set(r Raw) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.units[unitPath(r.Unit["Id"].(string))] = map[string]map[string]any{unitInterface: r.Unit, serviceIface: r.Service}
}

// serve lets anybody in, and answers.
func (f *fakeBus) serve(conn net.Conn) {
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		reply := "OK 0123456789abcdef0123456789abcdef"
		if strings.HasPrefix(line, "BEGIN") {
			break
		} else if strings.HasPrefix(line, "NEGOTIATE") {
			reply = "ERROR"
		} else if strings.TrimSpace(strings.Trim(line, "\x00")) == "AUTH" {
			reply = "REJECTED EXTERNAL"
		}
		_, _ = fmt.Fprintf(conn, "%s\r\n", reply)
	}
	for {
		m, err := dbus.DecodeMessage(in)
		if err != nil {
			return
		}
		f.answer(conn, m)
	}
}

func (f *fakeBus) answer(conn net.Conn, m *dbus.Message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	reply := &dbus.Message{Type: dbus.TypeMethodReply, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldReplySerial: dbus.MakeVariant(m.Serial()), dbus.FieldSender: dbus.MakeVariant("org.freedesktop.DBus"),
	}}
	path, _ := m.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
	switch member, _ := m.Headers[dbus.FieldMember].Value().(string); member {
	case "Hello":
		reply.Body = []any{":1.7"}
	case "AddMatch":
		f.matches = append(f.matches, m.Body[0].(string))
	case "GetAll":
		iface := m.Body[0].(string)
		f.asked = append(f.asked, strings.TrimPrefix(iface, systemd+"."))
		all := map[string]dbus.Variant{}
		for key, v := range f.units[path][iface] {
			if list, ok := v.([]any); ok {
				v = struct {
					Number uint32
					Path   dbus.ObjectPath
				}{list[0].(uint32), "/"}
			}
			all[key] = dbus.MakeVariant(v)
		}
		reply.Body = []any{all}
		if f.units[path] == nil {
			reply.Type, reply.Body = dbus.TypeError, []any{"no such object"}
			reply.Headers[dbus.FieldErrorName] = dbus.MakeVariant("org.freedesktop.DBus.Error.UnknownObject")
		}
	}
	send(conn, reply)
}

// signal has every connection hear a signal, whatever it asked for.
func (f *fakeBus) signal(body ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, conn := range f.conns {
		send(conn, &dbus.Message{Type: dbus.TypeSignal, Headers: map[dbus.HeaderField]dbus.Variant{
			dbus.FieldPath: dbus.MakeVariant(unitPath("a.service")), dbus.FieldInterface: dbus.MakeVariant(properties),
			dbus.FieldMember: dbus.MakeVariant(changedProperty), dbus.FieldSender: dbus.MakeVariant(":1.0"),
		}, Body: body})
	}
}

func send(conn net.Conn, m *dbus.Message) {
	if len(m.Body) > 0 {
		m.Headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(m.Body...))
	}
	// The library has no way to number a message of ours: one goes in its place.
	var b strings.Builder
	if err := m.EncodeTo(&b, binary.LittleEndian); err != nil {
		panic(err)
	}
	bytes := []byte(b.String())
	binary.LittleEndian.PutUint32(bytes[8:], 1)
	_, _ = conn.Write(bytes)
}

func TestUnitsAreReadOverTheBusAndServicesOnlyAfterAChange(t *testing.T) {
	t.Parallel()
	bus := newBus(t)
	bus.set(raw("a.service", "active", "running", with("Job", []any{uint32(4), "/"})))
	bus.set(raw("b.socket", "active", "listening"))
	b := NewBus(bus.address)
	t.Cleanup(b.Close)
	look := func(name string) Unit { return Parse(name, b.Look(t.Context(), name)[name]) }
	u := look("a.service")
	diff(t, "state", "active (running)", u.word())
	diff(t, "type", "simple", u.Type)
	diff(t, "job", "4", u.Job)
	diff(t, "invocation", fmt.Sprintf("%032x", 1), u.Invocation)
	diff(t, "limit", 10*time.Second, u.LimitInterval)
	diff(t, "socket", "active (listening)", look("b.socket").word())
	look("a.service")
	bus.set(raw("a.service", "failed", "failed", with("Result", "signal"), with("StateChangeTimestampMonotonic", uint64(7))))
	diff(t, "after a change", "signal", look("a.service").Result)
	bus.mu.Lock()
	diff(t, "asked", []string{"Unit", "Service", "Unit", "Unit", "Unit", "Service"}, bus.asked)
	bus.mu.Unlock()
	diff(t, "no such object", "ask systemd for c.service: no such object", look("c.service").Err)
}

func TestALostConnectionIsMadeAnew(t *testing.T) {
	t.Parallel()
	bus := newBus(t)
	bus.set(raw("a.service", "active", "running"))
	b := NewBus(bus.address)
	t.Cleanup(b.Close)
	if r := b.Look(t.Context(), "a.service")["a.service"]; r.Err != nil {
		t.Fatal(r.Err)
	}
	bus.hangUp()
	for range 1000 { // the first look may still find the old one
		if r := b.Look(t.Context(), "a.service")["a.service"]; r.Err == nil {
			return
		}
	}
	t.Error("it stays away")
}

func TestABusThatIsNotThereIsAnErrorOfEveryUnit(t *testing.T) {
	t.Parallel()
	b := NewBus("unix:path=/nowhere/at/all")
	for name, r := range b.Look(t.Context(), "a.service", "b.service") {
		if r.Err == nil || !strings.HasPrefix(r.Err.Error(), "connect to the message bus: ") {
			t.Errorf("%s: %v", name, r.Err)
		}
	}
	if err := b.Hear(t.Context(), nil, func() {}); err == nil {
		t.Error("it hears")
	}
}

func TestABusThatDoesNotAnswerIsLeftAloneInTime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "bus")
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "unix", path) // whoever connects waits for ever
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if r := NewBus("unix:path="+path).Look(ctx, "a.service")["a.service"]; r.Err == nil {
		t.Error("no error")
	}
}

func TestChangesAreHeardWhateverTheyCarry(t *testing.T) {
	t.Parallel()
	bus := newBus(t)
	heard, ended := make(chan struct{}, 100), make(chan error, 1)
	go func() {
		ended <- NewBus(bus.address).Hear(t.Context(), []string{"a.service"}, func() { heard <- struct{}{} })
	}()
	<-heard // it listens
	bus.mu.Lock()
	diff(t, "matches", []string{
		"type='signal',sender='org.freedesktop.systemd1',path='/org/freedesktop/systemd1/unit/a_2eservice',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged'",
	}, bus.matches)
	bus.mu.Unlock()
	for _, body := range [][]any{{unitInterface}, {}, {uint32(7)}, {"x", "y", []string{"z"}}} {
		bus.signal(body...)
		<-heard
	}
	bus.hangUp()
	if err := <-ended; err == nil {
		t.Error("it ends without an error")
	}
}

func TestUnitsHaveThePathsThatSystemdGivesThem(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"app.service":        "app_2eservice",
		"worker@1.service":   "worker_401_2eservice",
		"1st-unit_x.service": "_31st_2dunit_5fx_2eservice",
		`a\x2db.service`:     "a_5cx2db_2eservice",
	} {
		diff(t, name, "/org/freedesktop/systemd1/unit/"+want, string(unitPath(name)))
	}
}
