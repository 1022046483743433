package fleet

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"plimsoll/internal/view"
)

func TestCredentialsThatOthersCanReadAreRefusedWithAHint(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "nats.creds")
	for mode, exposed := range map[uint32]bool{
		0o600: false, 0o400: false, 0o640: false, 0o644: true, 0o660: true, 0o604: true, 0o601: true,
	} {
		if err := os.WriteFile(path, []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, os.FileMode(mode)); err != nil {
			t.Fatal(err)
		}
		_, err := readSecret(path)
		if !exposed && err != nil {
			t.Errorf("mode %04o: %v", mode, err)
		}
		if exposed {
			wantHint(t, err, ErrExposed)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

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
