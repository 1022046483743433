// Command plimsoll-priv is the privileged helper: it does for the agent, by a fixed vocabulary, what takes privilege. systemd
// starts it with the socket that it answers on. It is a door only; what it does is in internal/priv/hands.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"os/user"
	"strconv"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/activation"

	"plimsoll/internal/blockid"
	"plimsoll/internal/config"
	"plimsoll/internal/logsink"
	"plimsoll/internal/priv"
	"plimsoll/internal/priv/hands"
	"plimsoll/internal/sysfs"
	"plimsoll/internal/udevdb"
)

// version is set by the build (-ldflags "-X main.version=…").
var version = "unreleased"

// The exit codes: see also `man plimsoll-priv`.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

const (
	// client is the one user who may ask: the agent's, as packaging/plimsoll.sysusers makes it.
	client = "plimsoll"
	// freeze is the file that stops every effect.
	freeze = "/run/plimsoll/freeze"
	// runtimeFiles is where udev keeps what it knows.
	runtimeFiles = "/run"
	// flushTime is how long the last lines get to reach standard error.
	flushTime = time.Second
)

// errNoSocket is a start by hand. There is nothing to test that way: what the unit takes away is part of the helper.
var errNoSocket = errors.New("no socket from systemd: start plimsoll-priv.socket or another of its sockets, not the program")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main with its world as arguments.
func run(ctx context.Context, args []string, out io.Writer, errs *os.File) int {
	fl := flag.NewFlagSet("plimsoll-priv", flag.ContinueOnError)
	fl.SetOutput(errs)
	path := fl.String("config", "/etc/plimsoll/plimsoll.yaml", "the configuration `file`, the agent's")
	part := fl.String("part", string(priv.Hands), "which verbs to serve: hands (plimsoll-priv.service), senses (plimsoll-sense.service), arrays (plimsoll-raid.service) or second (plimsoll-smart.service)")
	tell := fl.Bool("version", false, "print the version")
	if err := fl.Parse(args); err != nil {
		return exitUsage
	}
	if fl.NArg() > 0 {
		fmt.Fprintln(errs, "plimsoll-priv: takes no arguments")
		return exitUsage
	}
	if *tell {
		fmt.Fprintln(out, "plimsoll-priv version", version)
		return exitOK
	}
	if priv.Part(*part).Unit() == "" {
		fmt.Fprintf(errs, "plimsoll-priv: -part %.40q: none of hands, senses, arrays and second\n", *part)
		return exitUsage
	}
	if err := serve(ctx, priv.Part(*part), *path, errs); err != nil {
		fmt.Fprintln(errs, "plimsoll-priv:", err)
		return exitFailed
	}
	return exitOK
}

// serve answers on systemd's socket until ctx ends or there is nothing to do.
func serve(ctx context.Context, part priv.Part, path string, errs *os.File) error {
	l, err := listener()
	if err != nil {
		return err
	}
	uid, err := uidOf(client)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	def := config.Default()
	sink := logsink.New(errs, logsink.Options{Journal: logsink.Journaled(errs, os.Getenv("JOURNAL_STREAM"))})
	err = hands.NewServer(hands.New(hands.World{
		Part: part, Disk: hands.OpenDisk, BMC: hands.OpenBMC, Multipath: hands.MultipathStatus, Smartctl: hands.RunSmartctl,
		Sysfs: sysfs.New(def.Path.Sysfs), Procfs: sysfs.New(def.Path.Procfs), Freeze: freeze, Units: hands.Systemd{},
		Configured: func() (hands.Allowed, error) { return allowed(path) },
		SinceBoot:  priv.SinceBoot,
		Run:        sysfs.New(runtimeFiles),
		Monotonic:  udevdb.Now,
		Blank:      hands.Blank,
		Mdadm:      hands.Mdadm,
		Open:       hands.OpenPacket,
		Log:        sink.Logger(),
	}), uid).Serve(ctx, l)
	enough, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	return errors.Join(err, sink.Close(enough))
}

// listener is the one socket that systemd handed over.
func listener() (*net.UnixListener, error) {
	all, err := activation.Listeners()
	if err != nil {
		return nil, fmt.Errorf("take socket from systemd: %w", err)
	}
	if len(all) != 1 {
		return nil, errNoSocket
	}
	l, ok := all[0].(*net.UnixListener)
	if !ok || l.Addr().Network() != "unixpacket" {
		return nil, fmt.Errorf("take socket from systemd: %v is not of the type SOCK_SEQPACKET", all[0])
	}
	return l, nil
}

func uidOf(name string) (uint32, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, fmt.Errorf("look up who may ask: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("look up who may ask: %s has the number %q", name, u.Uid)
	}
	return uint32(uid), nil
}

// allowed is what the file lets the helper do now. The paths it sets are the agent's: the helper keeps to the host's own.
func allowed(path string) (hands.Allowed, error) {
	c, err := config.Load(path)
	if err != nil {
		return hands.Allowed{}, err
	}
	raid := c.Helper.Raid
	return hands.Allowed{
		Writes:    c.Mode == config.ModeEnforce,
		SetActive: c.Helper.SetActive, PacketSocket: c.Helper.PacketSocket, Restart: c.Helper.Restart, Stop: c.Helper.Stop,
		Smartctl: c.Disk.AskSmartctl > 0, Behind: c.Disk.Behind,
		Raid: hands.Raid{
			Readmit: arrays(raid.Readmit), Replace: arrays(raid.Replace), Evict: arrays(raid.Evict), AddSpare: arrays(raid.AddSpare),
			Pool: raid.Pool,
		},
	}, nil
}

// arrays are UUIDs in the kernel's form: people copy them from mdadm, which has its own.
func arrays(uuids []string) []string {
	var out []string
	for _, text := range uuids {
		if uuid, ok := blockid.ParseUUID(text); ok {
			out = append(out, uuid)
		}
	}
	return out
}
