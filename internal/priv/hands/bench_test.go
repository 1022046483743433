package hands_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"plimsoll/internal/priv"
	"plimsoll/internal/priv/hands"
)

// BenchmarkEffect is an effect from the agent's question to its answer, on files instead of a kernel.
func BenchmarkEffect(b *testing.B) {
	h := newHost(b)
	c := h.serve(b, os.Getuid())
	b.ReportAllocs()
	from, to, n := "eth1", "eth2", 0
	for b.Loop() {
		n++
		h.pass(time.Second) // no more actions in a minute than a host may have
		if _, err := c.SetActive(b.Context(), "bond0", to, h.effect("a/"+strconv.Itoa(n), priv.State{Active: from})); err != nil {
			b.Fatal(err)
		}
		from, to = to, from
	}
}

// atOnce is a BMC that takes no time.
type atOnce struct{ number int }

func (l *atOnce) Send(number int, _ []byte) error { l.number = number; return nil }

func (l *atOnce) Receive(time.Duration) (int, []byte, bool, error) {
	return l.number, []byte{0, 0, 0xc0, 1, 0}, true, nil
}

func (l *atOnce) Close() {}

// BenchmarkSensors is a look at the sensors of three supplies, from the agent's question to its answer: what asking costs beside
// the BMC's own time.
func BenchmarkSensors(b *testing.B) {
	h := newHost(b)
	h.part, h.bmc = priv.Senses, func() (hands.Line, error) { return new(atOnce), nil }
	c := h.serve(b, os.Getuid())
	commands := [][]byte{{0x10, 0x2d, 1}, {0x10, 0x2d, 2}, {0x10, 0x2d, 3}} // Get Sensor Reading
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.IPMI(b.Context(), commands); err != nil {
			b.Fatal(err)
		}
	}
}
