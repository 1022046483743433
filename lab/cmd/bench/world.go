package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"plimsoll/lab"
	"plimsoll/lab/bench"
)

// world is one guest in which everybody is there: the agent, its peers, and the server on the host that both speak to.
type world struct {
	m    *lab.Machine
	nats *lab.NATS
	url  string // of the server, from the guest
	dir  string // for what was measured
}

// arrays are the mirrors that fail, each with its disks.
func arrays() map[string][2]string {
	return map[string][2]string{"md0": {"sda", "sdb"}, "md1": {"sdc", "sdd"}, "md2": {"sde", "sdf"}, "md3": {"sdg", "sdh"}}
}

const (
	names     = "md0 md1 md2 md3"
	workplace = "/run/bench" // on a tmpfs, so that nobody waits for a disk to tell what he saw
	program   = workplace + "/witness"
)

// prepare runs in the guest before the agent starts. The agent's settings are its defaults, but for the hold of groups that
// flap: a hundred faults in ten minutes are a flap, and would be told as one.
const prepare = `set -e
mkdir -p ` + workplace + `
cp /lab/bin/witness ` + program + `
mkfifo ` + workplace + `/fifo
printf '#!/bin/sh\necho "$1 $2 $3" >` + workplace + `/fifo\n' >` + workplace + `/alert
chmod +x ` + workplace + `/alert
%s
udevadm settle
ip link add bond0 type bond mode active-backup miimon 100
for nic in eth1 eth2; do ip link set $nic down; ip link set $nic master bond0; done
ip link set bond0 up
mkdir -p /etc/plimsoll
cat >/etc/plimsoll/plimsoll.yaml <<'END'
version: 1
mode: observe
host: {name: lab}
nats: {urls: ["%s"]}
flap: {count: 0, within: 10m}
END
systemctl start plimsolld
`

// newWorld boots a guest and fills it.
func newWorld(ctx context.Context, l *lab.Lab, dir string) (w *world, err error) {
	w = &world{dir: dir}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if w.m, err = l.Boot(ctx, lab.Boot{}); err != nil {
		return nil, err
	}
	if err = w.fill(ctx); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *world) fill(ctx context.Context) (err error) {
	if w.nats, err = lab.StartNATS(ctx, w.dir); err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(w.nats.Addr())
	if err != nil {
		return err
	}
	w.url = "nats://10.0.2.2:" + port
	// As the agent's stream is made.
	if err := w.nats.MakeStream(ctx, bench.FloorStream, bench.FloorSubject+".>", 2*time.Minute); err != nil {
		return fmt.Errorf("make stream %s: %w", bench.FloorStream, err)
	}
	if err := lab.BuildStatic(ctx, "plimsoll/lab/cmd/witness", filepath.Join(w.m.Dir, "share/bin/witness")); err != nil {
		return err
	}
	var create strings.Builder
	for array, disks := range arrays() {
		// The disks are empty, so their contents agree: clean is the truth.
		fmt.Fprintf(&create, "mdadm --create /dev/%s --run --quiet --metadata=1.2 --homehost=lab --assume-clean --level=1 --raid-devices=2 --bitmap=internal /dev/%s /dev/%s\n",
			array, disks[0], disks[1])
	}
	_, err = w.m.MustRun(ctx, fmt.Sprintf(prepare, create.String(), w.url))
	return err
}

func (w *world) close() error {
	if w.nats != nil {
		w.nats.Close()
	}
	w.m.Stop()
	return errors.Join(os.RemoveAll(w.m.Dir), os.RemoveAll(filepath.Join(w.dir, "jetstream")))
}

// asAgent is the priority that the agent's unit gives it.
const asAgent = "--nice=-10"

// start runs a command in the guest in the background, as a unit of its own whose output is kept.
func (w *world) start(ctx context.Context, unit, command string, options ...string) error {
	_, err := w.m.MustRun(ctx, fmt.Sprintf("systemd-run --quiet --unit=bench-%[1]s %[4]s --property=StandardOutput=file:%[2]s/%[1]s.out -- %[3]s",
		unit, workplace, command, strings.Join(options, " ")))
	return err
}

// stop ends what start began and returns what it wrote.
func (w *world) stop(ctx context.Context, unit string) ([]byte, error) {
	said, err := w.m.MustRun(ctx, fmt.Sprintf("systemctl stop bench-%[1]s; cat %[2]s/%[1]s.out", unit, workplace))
	if err != nil {
		return nil, err
	}
	return []byte(said.Out), os.WriteFile(filepath.Join(w.dir, unit+".jsonl"), []byte(said.Out), 0o644)
}

// lines reads JSON lines.
func lines[T any](text []byte) ([]T, error) {
	var all []T
	for dec := json.NewDecoder(bytes.NewReader(text)); ; {
		var one T
		if err := dec.Decode(&one); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
}
