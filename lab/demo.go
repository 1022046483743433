package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"plimsoll/lab/script"
)

// demoScript is the world in which the shell begins.
const demoScript = `# A mirror with a spare, a mirror without, and a bond.
array md0 raid1 sda sdb spare sdc
array md1 raid1 sdd sde
bond bond0 active-backup miimon 100 eth1 eth2
`

const motd = `
A plimsoll lab guest. Two mirrors (md0 with a spare, md1 without) and a bond
(bond0 of eth1 and eth2) are ready to be broken:

  fault disk    md0 loses a member         fault cable   eth1 loses its cable
  fault pull    sdb is pulled              fault mend    eth1 gets it back
  fault plug    sdb is put back            fault hang    the root disk hangs

  plimsoll status --watch    plimsoll events --follow    plimsoll why raid/md0

`

// Demo is a guest for people: things to break, and an ear on the host for the
// faults that are made from outside.
type Demo struct {
	Machine *Machine

	lab     *Lab
	session *session
	server  *http.Server
	done    chan struct{}
	mu      sync.Mutex // one fault at a time
}

// Demo boots such a guest.
func (l *Lab) Demo(ctx context.Context, b Boot) (*Demo, error) {
	m, err := l.Boot(ctx, b)
	if err != nil {
		return nil, err
	}
	d := &Demo{Machine: m, lab: l}
	if err := d.ready(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *Demo) ready(ctx context.Context) error {
	var err error
	if d.session, err = d.lab.open(ctx, d.Machine, nil, filepath.Join(d.lab.dir, "shell")); err != nil {
		return err
	}
	sc, err := script.Parse("shell", demoScript)
	if err != nil {
		return err
	}
	if err := d.session.steps(ctx, sc); err != nil {
		return err
	}
	if err := d.listen(ctx); err != nil {
		return err
	}
	if _, err := d.Machine.RunWith(ctx, "cat >/run/lab/motd", []byte(motd)); err != nil {
		return err
	}
	// A guest without an agent is still worth a shell.
	if err := d.session.agent(ctx, "start"); err != nil {
		d.lab.say("%v", err)
	}
	return nil
}

// listen serves `fault` in the guest: a statement in, what came of it out.
func (d *Demo) listen(ctx context.Context) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /do", d.do)
	d.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	d.done = make(chan struct{})
	go func() {
		defer close(d.done)
		if err := d.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			d.lab.say("listen for faults: %v", err)
		}
	}()
	_, err = d.Machine.MustRun(ctx, fmt.Sprintf("echo %s:%d >/run/lab/host", hostInside, portOf(l)))
	return err
}

func (d *Demo) do(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	text, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if err == nil {
		var sc script.Script
		if sc, err = script.Parse("fault", "# fault\n"+strings.TrimSpace(string(text))+"\n"); err == nil {
			for _, step := range sc.Steps {
				err = errors.Join(err, d.Machine.world(r.Context(), step.Do))
			}
		}
	}
	if err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprintf(w, "%v\n", err)
		return
	}
	fmt.Fprintf(w, "done: %s\n", strings.TrimSpace(string(text)))
}

// Close ends the guest and what served it.
func (d *Demo) Close() {
	if d.server != nil {
		_ = d.server.Close()
		<-d.done
	}
	if d.session != nil {
		_ = d.session.close()
	}
	d.lab.end(d.Machine)
}
