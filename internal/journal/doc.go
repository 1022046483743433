// Package journal is the agent's one append-only log: events, actions,
// baseline and cursors, as JSON lines that can be read with less while the
// host is in trouble.
//
// # What it is not
//
// It is no database: no index but one of offsets in memory, no updates, no
// queries but "what follows this sequence number". It decides nothing about
// what it stores; the only kind of record it knows is the checkpoint.
//
// # On disk
//
// A directory holds a lock file and segments named log-<first seq>.jsonl. A line is
//
//	<CRC-32C of the JSON, 8 hex digits> <JSON>
//
// The first line of a segment is its header:
//
//	{"version":1,"log":"<128 bits, hex>","created":"…","base":13,"after":12,"through":14}
//
// base is the first sequence number the segment may hold, after the last one
// that was durable before it (they differ by more than one when numbers were
// burnt, see below), through the last record that the segment was born with.
// The other lines are records:
//
//	{"seq":13,"durable":12,"time":"…","kind":"event","data":{…}}
//
// durable is the highest number that was durable when the line was written.
//
// The last segment ends with empty lines, as does one that was last when the
// agent ended: room that the next records are written over. fdatasync of a file
// that grows waits for the file system's own journal too, several times as long.
//
// # Promises
//
//   - Append never waits for the disk. One goroutine writes all that is
//     pending with one write and one fdatasync, and then says so by a Notice.
//   - The log opens to a prefix of what was appended that holds every record
//     that was announced durable, whatever call a crash or a power cut falls
//     on. It never returns a record that was not appended.
//   - A sequence number that may have been announced durable is never given
//     out again within a log id.
//   - A write or fdatasync that never returns blocks the writing goroutine
//     alone. Append goes on until Config.MaxPending.
//   - A file is written only behind its last line, and never again after an
//     error.
//
// # After an error
//
// A failed write leaves a torn tail, and after a failed fsync the page cache
// no longer tells what the disk holds (a second fsync of the same file may
// succeed without the data: https://lwn.net/Articles/752063/). So any error
// closes the segment for good. The records not yet durable are written again,
// with those that came since, to a new segment that gets its name only after
// it was synced. In reading, what a segment holds above the next one's after
// does not count. Nothing is truncated, since nothing need be.
//
// # Torn and corrupt
//
// Opening tells the two by the durable marks. Damage behind which a later
// line or header says "that was durable" is corruption: it is reported in
// Recovered.Corrupt with the missing numbers, and the records after it are
// kept, since each stands by its own checksum and number. Damage that nothing
// proves durable is a torn tail: the log ends before it, reported in
// Recovered.Cut. A flipped bit in the very last write looks like a torn tail
// and is treated as one; as that write may have been announced, as many
// numbers as the lost bytes could hold are burnt, not used again. Damaged
// bytes stay where they are, in a segment that is never written to again, for
// a person to look at until retention removes it.
//
// # What it cannot see
//
// A disk that acknowledges a flush and loses it, records lost by truncation
// exactly at a line's end, and a segment removed from the end of the log look
// like a shorter log. A hand that forges checksums is not defended against.
package journal
