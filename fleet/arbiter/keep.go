package arbiter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/ledger"
)

// keepEvery is how long a mark may wait before it is written: what an arbiter forgets by a power failure is what it was
// shown within the last second, and then hosts and other arbiters remember it.
const keepEvery = time.Second

// keeper keeps what an arbiter was shown in a file, so that it outlasts the arbiter. Its disk may hang: the arbiter goes on from
// memory, and nothing waits for it.
type keeper struct {
	path   string
	memory *Marks
	log    *slog.Logger
}

// read takes over what the file has. It may never return.
func (k keeper) read() error {
	text, err := os.ReadFile(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	all := map[string]ledger.Mark{}
	if err := json.Unmarshal(text, &all); err != nil {
		return fmt.Errorf("read %s: %w", k.path, err)
	}
	for pool, m := range all {
		k.memory.Remember(pool, m)
	}
	return nil
}

// run writes what changes until ctx ends.
func (k keeper) run(ctx context.Context) {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for said := ""; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		all, changed := k.memory.changed()
		if !changed {
			continue
		}
		problem := ""
		text, err := json.Marshal(all)
		if err == nil {
			err = bootstrap.WriteSecret(k.path, text) // whole, or not at all
		}
		if err != nil {
			k.memory.again()
			problem = err.Error()
		}
		if problem != said && problem != "" {
			k.log.Warn("what this arbiter was shown cannot be kept", "cause", problem)
		}
		said = problem
	}
}

// begin reads what is kept, for as long as wait, and keeps what changes until ctx ends. A disk that hangs holds up nothing: what it
// tells later is taken in then.
func (k keeper) begin(ctx context.Context, wait time.Duration) {
	read := make(chan error, 1)
	go func() { // not waited for: the disk may never answer
		err := k.read()
		read <- err
		if err == nil { // or what is there would be written over
			k.run(ctx)
		}
	}()
	enough := time.NewTimer(wait)
	defer enough.Stop()
	select {
	case err := <-read:
		if err != nil {
			k.log.Warn("this arbiter does not know what it was shown before, and keeps nothing", "cause", err.Error(),
				"hint", "remove the file: hosts and other arbiters remember it too")
		}
	case <-enough.C:
		k.log.Warn("the disk does not tell what this arbiter was shown before", "path", k.path)
	case <-ctx.Done():
	}
}
