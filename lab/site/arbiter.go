package site

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"plimsoll/fleet/bootstrap"
)

// arbiterConfiguration is plimsolld's on an arbiter: it watches nothing but an empty host.
const arbiterConfiguration = `version: 1
mode: observe
host: {name: %[1]q}
listen: ""
socket: %[2]q
state: %[3]q
path: {sysfs: %[4]q, procfs: %[4]q}
nats: {urls: %[5]s, fleet: %[6]q, credentials: %[7]q}
fleet: {arbiter: true, arbiter_credentials: %[8]q}
`

// Arbiter is plimsolld as an arbiter of the fleet; argv is how it is run. It is not started.
func (s *Site) Arbiter(name string, argv ...string) (*Process, error) {
	dir := filepath.Join(s.Dir, name)
	for _, d := range []string{filepath.Join(dir, "empty"), filepath.Join(dir, "state")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
	}
	host, err := s.Config(bootstrap.Host, name)
	if err != nil {
		return nil, err
	}
	own, err := s.Config(bootstrap.Arbiter, name)
	if err != nil {
		return nil, err
	}
	urls, err := json.Marshal(s.urls)
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "plimsoll.yaml")
	text := fmt.Appendf(nil, arbiterConfiguration, name, filepath.Join(dir, "socket"), filepath.Join(dir, "state"), filepath.Join(dir, "empty"),
		urls, Fleet, host.Credentials, own.Credentials)
	if err := os.WriteFile(config, text, 0o600); err != nil {
		return nil, err
	}
	return NewProcess(name, filepath.Join(dir, "log"), append(argv, "--config", config)...), nil
}
