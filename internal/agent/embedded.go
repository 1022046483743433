package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"plimsoll/fleet"
	"plimsoll/internal/procrun"
)

// embeddedStart is how long the embedded server may take to say where it listens; it allows itself ten seconds.
const embeddedStart = 15 * time.Second

// ownServer is the NATS server of a host on its own. It is a process beside the agent: see package fleet/embedded.
type ownServer struct {
	command string
	store   string
	log     *slog.Logger
	child   *procrun.Child // attend's, once that runs
	access  fleet.Access
}

// startEmbedded starts the server with its files in store and waits until it listens.
func startEmbedded(ctx context.Context, store string, log *slog.Logger) (*ownServer, error) {
	command, err := procrun.Beside("plimsoll")
	if err != nil {
		return nil, &fleet.HintError{
			Err:  fmt.Errorf("start embedded NATS: %w", err),
			Todo: "it runs within the command plimsoll, which belongs into the same folder as plimsolld",
		}
	}
	e := &ownServer{command: command, store: store, log: log}
	return e, e.start(ctx, "0")
}

func (e *ownServer) start(ctx context.Context, port string) error {
	// It ends when close says so, after the last events, and not with ctx.
	child, err := procrun.Start(context.WithoutCancel(ctx), e.command, "nats-server", "--store", e.store, "--port", port)
	if err != nil {
		return err
	}
	enough, cancel := context.WithTimeout(ctx, embeddedStart)
	defer cancel()
	line, err := child.FirstLine(enough)
	if err == nil {
		err = json.Unmarshal([]byte(line), &e.access)
	}
	if err != nil {
		child.Stop()
		return fmt.Errorf("start embedded NATS: %w", err)
	}
	e.child = child
	return nil
}

// attend starts the server again when it ends, at the place where its clients look for it, until ctx ends.
func (e *ownServer) attend(ctx context.Context, retry time.Duration) {
	again := time.NewTimer(retry)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.child.Ended():
		}
		e.log.Warn("the embedded NATS server ended: it is started again", "cause", e.child.Why().Error())
		for started := false; !started; {
			again.Reset(retry)
			select {
			case <-ctx.Done():
				return
			case <-again.C:
			}
			u, err := url.Parse(e.access.URL)
			if err == nil {
				err = e.start(ctx, u.Port())
			}
			if started = err == nil; !started {
				e.log.Warn("the embedded NATS server did not start", "cause", err.Error())
			}
		}
	}
}

// close stops the server and waits until its files are closed.
func (e *ownServer) close() { e.child.Stop() }
