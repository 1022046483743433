package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// place is the directory in which everything is: the captured host, the agent's configuration, state and socket.
type place string

func (p place) host() string   { return filepath.Join(string(p), "host") }
func (p place) sys() string    { return filepath.Join(p.host(), "sys") }
func (p place) proc() string   { return filepath.Join(p.host(), "proc") }
func (p place) links() string  { return filepath.Join(p.host(), "rtnetlink/links") }
func (p place) state() string  { return filepath.Join(string(p), "state") }
func (p place) socket() string { return filepath.Join(string(p), "socket") }
func (p place) config() string { return filepath.Join(string(p), "plimsoll.yaml") }
func (p place) log() string    { return filepath.Join(string(p), "log") }

// make makes the directories.
func (p place) make() error {
	for _, dir := range []string{p.host(), p.state()} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// configuration is the agent's: everything as packaged, but that it looks every second, because a file can't announce a
// change, that a bond settles in one, because people wait, and that nothing is served to the network unless that is asked for.
const configuration = `version: 1
mode: observe
nats: {embedded: true}
listen: %q
status_page: true
socket: %q
state: %q
path: {sysfs: %q, procfs: %q}
looks:
  raid: {every: 1s}
  bond: {every: 1s}
  lldp: {every: 1s}
  topology: {every: 1s}
  disk: {every: 1s}
  hwmon: {every: 1s}
  multipath: {every: 1s}
  power: {every: 1s}
settle:
  bond: {worse: 1s, better: 1s}
`

// configure writes the agent's configuration. It serves its page at the address listen, unless that is empty.
func (p place) configure(listen string) error {
	text := fmt.Sprintf(configuration, listen, p.socket(), p.state(), p.sys(), p.proc())
	return os.WriteFile(p.config(), []byte(text), 0o644)
}
