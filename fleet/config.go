package fleet

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"plimsoll/internal/secret"
)

// Config is how to reach the servers.
type Config struct {
	URLs   []string
	Stream string
	// Credentials is a NATS credentials file. It must not be readable by others than its owner and group.
	Credentials string
	// User and Password are those of the embedded server.
	User, Password string
	TLS            TLS
	// CreateStream makes the stream where it is missing.
	CreateStream bool
	// Timeout bounds one request, a publish included. An unknown outcome is settled after it.
	Timeout time.Duration
	// Patience is how long events in memory wait for those before them that only the log has, when the log can't be read.
	Patience time.Duration
	// Queue bounds the events in memory.
	Queue int
	// Retry is the longest wait between two attempts to publish, or to connect where nobody listens. Where somebody does and none
	// comes to anything, it becomes as much as a minute.
	Retry time.Duration
}

// Access is how to reach a server that was started for us: what its process says of itself in its first line.
type Access struct {
	URL      string `json:"url"` // without the password
	User     string `json:"user"`
	Password string `json:"password"` // a secret: it goes through a pipe, never into a log
}

// TLS names files in PEM. CA is who signed the server's certificate, empty for the system's; Cert and Key are our own.
type TLS struct{ CA, Cert, Key string }

// DefaultConfig is a configuration without servers.
func DefaultConfig() Config {
	return Config{
		Stream:   DefaultStream,
		Timeout:  3 * time.Second, // an election of the stream's leader takes about as long
		Patience: 5 * time.Second, // what a disk's own error recovery takes; the next retry finds the log back
		Queue:    maxQueue,
		Retry:    5 * time.Second, // a fleet of 10,000 then knocks at a closed port 2,700 times a second, which is nothing
	}
}

func (c Config) check() error {
	switch {
	case len(c.URLs) == 0:
		return hint(errors.New("check nats: no server"), "set nats.urls, or nats.embedded to try things out")
	case c.Timeout <= 0 || c.Patience <= 0 || c.Retry <= 0 || c.Queue <= 0:
		return errors.New("internal error: fleet.Config not made by DefaultConfig")
	case !plainName(c.Stream):
		return hint(fmt.Errorf("check stream %q: no name of a stream", c.Stream), "the stream is called "+DefaultStream)
	case (c.TLS.Cert == "") != (c.TLS.Key == ""):
		return hint(errors.New("check nats.tls: a certificate without a key"), "set both nats.tls.cert and nats.tls.key")
	default:
		return nil
	}
}

// plainName says whether s can name a stream.
func plainName(s string) bool {
	for _, r := range s {
		if r <= ' ' || r == '.' || r == '*' || r == '>' || r == '/' || r == '\\' || r == 0x7f {
			return false
		}
	}
	return s != ""
}

// readSecret reads a file with a secret, which nobody else may be able to read.
func readSecret(what, path string) ([]byte, error) {
	b, err := secret.Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("read %s: %w", what, err) // it names the path
	case err != nil:
		return nil, fmt.Errorf("read %s %s: %w", what, path, err)
	}
	return b, nil
}

// config is nil where nothing is configured; a tls:// URL then goes by the system's authorities.
func (t TLS) config() (*tls.Config, error) {
	if t == (TLS{}) {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("read nats.tls.ca: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, hint(fmt.Errorf("read nats.tls.ca %s: no certificate in it", t.CA), "the file must be in PEM form")
		}
	}
	if t.Cert != "" {
		cert, err := os.ReadFile(t.Cert)
		if err != nil {
			return nil, fmt.Errorf("read nats.tls.cert: %w", err)
		}
		key, err := readSecret("nats.tls.key", t.Key)
		if err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("read nats.tls.cert %s with its key: %w", t.Cert, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
