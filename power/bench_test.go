package power_test

import (
	"testing"

	"plimsoll/internal/hosttest"
	"plimsoll/power"
)

// BenchmarkSteadyLook is a look at two supplies, two verdicts and what is measured now and then, of a BMC that takes no time: what
// it costs this program.
func BenchmarkSteadyLook(b *testing.B) {
	c := power.New(power.Config{Sys: hosttest.Root(b, intel).Sys(), BMC: captured(b, intel)})
	look(b, c)
	b.ReportAllocs()
	for b.Loop() {
		look(b, c)
	}
}
