package link_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/lab/link"
)

// connect joins a client with a guest that does do.
func connect(t *testing.T, do func(context.Context, link.Request) link.Reply) (*link.Client, net.Conn) {
	t.Helper()
	host, guest := net.Pipe()
	c := link.NewClient(host)
	served := make(chan error, 1)
	go func() { served <- link.Serve(t.Context(), guest, do) }()
	t.Cleanup(func() {
		_ = c.Close()
		if err := <-served; !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("serve: %v", err)
		}
	})
	return c, guest
}

func TestReplyCarriesOutputAndExitCode(t *testing.T) {
	t.Parallel()
	c, _ := connect(t, func(_ context.Context, r link.Request) link.Reply {
		return link.Reply{Out: []byte(strings.Join(r.Args, " ")), Err: r.Stdin, Code: 3}
	})
	got, err := c.Call(t.Context(), link.Request{Do: link.DoRun, Args: []string{"a", "b\n"}, Stdin: []byte{0, 255}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(link.Reply{ID: 1, Out: []byte("a b\n"), Err: []byte{0, 255}, Code: 3}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCommandThatHangsDelaysNoOther(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	c, _ := connect(t, func(_ context.Context, r link.Request) link.Reply {
		if r.Do == link.DoRun {
			<-release
		}
		return link.Reply{}
	})
	hung := make(chan error, 1)
	go func() {
		_, err := c.Call(t.Context(), link.Request{Do: link.DoRun})
		hung <- err
	}()
	for range 10 {
		if _, err := c.Call(t.Context(), link.Request{Do: link.DoPing}); err != nil {
			t.Fatal(err)
		}
	}
	close(release)
	if err := <-hung; err != nil {
		t.Error(err)
	}
}

func TestACallThatIsGivenUpEndsTheWorkInTheGuest(t *testing.T) {
	t.Parallel()
	begun, ended := make(chan struct{}), make(chan struct{})
	c, _ := connect(t, func(ctx context.Context, r link.Request) link.Reply {
		if r.Do == link.DoRun {
			close(begun)
			<-ctx.Done()
			close(ended)
		}
		return link.Reply{}
	})
	ctx, giveUp := context.WithCancel(t.Context())
	called := make(chan error, 1)
	go func() {
		_, err := c.Call(ctx, link.Request{Do: link.DoRun})
		called <- err
	}()
	<-begun
	giveUp()
	if err := <-called; !errors.Is(err, context.Canceled) {
		t.Errorf("want Canceled, got %v", err)
	}
	<-ended
	if _, err := c.Call(t.Context(), link.Request{Do: link.DoPing}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestResetGuestAnswersNothingThatWasAskedBefore(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	c, guest := connect(t, func(ctx context.Context, r link.Request) link.Reply {
		if r.Do == link.DoRun {
			close(asked)
			<-ctx.Done()
		}
		return link.Reply{}
	})
	lost := make(chan error, 1)
	go func() {
		_, err := c.Call(t.Context(), link.Request{Do: link.DoRun})
		lost <- err
	}()
	<-asked
	c.Forget()
	if err := <-lost; !errors.Is(err, link.ErrLost) {
		t.Errorf("want ErrLost, got %v", err)
	}
	// Half a reply of the time before is no harm.
	if _, err := io.WriteString(guest, `{"id":1,"ou`); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Call(t.Context(), link.Request{Do: link.DoPing}); err != nil {
		t.Errorf("after the reset: %v", err)
	}
}

func TestClosedLinkIsLost(t *testing.T) {
	t.Parallel()
	c, _ := connect(t, func(context.Context, link.Request) link.Reply { return link.Reply{} })
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Call(t.Context(), link.Request{Do: link.DoPing}); !errors.Is(err, link.ErrLost) {
		t.Errorf("want ErrLost, got %v", err)
	}
}
