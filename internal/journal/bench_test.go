package journal_test

import (
	"fmt"
	"testing"

	"plimsoll/internal/journal"
)

// event is as large as a usual one of the agent's.
type event struct {
	ID, Source, Type, Subject, Group, Was, Is, Evidence string
	Least, Most, Full                                   int
}

var sample = event{
	ID: "3f0c/77aa/120034", Source: "/plimsoll/prod/db1", Type: "plimsoll.redundancy.lost.v1", Subject: "raid:3aaa0122:29827cfa:5331ad66:ca767371",
	Group: "md0", Was: "FullyRedundant", Is: "Lost", Evidence: "md0/md/degraded: 1, md0/md/dev-sdb/state: faulty", Full: 1,
}

// BenchmarkAppendToDurable: from the first Append of a group to the notice that
// all are durable, on the disk under the temporary directory.
func BenchmarkAppendToDurable(b *testing.B) {
	for _, group := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("records=%d", group), func(b *testing.B) {
			cfg := journal.DefaultConfig(b.TempDir())
			cfg.HardBytes = 1 << 40
			j, _, err := journal.Open(cfg)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			before := j.Stats().Commits
			for b.Loop() {
				var last journal.Seq
				for range group {
					if last, err = j.Append("event", sample); err != nil {
						b.Fatal(err)
					}
				}
				for n := range j.Notices() {
					if n.Durable >= last {
						break
					}
				}
			}
			b.ReportMetric(float64(j.Stats().Commits-before)/float64(b.N), "commits/op")
			if err := j.CloseNow(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkAppend: what the agent's own goroutine pays.
func BenchmarkAppend(b *testing.B) {
	cfg := journal.DefaultConfig(b.TempDir())
	cfg.HardBytes, cfg.MaxPending = 1<<40, 1<<30
	j, _, err := journal.Open(cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := j.Append("event", sample); err != nil {
			b.Fatal(err)
		}
	}
	if err := j.CloseNow(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkOpen: a start with 16 MiB of log.
func BenchmarkOpen(b *testing.B) {
	cfg := journal.DefaultConfig(b.TempDir())
	j, _, err := journal.Open(cfg)
	if err != nil {
		b.Fatal(err)
	}
	for n := 0; j.Stats().DiskBytes < 16<<20; n++ {
		last, err := j.Append("event", sample)
		if n%4000 == 3999 {
			last, err = j.Checkpoint(sample)
		}
		if err != nil {
			b.Fatal(err)
		}
		if n%500 == 0 {
			waitDurable(b, j, last)
		}
	}
	if err := j.CloseNow(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		j, _, err := journal.Open(cfg)
		if err != nil {
			b.Fatal(err)
		}
		if err := j.CloseNow(); err != nil {
			b.Fatal(err)
		}
	}
}
