package logind

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
)

// bus starts a real message bus of its own.
func bus(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("there is no dbus-daemon here: ", err)
	}
	dir := t.TempDir()
	socket := filepath.Join(dir, "bus")
	file := filepath.Join(dir, "conf")
	conf := `<busconfig><listen>unix:path=` + socket + `</listen><policy context="default">` +
		`<allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "--config-file="+file, "--nofork", "--print-address")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // it is killed as the test's context ends, just before
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return "unix:path=" + socket
}

func connect(t *testing.T, address string) *dbus.Conn {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// own makes conn logind, of a host that is or is not going down.
func own(t *testing.T, conn *dbus.Conn, down bool) {
	t.Helper()
	_, err := prop.Export(conn, path, prop.Map{manager: {"PreparingForShutdown": {Value: down}}})
	if err != nil {
		t.Fatal(err)
	}
	if reply, err := conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatal(reply, err)
	}
}

func emit(t *testing.T, conn *dbus.Conn, down any) {
	t.Helper()
	if err := conn.Emit(path, manager+"."+going, down); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyLogindSaysThatTheHostIsGoingDown(t *testing.T) {
	t.Parallel()
	address := bus(t)
	logind, stranger, us := connect(t, address), connect(t, address), connect(t, address)
	own(t, logind, false)
	said := make(chan bool)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- watch(ctx, us, func(down bool) { said <- down }) }()
	if <-said {
		t.Error("it goes down as we begin")
	}
	emit(t, stranger, true)
	emit(t, logind, "soon")
	if err := stranger.Send(&dbus.Message{ // to us alone, past what we asked for
		Type: dbus.TypeSignal,
		Headers: map[dbus.HeaderField]dbus.Variant{
			dbus.FieldDestination: dbus.MakeVariant(us.Names()[0]), dbus.FieldPath: dbus.MakeVariant(dbus.ObjectPath(path)),
			dbus.FieldInterface: dbus.MakeVariant(manager), dbus.FieldMember: dbus.MakeVariant(going),
			dbus.FieldSignature: dbus.MakeVariant(dbus.SignatureOf(true)),
		},
		Body: []any{true},
	}, nil).Err; err != nil {
		t.Fatal(err)
	}
	emit(t, logind, false) // had any of those been believed, it would have come first
	if <-said {
		t.Error("somebody else was believed")
	}
	emit(t, logind, true)
	if !<-said {
		t.Error("logind was not believed")
	}
	stop()
	<-ended
}

func TestAHostThatIsGoingDownAlreadySaysSo(t *testing.T) {
	t.Parallel()
	address := bus(t)
	logind, us := connect(t, address), connect(t, address)
	own(t, logind, true)
	said := make(chan bool, 1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { _ = watch(ctx, us, func(down bool) { said <- down }) }()
	if !<-said {
		t.Error("it is not said")
	}
}

func TestALostBusEndsTheWatch(t *testing.T) {
	t.Parallel()
	address := bus(t)
	us := connect(t, address)
	ended := make(chan error, 1)
	go func() { ended <- watch(t.Context(), us, func(bool) {}) }()
	if err := us.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("no error")
	}
}
