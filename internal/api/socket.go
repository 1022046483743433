package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/user"
	"strconv"
	"syscall"
	"time"
)

// ErrInUse says that another agent answers on the socket.
var ErrInUse = errors.New("another agent answers there")

var errNoSocket = errors.New("a file is there that is no socket")

const (
	// socketMode lets the owner and the group read; whoever can connect can see everything, and change nothing.
	socketMode fs.FileMode = 0o660
	// answerTime is how long an agent that is alive may take to accept a connection on this host.
	answerTime = time.Second
)

// listenUnix listens on path, owned by group if this host has it. A socket file that nobody answers on is left over from
// an agent that was killed, and is replaced; one that is answered on is ErrInUse; anything else there stays and is an error.
func listenUnix(ctx context.Context, path, group string, log *slog.Logger) (net.Listener, error) {
	if err := clearStale(ctx, path); err != nil {
		return nil, listenError(path, err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, listenError(path, err)
	}
	// Until here only the owner can connect: a usual umask leaves no write permission to others.
	if err := os.Chmod(path, socketMode); err != nil {
		return nil, errors.Join(listenError(path, err), l.Close())
	}
	if err := give(path, group); err != nil {
		log.Warn("only the agent's own user and root can ask it", "socket", path, "group", group, "cause", err.Error())
	}
	return l, nil
}

func clearStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return errNoSocket
	}
	d := net.Dialer{Timeout: answerTime}
	conn, err := d.DialContext(ctx, "unix", path)
	if err == nil {
		return errors.Join(ErrInUse, conn.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return os.Remove(path)
}

// give hands path to group, if this host has such a group and it is not the file's already.
func give(path, group string) error {
	if group == "" {
		return nil
	}
	g, err := user.LookupGroup(group)
	if _, ok := errors.AsType[user.UnknownGroupError](err); ok {
		return nil
	}
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(g.Gid)
	if err != nil {
		return err
	}
	const keep = -1 // chown's word for "leave the owner"
	return os.Chown(path, keep, gid)
}

// ListenError is an address that can't be listened on.
type ListenError struct {
	Address string
	Cause   error
}

func listenError(address string, err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err // the rest of its text repeats the address
	}
	if p, ok := errors.AsType[*fs.PathError](err); ok && p.Path == address {
		err = p.Err
	}
	return &ListenError{Address: address, Cause: err}
}

// Error names the address and the cause.
func (e *ListenError) Error() string { return fmt.Sprintf("listen on %s: %v", e.Address, e.Cause) }

// Unwrap is the cause.
func (e *ListenError) Unwrap() error { return e.Cause }

// Hint says what to change.
func (e *ListenError) Hint() string {
	switch {
	case errors.Is(e.Cause, ErrInUse):
		return "one agent a host is enough: `systemctl status plimsolld`; or give this one another --socket"
	case errors.Is(e.Cause, errNoSocket):
		return "remove the file, or choose another place with --socket"
	case errors.Is(e.Cause, errWebConfig):
		return "see https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md"
	case errors.Is(e.Cause, syscall.EADDRINUSE):
		return "another program has this address: stop it, or choose another with --listen or --socket"
	case errors.Is(e.Cause, fs.ErrPermission):
		return "this user may not listen there: choose another place with --listen or --socket"
	case errors.Is(e.Cause, fs.ErrNotExist):
		return "the directory of the socket is not there: create it, or choose another with --socket"
	default:
		return "choose another address with --listen or --socket"
	}
}
