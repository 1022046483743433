package hands_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"plimsoll/internal/priv"
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
