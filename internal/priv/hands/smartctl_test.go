package hands_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/priv"
	"plimsoll/internal/priv/hands"
	"plimsoll/internal/procrun"
)

// runs are the command lines of a smartctl that only notes them.
type runs struct {
	mu    sync.Mutex
	all   []string
	begun chan struct{} // gets one for each; nil: nobody waits for that
	hold  chan struct{} // each waits until it is closed
	err   error
}

func (r *runs) run(_ context.Context, args ...string) ([]byte, error) {
	r.mu.Lock()
	r.all = append(r.all, strings.Join(args, " "))
	r.mu.Unlock()
	if r.begun != nil {
		r.begun <- struct{}{}
	}
	if r.hold != nil {
		<-r.hold
	}
	return []byte(`{"json_format_version":[1,0]}`), r.err
}

func (r *runs) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.all)
}

// second is a host whose helper is the second part, and may run smartctl, behind one controller too.
func second(t *testing.T) (*host, *runs) {
	t.Helper()
	h, r := newHost(t), &runs{}
	h.smartctl = r.run
	h.allow.Smartctl, h.allow.Behind = true, []string{"0000:03:00.0 megaraid,4"}
	h.plug("sda", &platter{mode: 0xff})
	if err := os.MkdirAll(h.path("sys/bus/pci/devices/0000:03:00.0/host12"), 0o755); err != nil {
		t.Fatal(err)
	}
	return h, r
}

// plug is disk for the second part.
func (h *host) plug(name string, p *platter) {
	h.t.Helper()
	h.disk(name, p)
	h.part = priv.Second
}

func smartctl(device string) priv.Request {
	return priv.Request{Verb: priv.DiskSmartctl, Device: device}
}

func TestSmartctlsCommandLineIsFixedButForTheDisk(t *testing.T) {
	t.Parallel()
	h, r := second(t)
	h.plug("nvme0", &platter{})
	for device, want := range map[string]string{
		"sda":                     "--device=sat /dev/sda",
		"nvme0":                   "--device=nvme /dev/nvme0",
		"0000:03:00.0 megaraid,4": "--device=megaraid,4 /dev/bus/12",
	} {
		a, err := do(t, h, smartctl(device))
		if err != nil || len(a.Data) != 1 {
			t.Errorf("%s: %v, %+v", device, err, a)
		}
		if got := r.all[len(r.all)-1]; got != "--json=c --nocheck=standby,3 --info --health --attributes "+want {
			t.Errorf("%s: %s", device, got)
		}
	}
}

func TestSmartctlIsRunOnlyAsTheConfigurationSays(t *testing.T) {
	t.Parallel()
	h, r := second(t)
	for device, want := range map[string]priv.Reason{
		"0000:03:00.0 megaraid,5": priv.ReasonNotAllowed, // not listed
		"sdz":                     priv.ReasonUnfit,      // no disk
	} {
		if _, err := do(t, h, smartctl(device)); reasonOf(err) != want {
			t.Errorf("%s: %v, want %s", device, err, want)
		}
	}
	h.allow.Behind = append(h.allow.Behind, "0000:04:00.0 megaraid,0")
	if _, err := do(t, h, smartctl("0000:04:00.0 megaraid,0")); reasonOf(err) != priv.ReasonUnfit {
		t.Errorf("no controller there: %v", err)
	}
	h.allow.Smartctl = false
	for _, device := range []string{"sda", "0000:03:00.0 megaraid,4"} {
		if _, err := do(t, h, smartctl(device)); reasonOf(err) != priv.ReasonNotAllowed {
			t.Errorf("%s: %v", device, err)
		}
	}
	h.broken = errors.New("line 3: no such key")
	if _, err := do(t, h, smartctl("sda")); reasonOf(err) != priv.ReasonNotAllowed {
		t.Errorf("a configuration that cannot be read: %v", err)
	}
	for _, part := range []priv.Part{priv.Hands, priv.Senses} {
		h.part, h.broken, h.allow.Smartctl = part, nil, true
		if _, err := do(t, h, smartctl("sda")); reasonOf(err) != priv.ReasonVocabulary {
			t.Errorf("%s: %v", part, err)
		}
	}
	if r.count() != 0 {
		t.Errorf("it was run: %q", r.all)
	}
}

func TestSmartctlIsNotRunForADiskThatSleeps(t *testing.T) {
	t.Parallel()
	for what, file := range map[string][2]string{
		"ATA":                     {"power/runtime_status", "active"},
		"SCSI":                    {"vendor", "SEAGATE"},
		"suspended by the kernel": {"power/runtime_status", "suspended"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h, r := second(t)
			p := &platter{asleep: true}
			h.plug("sdb", p)
			h.write("sys/block/sdb/device/"+file[0], file[1])
			for range 10 {
				if a, err := do(t, h, smartctl("sdb")); err != nil || a.Disk == nil || !a.Disk.Asleep {
					t.Fatalf("%v, %+v", err, a)
				}
			}
			if p.woken != 0 || r.count() != 0 || file[1] == "suspended" && len(p.commands) != 0 {
				t.Errorf("woken %d times, %d commands; smartctl was run %d times", p.woken, len(p.commands), r.count())
			}
		})
	}
}

func TestOneSmartctlRunsForADiskAtMost(t *testing.T) {
	t.Parallel()
	h, r := second(t)
	h.plug("sdb", &platter{mode: 0xff})
	r.begun, r.hold = make(chan struct{}, 3), make(chan struct{})
	c := h.serve(t, os.Getuid())
	ended := make(chan error, 2)
	ask := func(device string) {
		_, err := c.Smartctl(t.Context(), device)
		ended <- err
	}
	go ask("sda")
	<-r.begun
	if _, err := c.Smartctl(t.Context(), "sda"); reasonOf(err) != priv.ReasonUnderWay {
		t.Errorf("a second one: %v", err)
	}
	go ask("sdb")
	<-r.begun
	close(r.hold)
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if text, err := c.Smartctl(t.Context(), "sda"); err != nil || len(text) == 0 {
		t.Errorf("asked again: %q, %v", text, err)
	}
}

func TestASmartctlThatIsNotInstalledIsSaidSo(t *testing.T) {
	t.Parallel()
	h, r := second(t)
	r.err = procrun.ErrNotFound
	if _, err := do(t, h, smartctl("sda")); reasonOf(err) != priv.ReasonMissing {
		t.Error(err)
	}
	r.err = procrun.ErrTooMuch
	if _, err := do(t, h, smartctl("sda")); reasonOf(err) != priv.ReasonUnread {
		t.Error(err)
	}
}

func TestSmartctlsExitStatusIsNoErrorAndNothingElseOfItIsKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "smartctl")
	script := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string]struct {
		out string
		err bool
	}{
		`printf '%s' "$*"; echo noise >&2; exit 216`: {out: "--json=c /dev/sda"},
		"exit 1":                          {err: true}, // it has written nothing
		"head -c 50000 /dev/zero; exit 4": {err: true},
	} {
		script(text)
		out, err := hands.RunSmartctlAt(t.Context(), path, "--json=c", "/dev/sda")
		for errors.Is(err, syscall.ETXTBSY) { // other tests fork at the same time, and hold the file open for a moment
			out, err = hands.RunSmartctlAt(t.Context(), path, "--json=c", "/dev/sda")
		}
		if d := cmp.Diff(want.out, string(out)); d != "" && !want.err || (err != nil) != want.err {
			t.Errorf("%s: error %v, output (-want +got):\n%s", text, err, d)
		}
	}
	if _, err := hands.RunSmartctlAt(t.Context(), path+"x"); !errors.Is(err, procrun.ErrNotFound) {
		t.Errorf("not installed: %v", err)
	}
}
