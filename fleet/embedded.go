package fleet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// embeddedUser is the one user of the embedded server.
	embeddedUser = "plimsoll"
	// embeddedSecret is the file with its password, beside the server's own files.
	embeddedSecret = "password"
	// embeddedStart is how long the server may take to listen; it takes some milliseconds, and longer with a large stream.
	embeddedStart = 10 * time.Second
	// embeddedStore is what it may keep on disk: its one stream and room to compact it.
	embeddedStore = 2 * createMaxBytes
)

// Embedded is a JetStream server in this process, for trying things out and for a host on its own: it listens on the
// loopback alone and knows one user. It is no fleet: nothing that needs others' consent may rest on it.
type Embedded struct {
	server   *server.Server
	password string
}

// StartEmbedded starts the server with its files in dir, which is made if it is not there, on a free port of 127.0.0.1. The
// password is made once and kept in dir, readable by its owner alone. Every message is on disk before it is acknowledged. It
// answers once the server takes connections, or ctx ends, and has a hint where it can't.
func StartEmbedded(ctx context.Context, dir string) (*Embedded, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("start embedded NATS: %w", err)
	}
	password, err := embeddedPassword(filepath.Join(dir, embeddedSecret))
	if err != nil {
		return nil, fmt.Errorf("start embedded NATS: %w", err)
	}
	s, err := server.NewServer(&server.Options{
		ServerName: "plimsoll-embedded", Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: dir, SyncAlways: true, JetStreamMaxStore: embeddedStore,
		Username: embeddedUser, Password: password,
	})
	if err != nil {
		return nil, fmt.Errorf("start embedded NATS: %w", err)
	}
	ready := make(chan bool, 1)
	go func() {
		s.Start()
		ready <- s.ReadyForConnections(embeddedStart) && s.JetStreamEnabled()
	}()
	select {
	case <-ctx.Done():
		s.Shutdown() // ends the waiting too
		<-ready
		return nil, fmt.Errorf("start embedded NATS: %w", ctx.Err())
	case ok := <-ready:
		if ok {
			return &Embedded{server: s, password: password}, nil
		}
	}
	s.Shutdown()
	return nil, hint(errors.New("start embedded NATS: not ready"),
		"is "+dir+" writable, not in use by another process, and is there room on its disk?")
}

// embeddedPassword reads the password, or makes it.
func embeddedPassword(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		if password := strings.TrimSpace(string(b)); password != "" {
			return password, nil
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read password: %w", err)
	}
	password := rand.Text()
	temp, err := os.CreateTemp(filepath.Dir(path), embeddedSecret+".*") // mode 0600
	if err != nil {
		return "", fmt.Errorf("write password: %w", err)
	}
	_, err = temp.WriteString(password + "\n")
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return "", fmt.Errorf("write password: %w", errors.Join(err, os.Remove(temp.Name())))
	}
	return password, nil
}

// URL is where the server listens, without the password.
func (e *Embedded) URL() string { return e.server.ClientURL() }

// User is the name of its one user.
func (e *Embedded) User() string { return embeddedUser }

// Password is that user's. It is a secret.
func (e *Embedded) Password() string { return e.password }

// Close stops the server and waits until its files are closed.
func (e *Embedded) Close() error {
	e.server.Shutdown()
	e.server.WaitForShutdown()
	return nil
}
