package bootstrap

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nkeys"
)

// Authority is who may say who belongs to a fleet: its keys, kept in a directory that only its owner reads. Whoever has them
// can be any host, any arbiter and any person.
type Authority struct {
	Fleet string // as a token

	operator, system, store, hosts, people nkeys.KeyPair
	signers                                map[Role]nkeys.KeyPair
}

// Open reads the keys of a fleet from dir, and makes those that are missing, so that it can be called again.
func Open(dir, fleet string) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	a := &Authority{Fleet: fleet, signers: map[Role]nkeys.KeyPair{}}
	var failed error
	key := func(name string, make func() (nkeys.KeyPair, error)) nkeys.KeyPair {
		k, err := readKey(filepath.Join(dir, name+".nk"), make)
		failed = errors.Join(failed, err)
		return k
	}
	a.operator = key("operator", nkeys.CreateOperator)
	a.system = key("system", nkeys.CreateAccount)
	a.store = key("store", nkeys.CreateAccount)
	a.hosts = key("hosts", nkeys.CreateAccount)
	a.people = key("people", nkeys.CreateAccount)
	for _, r := range Roles() {
		a.signers[r] = key("sign-"+string(r), nkeys.CreateAccount)
	}
	if failed != nil {
		return nil, fmt.Errorf("open keys in %s: %w", dir, failed)
	}
	return a, nil
}

// readKey reads a key, or makes it and keeps it.
func readKey(path string, make func() (nkeys.KeyPair, error)) (nkeys.KeyPair, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		k, err := nkeys.FromSeed([]byte(strings.TrimSpace(string(text))))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		return k, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	k, err := make()
	if err != nil {
		return nil, err
	}
	seed, err := k.Seed()
	if err != nil {
		return nil, err
	}
	return k, WriteSecret(path, append(seed, '\n'))
}

// WriteSecret writes a file that its owner alone can read, whole or not at all.
func WriteSecret(path string, text []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(temp.Name())))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// public is the name of a key. Keys are made by us or read as such: there is no key without.
func public(k nkeys.KeyPair) string {
	name, err := k.PublicKey()
	if err != nil {
		panic("internal error: " + err.Error())
	}
	return name
}
