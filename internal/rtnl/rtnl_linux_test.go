package rtnl_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"plimsoll/internal/rtnl"
)

// links is the question for the link with this index; 0: for all links.
func links(index uint32) rtnl.Question {
	const indexAt = 4
	body := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(body[indexAt:], index)
	return rtnl.Question{Kind: unix.RTM_GETLINK, Dump: index == 0, Body: body, Answer: unix.RTM_NEWLINK}
}

// indexes are the links that answer.
func indexes(t *testing.T, s *rtnl.Socket, q rtnl.Question) ([]uint32, error) {
	t.Helper()
	var all []uint32
	err := s.Ask(q, func(body []byte) bool {
		all = append(all, binary.NativeEndian.Uint32(body[4:]))
		return true
	})
	return all, err
}

func TestOneLinkAndAllLinksAnswerOnOneSocket(t *testing.T) {
	t.Parallel()
	var s rtnl.Socket
	defer s.Close()
	all, err := indexes(t, &s, links(0))
	if err != nil || len(all) == 0 {
		t.Fatalf("all links: %v, %v", all, err)
	}
	for range 3 {
		one, err := indexes(t, &s, links(all[0]))
		if d := cmp.Diff(all[:1], one); d != "" || err != nil {
			t.Errorf("one link: %v\n%s", err, d)
		}
	}
}

func TestALinkThatIsNotThereIsTheKernelsError(t *testing.T) {
	t.Parallel()
	var s rtnl.Socket
	defer s.Close()
	const none = 1 << 30
	if got, err := indexes(t, &s, links(none)); !errors.Is(err, unix.ENODEV) {
		t.Errorf("link %d: %v, %v", none, got, err)
	}
	if all, err := indexes(t, &s, links(0)); err != nil || len(all) == 0 {
		t.Errorf("the question after it: %v, %v", all, err)
	}
}

// TestWhoHasHeardEnoughCanAskAgain leaves the rest of a dump behind.
func TestWhoHasHeardEnoughCanAskAgain(t *testing.T) {
	t.Parallel()
	var s rtnl.Socket
	defer s.Close()
	for range 3 {
		heard := 0
		if err := s.Ask(links(0), func([]byte) bool { heard++; return false }); err != nil || heard != 1 {
			t.Errorf("heard %d, %v", heard, err)
		}
	}
	if all, err := indexes(t, &s, links(0)); err != nil || len(all) == 0 {
		t.Errorf("all links after it: %v, %v", all, err)
	}
}

func BenchmarkAllLinks(b *testing.B) {
	var s rtnl.Socket
	defer s.Close()
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Ask(links(0), func([]byte) bool { return true }); err != nil {
			b.Fatal(err)
		}
	}
}
