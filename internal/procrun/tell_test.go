package procrun

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tell tells a script, again while the kernel still has its file down as open for writing.
func tell(ctx context.Context, b Bounds, text []byte, path string, args ...string) error {
	for {
		err := Tell(ctx, b, text, path, args...)
		if !errors.Is(err, syscall.ETXTBSY) {
			return err
		}
	}
}

func TestAProgramIsToldOnItsInputAndItsOutputIsThrownAway(t *testing.T) {
	t.Setenv("PROCRUN_SECRET", "x")
	to := filepath.Join(t.TempDir(), "told")
	script := program(t, `while :; do echo noise; done | head -c 3000000; echo "$2|$PROCRUN_SECRET" >"$1"; cat >>"$1"`)
	if err := tell(t.Context(), ample, []byte("all is well"), script, to, "a b; $(id)"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(to); err != nil || string(got) != "a b; $(id)|\nall is well" {
		t.Errorf("told %q, %v", got, err)
	}
}

func TestAProgramThatReadsNothingIsNoneTheWorse(t *testing.T) {
	t.Parallel()
	if err := tell(t.Context(), ample, bytes.Repeat([]byte("x"), 1<<20), program(t, "exit 0")); err != nil {
		t.Error(err)
	}
}

func TestOfAProgramThatFailsTheEndOfItsWordsIsKept(t *testing.T) {
	t.Parallel()
	script := program(t, `i=0; while [ $i -lt 2000 ]; do echo "line $i" >&2; i=$((i+1)); done; exit 4`)
	err := tell(t.Context(), Bounds{Time: time.Minute, Bytes: 20}, nil, script)
	ended, ok := errors.AsType[Ended](err)
	if !ok || ended.Code != 4 || !strings.HasSuffix(ended.Words, "line 1999") || len(ended.Words) > 20 {
		t.Errorf("%v: %+v", err, ended)
	}
}

func TestAProgramThatIsToldAndHangsIsKilledWithAllThatItStarted(t *testing.T) {
	t.Parallel()
	mark := filepath.Join(t.TempDir(), "mark")
	if err := syscall.Mkfifo(mark, 0o600); err != nil {
		t.Fatal(err)
	}
	held := make(chan error, 1)
	go func() {
		_, err := os.ReadFile(mark)
		held <- err
	}()
	path := program(t, `exec 3>"$1"; sleep 1000 & sleep 1000`)
	err := tell(t.Context(), Bounds{Time: 300 * time.Millisecond, Bytes: 10}, nil, path, mark)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want %v", err, context.DeadlineExceeded)
	}
	if err := <-held; err != nil {
		t.Error(err)
	}
}

func TestAProgramThatLeavesAnotherInTheBackgroundHasEnded(t *testing.T) {
	t.Parallel()
	if err := tell(t.Context(), ample, nil, program(t, "sleep 5 & exit 0")); err != nil {
		t.Error(err)
	}
}

func TestAProgramThatIsNotThereHasNotBeenStarted(t *testing.T) {
	t.Parallel()
	if err := Tell(t.Context(), ample, nil, "/nowhere/at/all"); !errors.Is(err, ErrNotStarted) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
