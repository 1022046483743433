package secret_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/secret"
)

func TestFilesThatOthersCanReadAreRefusedWithAHint(t *testing.T) {
	t.Parallel()
	for mode, exposed := range map[fs.FileMode]bool{
		0o600: false, 0o400: false, 0o640: false, 0o644: true, 0o660: true, 0o604: true, 0o601: true,
	} {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		text, err := secret.Read(path)
		if refused := errors.Is(err, secret.ErrExposed); refused != exposed || errors.Is(secret.Check(path), secret.ErrExposed) != exposed {
			t.Errorf("mode %04o: %v, want refused: %t", mode, err, exposed)
		}
		if !exposed && (err != nil || string(text) != "secret") {
			t.Errorf("mode %04o: %q, %v", mode, text, err)
		}
		if e, ok := errors.AsType[*secret.Error](err); exposed && (!ok || !strings.Contains(e.Hint(), "chmod 0640 "+path) || len(text) > 0) {
			t.Errorf("mode %04o: %q, %v, want nothing and a hint", mode, text, err)
		}
	}
}

func TestAFileThatIsNotThereIsSaidToBe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	if _, err := secret.Read(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("read: %v", err)
	}
	if err := secret.Check(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("check: %v", err)
	}
}
