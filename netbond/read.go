package netbond

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Dump brings what there is to know of these bonds, by interface index, and their members; of all bonds, where none is
// named: bodies of RTM_NEWLINK messages, each a struct ifinfomsg and its attributes. Other links among them do no harm.
type Dump func(ctx context.Context, bonds ...int32) ([][]byte, error)

// ErrInterrupted says that links came and went so fast that no dump of them was whole.
var ErrInterrupted = errors.New("links changed during every dump")

const (
	// dumpTries is how often a dump that the kernel calls inconsistent is asked for again. A filtered dump fits into one
	// buffer and is then never interrupted, so more than one is already unusual.
	dumpTries = 5

	// skipStats is RTEXT_FILTER_SKIP_STATS of linux/rtnetlink.h: leave out the counters, most of a link's message.
	skipStats = 1 << 3
)

// FromKernel is a Dump of this network namespace, from the kernel. It needs no privilege. A bond that is named and is not
// there is an error. It keeps its socket from one call to the next, so one call must have ended before another begins.
func FromKernel() Dump {
	nl.NativeEndian() // finds out once, without a lock: now, before several sources ask at the same time
	k := &rtnetlink{}
	return k.links
}

// rtnetlink asks the kernel over one socket.
type rtnetlink struct {
	handle *nl.SocketHandle // nil: none is open
}

func (k *rtnetlink) links(ctx context.Context, bonds ...int32) ([][]byte, error) {
	var links [][]byte
	for _, index := range bonds {
		bond, err := k.ask(ctx, index, 0, nil)
		if err != nil {
			return nil, err
		}
		links = append(links, bond...)
	}
	if len(bonds) == 0 {
		all, err := k.ask(ctx, 0, unix.NLM_F_DUMP, bondsOnly())
		if err != nil {
			return nil, err
		}
		links = all
	}
	for _, b := range links {
		l, err := parseLink(b)
		if err != nil || l.kind != kindBond {
			continue
		}
		members, err := k.ask(ctx, 0, unix.NLM_F_DUMP, nl.NewRtAttr(unix.IFLA_MASTER, nl.Uint32Attr(uint32(l.index))))
		if err != nil {
			return nil, err
		}
		links = append(links, members...)
	}
	return links, nil
}

func bondsOnly() *nl.RtAttr {
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(nl.IFLA_INFO_KIND, nl.NonZeroTerminated(kindBond))
	return info
}

// ask asks for the link with this index, or with NLM_F_DUMP for all that the filter lets through.
func (k *rtnetlink) ask(ctx context.Context, index int32, flags int, filter *nl.RtAttr) ([][]byte, error) {
	for range dumpTries {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("dump links: %w", err)
		}
		req := nl.NewNetlinkRequest(unix.RTM_GETLINK, flags)
		info := nl.NewIfInfomsg(unix.AF_UNSPEC)
		info.Index = index
		req.AddData(info)
		req.AddData(nl.NewRtAttr(unix.IFLA_EXT_MASK, nl.Uint32Attr(skipStats)))
		if filter != nil {
			req.AddData(filter)
		}
		links, err := k.execute(req)
		if errors.Is(err, nl.ErrDumpInterrupted) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("dump links: %w", hinted(err))
		}
		return links, nil
	}
	return nil, fmt.Errorf("dump links: %w", ErrInterrupted)
}

// execute sends one request. A socket on which anything went wrong is not used again: what is still to come on it is not ours.
func (k *rtnetlink) execute(req *nl.NetlinkRequest) ([][]byte, error) {
	if k.handle == nil {
		socket, err := nl.Subscribe(unix.NETLINK_ROUTE) // to no group: a plain socket
		if err != nil {
			return nil, err
		}
		if err := errors.Join(socket.SetSendTimeout(&nl.SocketTimeoutTv), socket.SetReceiveTimeout(&nl.SocketTimeoutTv)); err != nil {
			socket.Close()
			return nil, err
		}
		k.handle = &nl.SocketHandle{Socket: socket}
	}
	req.Sockets = map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: k.handle}
	links, err := req.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWLINK)
	if err != nil && !errors.Is(err, nl.ErrDumpInterrupted) {
		k.handle.Close()
		k.handle = nil
	}
	return links, err
}

// refused is an rtnetlink socket that could not be opened or used for want of permission.
type refused struct{ cause error }

func (e refused) Error() string { return e.cause.Error() }
func (e refused) Unwrap() error { return e.cause }

// Hint says what a person can do.
func (e refused) Hint() string {
	return "rtnetlink needs no privilege; allow AF_NETLINK in the unit's RestrictAddressFamilies and in the container's seccomp profile"
}

func hinted(err error) error {
	for _, denied := range []error{unix.EAFNOSUPPORT, unix.EPROTONOSUPPORT, unix.EPERM, unix.EACCES} {
		if errors.Is(err, denied) {
			return refused{err}
		}
	}
	return err
}

// FromCapture is a Dump that reads a captured one from the file at path anew each time, in the form of FormatCapture.
func FromCapture(path string) Dump {
	return func(context.Context, ...int32) ([][]byte, error) {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read captured links: %w", err)
		}
		links, err := ParseCapture(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return links, nil
	}
}

// FormatCapture writes a dump as text: one message a line, in hexadecimal.
func FormatCapture(links [][]byte) []byte {
	var out []byte
	for _, l := range links {
		out = append(hex.AppendEncode(out, l), '\n')
	}
	return out
}

// ParseCapture reads what FormatCapture wrote. Empty lines and lines that begin with # are left out.
func ParseCapture(text []byte) ([][]byte, error) {
	var links [][]byte
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		l, err := hex.DecodeString(string(line))
		if err != nil {
			return nil, fmt.Errorf("parse captured link %d: %w", len(links), err)
		}
		links = append(links, l)
	}
	return links, nil
}
