package rtnl

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

const asked = 7 // the number of the question

// said is a message to the question with this number.
func said(number uint32, kind, flags uint16, body string) []byte {
	b := Question{Kind: kind, Body: []byte(body)}.append(nil, number)
	binary.NativeEndian.PutUint16(b[flagsAt:], flags)
	for len(b)%unix.NLMSG_ALIGNTO != 0 {
		b = append(b, 0)
	}
	return b
}

// code is the body of an end.
func code(errno int32) string { return string(binary.NativeEndian.AppendUint32(nil, uint32(errno))) }

func part(body string) []byte { return said(asked, unix.RTM_NEWLINK, unix.NLM_F_MULTI, body) }

func done() []byte { return said(asked, unix.NLMSG_DONE, unix.NLM_F_MULTI, code(0)) }

// TestAnswers reads messages, each of a slice by one read of the socket.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reads [][]byte
		heard []string
		ended bool
		err   error
	}{
		"one":                     {[][]byte{said(asked, unix.RTM_NEWLINK, 0, "lo")}, []string{"lo"}, true, nil},
		"a dump":                  {[][]byte{append(part("lo"), part("eth00")...), done()}, []string{"lo", "eth00"}, true, nil},
		"a dump in one read":      {[][]byte{append(part("lo"), done()...)}, []string{"lo"}, true, nil},
		"an empty dump":           {[][]byte{done()}, nil, true, nil},
		"an end without a code":   {[][]byte{said(asked, unix.NLMSG_DONE, unix.NLM_F_MULTI, "")}, nil, true, nil},
		"a dump that goes on":     {[][]byte{part("lo")}, []string{"lo"}, false, nil},
		"another question's":      {[][]byte{said(asked-1, unix.RTM_NEWLINK, 0, "old"), said(asked, unix.RTM_NEWLINK, 0, "lo")}, []string{"lo"}, true, nil},
		"of another kind":         {[][]byte{append(said(asked, unix.RTM_NEWADDR, unix.NLM_F_MULTI, "x"), done()...)}, nil, true, nil},
		"an error":                {[][]byte{said(asked, unix.NLMSG_ERROR, 0, code(-int32(unix.ENODEV)))}, nil, true, unix.ENODEV},
		"an error at the end":     {[][]byte{part("lo"), said(asked, unix.NLMSG_DONE, unix.NLM_F_MULTI, code(-int32(unix.EINTR)))}, []string{"lo"}, true, unix.EINTR},
		"an interrupted dump":     {[][]byte{said(asked, unix.RTM_NEWLINK, unix.NLM_F_MULTI|unix.NLM_F_DUMP_INTR, "lo"), done()}, []string{"lo"}, true, ErrInterrupted},
		"a message longer than b": {[][]byte{part("loopback")[:20]}, nil, false, errCut},
		"a length of nothing":     {[][]byte{make([]byte, unix.NLMSG_HDRLEN)}, nil, false, errCut},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var heard []string
			a := answer{to: asked, kind: unix.RTM_NEWLINK, each: func(body []byte) bool {
				heard = append(heard, string(body))
				return true
			}}
			var err error
			for _, b := range c.reads {
				if err = a.take(b); err != nil {
					break
				}
			}
			if d := cmp.Diff(c.heard, heard); d != "" || a.ended != c.ended || !errors.Is(err, c.err) {
				t.Errorf("ended %v, %v\n%s", a.ended, err, d)
			}
		})
	}
}

func FuzzTake(f *testing.F) {
	f.Add(append(part("lo"), done()...))
	f.Add(said(asked, unix.NLMSG_ERROR, 0, code(-1)))
	f.Fuzz(func(t *testing.T, b []byte) {
		a := answer{to: asked, kind: unix.RTM_NEWLINK, each: func([]byte) bool { return true }}
		if err := a.take(b); err == nil && a.enough {
			t.Error("it stopped though nobody asked it to")
		}
	})
}

func TestAnAttributeIsPaddedToFourBytes(t *testing.T) {
	t.Parallel()
	b := Attribute(Attribute(nil, unix.IFLA_IFNAME, []byte("bond0")), unix.IFLA_MTU, []byte{1, 0, 0, 0})
	if len(b) != 12+8 {
		t.Errorf("%d bytes: %x", len(b), b)
	}
}
