package service

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"
)

// Units is where units are read: a [Bus] on a host.
type Units interface {
	// Look reads these units. It returns within seconds, whatever the other end does; a unit that could not be read has the
	// error that says why.
	Look(ctx context.Context, names ...string) map[string]Raw
	// Hear calls heard whenever something may have changed in one of these units, once as soon as it hears. It returns when
	// ctx ends, or with an error when it can no longer hear.
	Hear(ctx context.Context, names []string, heard func()) error
}

const (
	// lookTime is how long the bus and systemd may take to answer all that one look asks. A local answer takes a millisecond;
	// a systemd that reloads its units takes up to a second or two.
	lookTime = 3 * time.Second

	systemd         = "org.freedesktop.systemd1"
	unitInterface   = systemd + ".Unit"
	serviceIface    = systemd + ".Service"
	managerPath     = dbus.ObjectPath("/org/freedesktop/systemd1")
	unitPaths       = string(managerPath) + "/unit/"
	properties      = "org.freedesktop.DBus.Properties"
	changedProperty = "PropertiesChanged"
)

// Bus reads units over the message bus. Its connection is kept between looks and made anew once it is lost. Methods may be
// called at the same time.
type Bus struct {
	address string // empty: the system bus

	mu       sync.Mutex
	conn     *dbus.Conn
	end      context.CancelFunc
	services map[string]remembered // by unit
}

// remembered is what was read of a service, and as of which change of its unit.
type remembered struct {
	change  change
	service map[string]any
	at      time.Duration
}

// change tells one state of a unit from the next.
type change struct {
	state, sub string
	when       uint64
}

// rememberFor is how long what was read of a service stands where nothing has changed: its type can, by a daemon-reload that
// nobody announces to us.
const rememberFor = time.Minute

// NewBus is the system bus, or the one at address if that is not empty. Nothing is connected yet.
func NewBus(address string) *Bus { return &Bus{address: address, services: map[string]remembered{}} }

// Close ends the connection, if there is one.
func (b *Bus) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hangUp()
}

// Look reads these units.
func (b *Bus) Look(ctx context.Context, names ...string) map[string]Raw {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make(map[string]Raw, len(names))
	err := b.connect(ctx)
	for _, name := range names {
		raw := Raw{Err: err}
		if err == nil {
			raw = b.read(ctx, name)
		}
		out[name] = raw
	}
	return out
}

// connect sees to it that there is a connection. It outlives ctx, which bounds only the way in.
func (b *Bus) connect(ctx context.Context) error {
	if b.conn != nil && b.conn.Connected() {
		return nil
	}
	b.hangUp()
	conn, end, err := dial(ctx, b.address)
	if err != nil {
		return err
	}
	b.conn, b.end = conn, end
	return nil
}

func (b *Bus) hangUp() {
	if b.conn != nil {
		b.end()
		b.conn, b.end = nil, nil
		clear(b.services)
	}
}

// dial connects to a bus. end ends the connection.
func dial(ctx context.Context, address string) (conn *dbus.Conn, end context.CancelFunc, err error) {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	hurry := context.AfterFunc(ctx, end)
	defer hurry()
	if address == "" {
		conn, err = dbus.ConnectSystemBus(dbus.WithContext(life))
	} else {
		conn, err = dbus.Connect(address, dbus.WithContext(life))
	}
	if err != nil {
		end()
		return nil, nil, fmt.Errorf("connect to the message bus: %w", err)
	}
	return conn, end, nil
}

// read reads one unit. systemd loads one that it does not hold, and says not-found where it has no file.
func (b *Bus) read(ctx context.Context, name string) Raw {
	object := b.conn.Object(systemd, unitPath(name))
	all := func(iface string) (map[string]any, error) {
		var got map[string]dbus.Variant
		if err := object.CallWithContext(ctx, properties+".GetAll", 0, iface).Store(&got); err != nil {
			return nil, fmt.Errorf("ask systemd for %s: %w", name, err)
		}
		out := make(map[string]any, len(got))
		for key, v := range got {
			out[key] = v.Value()
		}
		return out, nil
	}
	raw := Raw{Now: monotonic()}
	if raw.Unit, raw.Err = all(unitInterface); raw.Err != nil || !strings.HasSuffix(name, ".service") {
		return raw
	}
	is := change{
		state: is[string](raw.Unit, "ActiveState"), sub: is[string](raw.Unit, "SubState"),
		when: is[uint64](raw.Unit, "StateChangeTimestampMonotonic"),
	}
	if was, known := b.services[name]; known && was.change == is && raw.Now-was.at < rememberFor {
		raw.Service = was.service
		return raw
	}
	if raw.Service, raw.Err = all(serviceIface); raw.Err == nil {
		b.services[name] = remembered{change: is, service: raw.Service, at: raw.Now}
	}
	return raw
}

// monotonic is the clock that systemd's timestamps are of; 0 where the kernel has none, which makes every change a recent one.
func monotonic() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// unitPath is the object of a unit: its name with all but letters and digits as _xx (sd_bus_path_encode(3)).
func unitPath(name string) dbus.ObjectPath {
	var b strings.Builder
	b.WriteString(unitPaths)
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if letter || i > 0 && '0' <= c && c <= '9' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	return dbus.ObjectPath(b.String())
}
