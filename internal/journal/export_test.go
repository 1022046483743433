package journal

import (
	"context"
	"time"
)

// AppendLine and ParseLine give the tests the pure parts.
func AppendLine(b []byte, r Record, durable Seq) []byte { return appendRecord(b, r, durable) }

// ParseLine is parseRecord.
func ParseLine(line []byte) (Record, Seq, bool) { return parseRecord(line) }

// ValidKind is validKind.
func ValidKind(kind string) bool { return validKind(kind) }

// Removable runs the retention rule over files of the given last numbers, sizes
// and ages, and says how many may go.
func Removable(cfg Config, released, checkpoint Seq, limits []Seq, sizes []int64, ages []time.Duration) int {
	now := time.Unix(1_000_000, 0)
	var segments []segment
	for i := range limits {
		segments = append(segments, segment{limit: limits[i], size: sizes[i], last: now.Add(-ages[i])})
	}
	return len(removable(segments, cfg, released, checkpoint, now))
}

// CloseNow closes within the test's own time.
func (j *Journal) CloseNow() error { return j.Close(context.Background()) }
