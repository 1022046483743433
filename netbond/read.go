package netbond

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"plimsoll/internal/rtnl"
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
	k := &rtnetlink{}
	return k.links
}

// rtnetlink asks the kernel over one socket.
type rtnetlink struct{ socket rtnl.Socket }

func (k *rtnetlink) links(ctx context.Context, bonds ...int32) ([][]byte, error) {
	var links [][]byte
	var err error
	for _, index := range bonds {
		if links, err = k.ask(ctx, links, question(index, nil)); err != nil {
			return nil, err
		}
	}
	if len(bonds) == 0 {
		if links, err = k.ask(ctx, nil, dump(bondsOnly())); err != nil {
			return nil, err
		}
	}
	for _, b := range links {
		l, err := parseLink(b)
		if err != nil || l.kind != kindBond {
			continue
		}
		master := binary.NativeEndian.AppendUint32(nil, uint32(l.index))
		if links, err = k.ask(ctx, links, dump(rtnl.Attribute(nil, unix.IFLA_MASTER, master))); err != nil {
			return nil, err
		}
	}
	return links, nil
}

// bondsOnly is the filter that lets bonds through.
func bondsOnly() []byte {
	return rtnl.Attribute(nil, unix.IFLA_LINKINFO, rtnl.Attribute(nil, nl.IFLA_INFO_KIND, []byte(kindBond)))
}

// dump asks for all links that the filter lets through.
func dump(filter []byte) rtnl.Question {
	q := question(0, filter)
	q.Dump = true
	return q
}

// question asks for the link with this index: a struct ifinfomsg and attributes.
func question(index int32, filter []byte) rtnl.Question {
	const indexAt = 4
	body := make([]byte, unix.SizeofIfInfomsg, unix.SizeofIfInfomsg+64)
	binary.NativeEndian.PutUint32(body[indexAt:], uint32(index))
	body = rtnl.Attribute(body, unix.IFLA_EXT_MASK, binary.NativeEndian.AppendUint32(nil, skipStats))
	return rtnl.Question{Kind: unix.RTM_GETLINK, Body: append(body, filter...), Answer: unix.RTM_NEWLINK}
}

// ask adds the answers to links.
func (k *rtnetlink) ask(ctx context.Context, links [][]byte, q rtnl.Question) ([][]byte, error) {
	for range dumpTries {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("dump links: %w", err)
		}
		all := links
		err := k.socket.Ask(q, func(link []byte) bool {
			all = append(all, slices.Clone(link))
			return true
		})
		if errors.Is(err, rtnl.ErrInterrupted) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("dump links: %w", hinted(err))
		}
		return all, nil
	}
	return nil, fmt.Errorf("dump links: %w", ErrInterrupted)
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

// ErrNotCaptured says that a captured host's links are not among what was captured.
var ErrNotCaptured = errors.New("the links of this captured host are not captured")

// FromCapture is a Dump that reads a captured one from the file at path anew each time, in the form of FormatCapture. Without
// a path its error is ErrNotCaptured: whether that host has bonds is not known.
func FromCapture(path string) Dump {
	return func(context.Context, ...int32) ([][]byte, error) {
		if path == "" {
			return nil, ErrNotCaptured
		}
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
