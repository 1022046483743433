package multipath

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// errShort is a status that ends before it should.
var errShort = errors.New("it ends too soon")

// ParseStatus reads the status of a multipath target, in the words of multipath_status (drivers/md/dm-mpath.c):
//
//	2 0 0 0 2 1 A 0 1 2 8:0 A 0 0 1 E 0 1 2 8:16 F 3 0 1
//
// The features with their number before them, the hardware handler's words likewise, the number of priority groups, which of
// them is next; then for each group its letter (A in use, E enabled, D not to be used if another can), its selector's words, the
// number of its paths and of the selector's words for each; then the paths: number, A or F, how often it has failed, the
// selector's words.
func ParseStatus(text string) (Status, error) {
	w := words{rest: strings.Fields(text)}
	w.skip(w.count()) // features
	w.skip(w.count()) // hardware handler
	groups := w.count()
	w.skip(1) // the next group
	s := Status{Text: text}
	for range groups {
		g := PriorityGroup{Current: w.oneOf("A", "E", "D") == "A"}
		w.skip(w.count()) // selector
		paths, extra := w.count(), w.count()
		for range paths {
			p := PathStatus{Number: w.next(), Failed: w.oneOf("A", "F") == "F", Fails: uint64(w.count())}
			w.skip(extra)
			if w.err != nil {
				break
			}
			g.Paths = append(g.Paths, p)
		}
		if w.err != nil {
			break
		}
		s.Groups = append(s.Groups, g)
	}
	if w.err == nil && len(w.rest) > 0 {
		w.err = fmt.Errorf("%q is left over", strings.Join(w.rest, " "))
	}
	if w.err != nil {
		return Status{}, fmt.Errorf("parse multipath status %.80q: %w", text, w.err)
	}
	return s, nil
}

// words are taken one by one; the first that is wrong is kept.
type words struct {
	rest []string
	err  error
}

func (w *words) next() string {
	if w.err == nil && len(w.rest) == 0 {
		w.err = errShort
	}
	if w.err != nil {
		return ""
	}
	word := w.rest[0]
	w.rest = w.rest[1:]
	return word
}

func (w *words) count() int {
	word := w.next()
	if w.err != nil {
		return 0
	}
	n, err := strconv.ParseUint(word, 10, 31)
	if err != nil {
		w.err = fmt.Errorf("%q is no number", word)
	}
	return int(n)
}

func (w *words) oneOf(known ...string) string {
	word := w.next()
	if slices.Contains(known, word) {
		return word
	}
	if w.err == nil {
		w.err = fmt.Errorf("%q is none of %q", word, known)
	}
	return ""
}

func (w *words) skip(n int) {
	if w.err == nil && n > len(w.rest) {
		w.err = errShort
	}
	if w.err == nil {
		w.rest = w.rest[n:]
	}
}

// place is where a disk's link says that it is attached.
type place struct {
	host   string // what its SCSI host is on: a PCI function, else the directory above the host
	port   string // the element of the link that has a name for good in one of ports; empty: none has
	class  string // of port
	number string // channel:target:lun
}

// ports are the elements of a disk's link that are somebody at the other end, by how they begin.
func ports() []struct{ prefix, class string } {
	return []struct{ prefix, class string }{
		{"end_device-", "sas_device"}, {"rport-", "fc_remote_ports"}, {"session", "iscsi_connection"},
	}
}

// parsePlace reads a link like ../devices/pci0000:00/0000:41:00.0/host0/port-0:0/end_device-0:0/target0:0:1/0:0:1:0/block/sda.
func parsePlace(link string) place {
	var p place
	elements := strings.Split(link, "/")
	for i, e := range elements {
		switch {
		case isFunction(e):
			p.host = e
		case numbered(e, "host") && p.host == "" && i > 0:
			p.host = elements[i-1]
		}
		for _, known := range ports() {
			if rest, ok := strings.CutPrefix(e, known.prefix); ok && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
				p.port, p.class = e, known.class
			}
		}
	}
	if n := len(elements); n >= 3 {
		_, p.number, _ = strings.Cut(elements[n-3], ":") // without the host's number, which changes with every boot
	}
	return p
}

// isFunction says whether name is a PCI function's: 0000:41:00.0.
func isFunction(name string) bool {
	domain, rest, ok := strings.Cut(name, ":")
	bus, slot, ok2 := strings.Cut(rest, ":")
	device, function, ok3 := strings.Cut(slot, ".")
	return ok && ok2 && ok3 && len(domain) >= 4 && hex(domain) && len(bus) == 2 && hex(bus) && len(device) == 2 && hex(device) &&
		len(function) == 1 && hex(function)
}

func hex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

func numbered(s, prefix string) bool {
	rest, ok := strings.CutPrefix(s, prefix)
	return ok && rest != "" && strings.Trim(rest, "0123456789") == ""
}
