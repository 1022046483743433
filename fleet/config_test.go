package fleet

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"plimsoll/internal/secret"
	"plimsoll/internal/view"
)

func TestAConfigurationThatCannotWorkIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	change := func(f func(*Config)) Config {
		c := DefaultConfig()
		c.URLs = []string{"nats://127.0.0.1:4222"}
		f(&c)
		return c
	}
	for name, c := range map[string]Config{
		"no server":        DefaultConfig(),
		"bad stream":       change(func(c *Config) { c.Stream = "a.b" }),
		"key without cert": change(func(c *Config) { c.TLS.Key = "key.pem" }),
	} {
		_, err := NewPublisher(c, testHost, slog.New(slog.DiscardHandler))
		if h, ok := errors.AsType[*HintError](err); !ok || h.Hint() == "" {
			t.Errorf("%s: error %v, want one with a hint", name, err)
		}
	}
	_, err := NewPublisher(change(func(*Config) {}), view.Host{Name: "a_b"}, slog.New(slog.DiscardHandler))
	wantHint(t, err, ErrToken)
}

func TestFilesWithSecretsThatOthersCanReadAreRefusedWithAHint(t *testing.T) {
	t.Parallel()
	exposed := filepath.Join(t.TempDir(), "exposed")
	if err := os.WriteFile(exposed, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(exposed, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]func(*Config){
		"credentials": func(c *Config) { c.Credentials = exposed },
		"key":         func(c *Config) { c.TLS.Cert, c.TLS.Key = exposed, exposed },
	} {
		c := DefaultConfig()
		c.URLs = []string{"tls://127.0.0.1:1"}
		set(&c)
		p, err := NewPublisher(c, testHost, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		err = p.Run(t.Context())
		var hinted interface{ Hint() string }
		if !errors.Is(err, secret.ErrExposed) || !errors.As(err, &hinted) || hinted.Hint() == "" {
			t.Errorf("%s: %v, want a refusal with a hint", name, err)
		}
	}
}

func TestAServersURLIsToldWithoutUserPasswordOrToken(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"nats://n1:4222": "nats://n1:4222", "nats://user:word@n1:4222": "nats://n1:4222", "tls://t0ken@n1:4222": "tls://n1:4222", "tls://t0ken@n1:port": "",
	} {
		if got := bare(raw); got != want {
			t.Errorf("%s is told as %s, want %s", raw, got, want)
		}
	}
}

func TestFilesThatCannotBeUsedEndRun(t *testing.T) {
	t.Parallel()
	junk := filepath.Join(t.TempDir(), "junk")
	if err := os.WriteFile(junk, []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, set := range []func(*Config){
		func(c *Config) { c.TLS.CA = junk },
		func(c *Config) { c.TLS.CA = junk + ".missing" },
		func(c *Config) { c.TLS.Cert, c.TLS.Key = junk, junk },
		func(c *Config) { c.Credentials = junk + ".missing" },
	} {
		c := DefaultConfig()
		c.URLs = []string{"tls://127.0.0.1:1"}
		set(&c)
		p, err := NewPublisher(c, testHost, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(t.Context()); err == nil {
			t.Errorf("ran with %+v", c)
		}
	}
}

func TestAnOldServerIsRefused(t *testing.T) {
	t.Parallel()
	for version, old := range map[string]bool{
		"2.10.27": true, "2.11.0": true, "2.11.6": true, OldestServer: false, "2.11.15": false, "2.12.0": false,
		"2.15.2": false, "3.0.0": false, "2.9.9-beta.1": true, "dev": false, "": false,
	} {
		err := tooOld(version)
		if old {
			wantHint(t, err, ErrOldServer)
		} else if err != nil {
			t.Errorf("%s: %v", version, err)
		}
	}
}

func TestAnArbiterNeedsAServerThatConfinesHosts(t *testing.T) {
	t.Parallel()
	for version, refused := range map[string]bool{
		"2.11.8": true, "2.12.1": true, "2.12.14": true, "2.12.15": false, "v2.14.0-beta": false, "3.0.0": false, "": false, "newest": false,
	} {
		err := ConfinesHosts(version)
		if errors.Is(err, ErrOldServer) != refused {
			t.Errorf("%q: %v", version, err)
		}
	}
}
