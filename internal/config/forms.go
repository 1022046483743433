package config

import (
	"maps"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"plimsoll/internal/shape"
)

// maxSocketPath is what fits in sockaddr_un.sun_path (108 bytes with the closing zero, unix(7)).
const maxSocketPath = 107

// maxLabel bounds a label's value, since every event carries it.
const maxLabel = 256

// hostName is what can be part of a NATS subject once dots became underscores, which is why it has no underscore itself.
// 253 is DNS's own limit (RFC 1035, section 2.3.4).
var hostName = shape.UpTo(253, `^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$`)

// fleetName is one token of a NATS subject.
var fleetName = shape.UpTo(63, `^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// linkName and serviceName are names that package priv takes: one element of a path, a unit that is no template.
var (
	linkName    = shape.UpTo(15, `^[!-~]+$`)
	serviceName = shape.UpTo(255, `^[A-Za-z0-9:_.\\@-]*[A-Za-z0-9:_.\\-]\.service$`)
)

// hiddenDisk is a disk behind a controller, as package priv takes it.
var hiddenDisk = regexp.MustCompile(`^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] megaraid,(0|[1-9][0-9]{0,2})$`)

// arrayUUID and diskWWN are what package blockid makes identities of: either form of a UUID; a worldwide name as it writes it.
var (
	arrayUUID = regexp.MustCompile(`^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8}(:[0-9a-f]{8}){3})$`)
	diskWWN   = shape.UpTo(84, `^wwn:[0-9a-z][0-9a-z.-]{3,}$`)
)

// labelName is what reads well in policies and pages: feed.psu1, rack.
var labelName = shape.UpTo(63, `^[a-zA-Z][a-zA-Z0-9._-]*$`)

// form checks a text and says what it should look like.
type form func(s string) (want string, ok bool)

// forms are the shapes that a form tag can name.
func forms() map[string]form {
	all := serviceForms()
	maps.Copy(all, diskForms())
	maps.Copy(all, map[string]form{
		"path": func(s string) (string, bool) {
			return "an absolute path", filepath.IsAbs(s)
		},
		"optional path": func(s string) (string, bool) {
			return "an absolute path, or \"\" for none", s == "" || filepath.IsAbs(s)
		},
		"socket path": func(s string) (string, bool) {
			return "an absolute path of at most " + strconv.Itoa(maxSocketPath) + " bytes", filepath.IsAbs(s) && len(s) <= maxSocketPath
		},
		"optional address": func(s string) (string, bool) {
			return `an address with a port, such as ":9877" or "127.0.0.1:9877"; or "" for none`, s == "" || isAddress(s)
		},
		"optional host name": func(s string) (string, bool) {
			return `letters, digits, "-" and ".", no "_"; or "" for the system's host name`,
				s == "" || hostName.MatchString(s) && !strings.Contains(s, "..")
		},
		"fleet name": func(s string) (string, bool) {
			return `lower-case letters, digits and "-", at most 63`, fleetName.MatchString(s)
		},
		"rule name": func(s string) (string, bool) {
			return `a lower-case letter, then lower-case letters, digits and "-", at most 63`, ruleName.MatchString(s)
		},
		"optional pool name": func(s string) (string, bool) {
			return `lower-case letters, digits and "-", at most 63; or "" for none`, s == "" || fleetName.MatchString(s)
		},
		"pool name": func(s string) (string, bool) {
			return `lower-case letters, digits and "-", at most 63`, fleetName.MatchString(s)
		},
		"failure domain": func(s string) (string, bool) {
			return `the part of a label's name before its first ".", of lower-case letters, digits and "-"`, fleetName.MatchString(s)
		},
		"pattern": func(s string) (string, bool) {
			return "a name or an id, in which * is any text", s != ""
		},
		"rule": func(string) (string, bool) { return "a rule", true },
		"optional webhook URL": func(s string) (string, bool) {
			return "https://HOST/…, or http:// to this host, without user and password", s == "" || isWebhook(s)
		},
		"probe": func(string) (string, bool) { return "a probe", true },
		"probe target": func(s string) (string, bool) {
			_, _, ok := ParseTarget(s)
			return `an IPv4 address, such as "10.0.0.1", or "10.0.0.1 vlan 7" for one that is asked with a VLAN's tag`, ok
		},
		"bay": func(s string) (string, bool) {
			return "the name of a power supply, such as psu2", labelName.MatchString(s)
		},
		"link name": func(s string) (string, bool) {
			return "the name of a network link, at most 15 characters", linkName.MatchString(s) && !strings.ContainsAny(s, "/:") && s != "." && s != ".."
		},
		"service name": func(s string) (string, bool) {
			return "the full name of a service, such as app.service or worker@1.service", serviceName.MatchString(s)
		},
		"server URL": func(s string) (string, bool) {
			return "nats://HOST:PORT, tls://HOST:PORT, ws:// or wss://", isServerURL(s)
		},
	})
	return all
}

// diskForms are the shapes of what arrays and disks are named by.
func diskForms() map[string]form {
	return map[string]form{
		"hidden disk": func(s string) (string, bool) {
			return `a PCI function and what smartctl calls the disk, such as "0000:03:00.0 megaraid,4"`, hiddenDisk.MatchString(s)
		},
		"array UUID": func(s string) (string, bool) {
			return "the UUID of an md array, as mdadm --detail or /sys/block/md0/md/uuid has it", arrayUUID.MatchString(s)
		},
		"worldwide name": func(s string) (string, bool) {
			return "the identity of a disk by its worldwide name, such as wwn:0x5000c500a1b2c3d4", diskWWN.MatchString(s)
		},
	}
}

func isAddress(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	// Port 0 is any free port: tests and trials want it.
	return err == nil && strconv.FormatUint(n, 10) == port
}

func isServerURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	return slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme)
}

// shown is s without the password that a URL may carry, or the path of a web address: problems end up in logs.
func shown(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	if strings.HasPrefix(scheme, "http") {
		return veiled(s)
	}
	if i := strings.LastIndexByte(rest, '@'); ok && i >= 0 {
		return scheme + "://…" + rest[i:]
	}
	return s
}

func checkLabel(name, value string) []Problem {
	key := join("host.labels", name)
	switch {
	case !labelName.MatchString(name):
		return wrongLabelName(key)
	case len(value) > maxLabel:
		return []Problem{{Key: key, What: "a value of " + strconv.Itoa(len(value)) + " bytes", Want: "at most " + strconv.Itoa(maxLabel)}}
	case strings.ContainsFunc(value, unicode.IsControl):
		return []Problem{{Key: key, What: "control characters", Want: "plain text"}}
	}
	return nil
}

// checkSupply is what is wrong with what the list says of a supply, which becomes a part of an id, as a label's value does, or is
// compared with one.
func checkSupply(list, supply, value, want string) []Problem {
	key := join(list, supply)
	switch {
	case !labelName.MatchString(supply):
		return []Problem{{Key: key, What: strconv.Quote(supply), Want: "the name of a power supply, such as psu1"}}
	case value == "" || len(value) > maxLabel || strings.ContainsFunc(value, unicode.IsControl):
		return []Problem{{Key: key, What: strconv.Quote(value), Want: want + ", at most " + strconv.Itoa(maxLabel) + " bytes of plain text"}}
	}
	return nil
}

func wrongLabelName(key string) []Problem {
	return []Problem{{
		Key: key, What: "a label cannot have this name",
		Want: `a letter, then letters, digits, ".", "_" and "-", at most 63`,
	}}
}
