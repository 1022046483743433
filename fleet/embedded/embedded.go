package embedded

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

	"plimsoll/fleet"
)

const (
	// user is the one user of the embedded server.
	user = "plimsoll"
	// secret is the file with its password, beside the server's own files.
	secret = "password"
	// startWithin is how long the server may take to listen; it takes some milliseconds, and longer with a large stream.
	startWithin = 10 * time.Second
	// store is what it may keep on disk: its one stream and room to compact it.
	store = 2 * fleet.CreateMaxBytes
)

// Server is the server, running.
type Server struct {
	server   *server.Server
	password string
}

// Start starts the server with its files in dir, which is made if it is not there, on this port of 127.0.0.1; 0: a free one.
// The password is made once and kept in dir, readable by its owner alone. Every message is on disk before it is acknowledged. It
// answers once the server takes connections, or ctx ends, and has a hint where it can't.
func Start(ctx context.Context, dir string, port int) (*Server, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("start embedded NATS: %w", err)
	}
	password, err := readPassword(filepath.Join(dir, secret))
	if err != nil {
		return nil, fmt.Errorf("start embedded NATS: %w", err)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	s, err := server.NewServer(&server.Options{
		ServerName: "plimsoll-embedded", Host: "127.0.0.1", Port: port, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: dir, SyncAlways: true, JetStreamMaxStore: store,
		Username: user, Password: password,
	})
	if err != nil {
		return nil, fmt.Errorf("start embedded NATS: %w", err)
	}
	ready := make(chan bool, 1)
	go func() {
		s.Start()
		ready <- s.ReadyForConnections(startWithin) && s.JetStreamEnabled()
	}()
	select {
	case <-ctx.Done():
		s.Shutdown() // ends the waiting too
		<-ready
		return nil, fmt.Errorf("start embedded NATS: %w", ctx.Err())
	case ok := <-ready:
		if ok {
			return &Server{server: s, password: password}, nil
		}
	}
	s.Shutdown()
	return nil, &fleet.HintError{
		Err:  errors.New("start embedded NATS: not ready"),
		Todo: "is " + dir + " writable, not in use by another process, and is there room on its disk?",
	}
}

// readPassword reads the password, or makes it.
func readPassword(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		if password := strings.TrimSpace(string(b)); password != "" {
			return password, nil
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read password: %w", err)
	}
	password := rand.Text()
	temp, err := os.CreateTemp(filepath.Dir(path), secret+".*") // mode 0600
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

// Access is how to reach it.
func (s *Server) Access() fleet.Access {
	return fleet.Access{URL: s.server.ClientURL(), User: user, Password: s.password}
}

// Close stops the server and waits until its files are closed.
func (s *Server) Close() error {
	s.server.Shutdown()
	s.server.WaitForShutdown()
	return nil
}
