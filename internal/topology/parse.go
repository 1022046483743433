package topology

import "strings"

// Mount is one line of mountinfo.
type Mount struct {
	Device  string // major:minor; major 0 is no block device
	Point   string // where it is mounted
	Type    string // ext4, btrfs, nfs4
	Source  string // as it was named by who mounted it
	Options string // of the filesystem, not of this mount
}

// ParseMounts reads mountinfo (proc(5)), in its order. Lines that make no sense are left out.
func ParseMounts(text string) []Mount {
	mounts := make([]Mount, 0, strings.Count(text, "\n")+1)
	for line := range strings.Lines(text) {
		if m, ok := parseMount(line); ok {
			mounts = append(mounts, m)
		}
	}
	return mounts
}

// parseMount reads "id parent major:minor root point options [tags…] - type source options".
func parseMount(line string) (Mount, bool) {
	mount, kept, ok := strings.Cut(line, " - ")
	fields, tail := strings.Fields(mount), strings.Fields(kept)
	const point, options = 4, 2
	if !ok || len(fields) <= point || len(tail) == 0 || !strings.Contains(fields[2], ":") {
		return Mount{}, false
	}
	m := Mount{Device: fields[2], Point: unescape(fields[point]), Type: tail[0]}
	if len(tail) > 1 {
		m.Source = unescape(tail[1])
	}
	if len(tail) > options {
		m.Options = unescape(tail[options])
	}
	return m, true
}

// option is the value of key among comma-separated options, and false where there is none.
func (m Mount) option(key string) (string, bool) {
	for word := range strings.SplitSeq(m.Options, ",") {
		if value, ok := strings.CutPrefix(word, key+"="); ok {
			return value, true
		}
	}
	return "", false
}

// Swap is one line of /proc/swaps.
type Swap struct {
	File string // a device in /dev, or a file on a filesystem
	Type string // partition or file
}

// ParseSwaps reads /proc/swaps (proc(5)). Lines that make no sense are left out, the heading among them.
func ParseSwaps(text string) []Swap {
	var swaps []Swap
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) > 1 && strings.HasPrefix(fields[0], "/") {
			swaps = append(swaps, Swap{File: unescape(fields[0]), Type: fields[1]})
		}
	}
	return swaps
}

// unescape undoes what the kernel does to white space and backslashes in its tables: \040 is a blank.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	const length = 4
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+length <= len(s) && all(s[i+1:i+length], octalDigit) && s[i+1] <= '3' {
			b.WriteByte((s[i+1]-'0')<<6 | (s[i+2]-'0')<<3 | (s[i+3] - '0'))
			i += length - 1
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func octalDigit(c byte) bool { return c >= '0' && c <= '7' }
