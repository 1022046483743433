package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"plimsoll/fleet"
	"plimsoll/fleet/wire"
)

// Plan is what Setup is to make, in addition to what is there.
type Plan struct {
	Fleet                   string // empty: that of the directory
	Servers                 []Server
	Hosts, Arbiters, People []string // for whom to make credentials, by host name or by a name of theirs
}

// Made is what Setup has made.
type Made struct {
	Fleet string   `json:"fleet"`
	Wrote []string `json:"wrote"` // files, in order
	Kept  []string `json:"kept"`  // credentials that were there
}

// The folders below the directory of a fleet, and the file that has its name.
const (
	keysDir        = "keys"
	serversDir     = "servers"
	credentialsDir = "credentials"
	nameFile       = "fleet"
)

// Setup makes in dir what a fleet's servers and everybody who connects to them need: the keys of the fleet once, accounts.conf
// each time, a configuration for each server that is named, credentials for everybody who is named and has none.
func Setup(dir string, p Plan) (Made, error) {
	for _, sub := range []string{keysDir, serversDir, credentialsDir} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return Made{}, fmt.Errorf("set up fleet: %w", err)
		}
	}
	name, err := nameOf(dir, p.Fleet)
	if err != nil {
		return Made{}, err
	}
	a, err := Open(filepath.Join(dir, keysDir), name)
	if err != nil {
		return Made{}, err
	}
	m := Made{Fleet: name, Wrote: []string{}, Kept: []string{}}
	accounts, err := a.Accounts()
	if err != nil {
		return m, err
	}
	if err := m.write(filepath.Join(dir, serversDir, AccountsFile), []byte(accounts)); err != nil {
		return m, err
	}
	for i, s := range p.Servers {
		if err := s.check(); err != nil {
			return m, err
		}
		if err := m.write(filepath.Join(dir, serversDir, s.Name+".conf"), []byte(a.Config(p.Servers, i))); err != nil {
			return m, err
		}
	}
	return m, m.issue(a, dir, p)
}

// nameOf is the name of the fleet in dir, which it gets the first time.
func nameOf(dir, wanted string) (string, error) {
	path := filepath.Join(dir, nameFile)
	text, err := os.ReadFile(path)
	has := strings.TrimSpace(string(text))
	switch {
	case err == nil && (wanted == "" || wanted == has):
		return has, nil
	case err == nil:
		return "", &fleet.HintError{
			Err:  fmt.Errorf("set up fleet %s in %s: it is that of the fleet %s", wanted, dir, has),
			Todo: "give each fleet a directory of its own",
		}
	case !errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("set up fleet: %w", err)
	}
	name, err := wire.FleetToken(wanted)
	if err != nil {
		return "", err
	}
	return name, WriteSecret(path, []byte(name+"\n"))
}

// issue makes the credentials that p names and that are not there.
func (m *Made) issue(a *Authority, dir string, p Plan) error {
	type user struct {
		role Role
		name string
	}
	users := []user{{Admin, "admin"}, {Monitor, "monitor"}}
	for _, h := range p.Hosts {
		users = append(users, user{Host, h})
	}
	for _, h := range p.Arbiters {
		users = append(users, user{Arbiter, h})
	}
	for _, h := range p.People {
		users = append(users, user{Person, h})
	}
	for _, u := range users {
		token, err := wire.HostToken(u.name)
		if err != nil {
			return err
		}
		path := CredentialsFile(dir, u.role, token)
		if _, err := os.Stat(path); err == nil {
			m.Kept = append(m.Kept, path)
			continue
		}
		text, err := a.Credentials(u.role, token)
		if err != nil {
			return err
		}
		if err := m.write(path, text); err != nil {
			return err
		}
	}
	return nil
}

// CredentialsFile is where Setup puts the credentials of a user.
func CredentialsFile(dir string, r Role, token string) string {
	return filepath.Join(dir, credentialsDir, string(r)+"-"+token+".creds")
}

func (m *Made) write(path string, text []byte) error {
	if err := WriteSecret(path, text); err != nil {
		return err
	}
	m.Wrote = append(m.Wrote, path)
	return nil
}

// CreateStores connects with the credentials of the fleet in dir and makes the stream and the buckets that are missing.
func CreateStores(ctx context.Context, dir string, cfg fleet.Config, s Sizes) error {
	cfg.Credentials = CredentialsFile(dir, Admin, "admin")
	nc, err := fleet.Connect(ctx, cfg, "plimsoll fleet bootstrap", wire.Inbox("admin"), fleet.Calls{})
	if err != nil {
		return err
	}
	defer nc.Close()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		attempt, cancel := context.WithTimeout(ctx, cfg.Timeout)
		err = Create(attempt, nc, s)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-again.C: // a cluster elects its leader first
		case <-ctx.Done():
			return &fleet.HintError{Err: err, Todo: "do the servers run with " + AccountsFile + " of this directory, and do they see one another?"}
		}
	}
}
