package config

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/shape"
)

// Service is a group of members that cover for one another; docs/services.md says what each key means.
type Service struct {
	Name    string          `yaml:"name" form:"group name"`
	Needed  int             `yaml:"needed" min:"1" max:"1000"`
	Members []ServiceMember `yaml:"members" form:"member"`
}

// ServiceMember is a unit, a check, or a unit with a check. Without a name it has its unit's.
type ServiceMember struct {
	Name  string       `yaml:"name" form:"optional member name"`
	Unit  string       `yaml:"unit" form:"optional service name"`
	Check ServiceCheck `yaml:"check"`
}

// ServiceCheck is one question of one of several kinds, and how often it is asked. None of the kinds given is no check.
type ServiceCheck struct {
	Exec    []string `yaml:"exec" form:"argument"`
	HTTP    string   `yaml:"http" form:"optional page"`
	TCP     string   `yaml:"tcp" form:"optional far address"`
	DNS     DNSCheck `yaml:"dns"`
	FileAge FileAge  `yaml:"file_age"`
	Unit    string   `yaml:"unit" form:"optional unit name"`

	Timeout  time.Duration `yaml:"timeout" min:"100ms" max:"5m"`
	Interval time.Duration `yaml:"interval" min:"1s" max:"24h"`
	Rise     int           `yaml:"rise" min:"1" max:"100"`
	Fall     int           `yaml:"fall" min:"1" max:"100"`
}

// DNSCheck asks for the addresses of a name.
type DNSCheck struct {
	Name   string `yaml:"name" form:"optional domain name"`
	Server string `yaml:"server" form:"optional far address"`
}

// FileAge asks how old the newest of some files is.
type FileAge struct {
	Path   string        `yaml:"path" form:"optional path pattern"`
	AtMost time.Duration `yaml:"at_most" min:"0s" max:"9600h"`
}

// defaultService needs one of its members.
func defaultService() Service { return Service{Needed: 1} }

// defaultMember is asked every ten seconds, and gone after half a minute: as long as an orchestrator gives a container.
func defaultMember() ServiceMember {
	return ServiceMember{Check: ServiceCheck{Timeout: 5 * time.Second, Interval: 10 * time.Second, Rise: 2, Fall: 3}}
}

// Kinds are the keys of the kinds of check that are given.
func (c ServiceCheck) Kinds() []string {
	var out []string
	for _, kind := range []struct {
		key   string
		given bool
	}{
		{"exec", len(c.Exec) > 0},
		{"http", c.HTTP != ""},
		{"tcp", c.TCP != ""},
		{"dns", c.DNS != DNSCheck{}},
		{"file_age", c.FileAge != FileAge{}},
		{"unit", c.Unit != ""},
	} {
		if kind.given {
			out = append(out, kind.key)
		}
	}
	return out
}

// Key tells m apart from the other members of its group: its unit, or its name where it has none.
func (m ServiceMember) Key() string {
	if m.Unit != "" {
		return m.Unit
	}
	return m.Name
}

// checkServices is all that is wrong with services.
func checkServices(services []Service) []Problem {
	var out []Problem
	first := map[string]int{}
	for i, s := range services {
		at := fmt.Sprintf("services[%d]", i)
		out = append(out, checkLeaves(s, at)...)
		if before, twice := first[s.Name]; twice {
			out = append(out, Problem{
				Key: at + ".name", What: fmt.Sprintf("%q names services[%d] already", s.Name, before), Want: "a name of its own",
			})
		}
		first[s.Name] = i
		if s.Needed > len(s.Members) {
			out = append(out, Problem{
				Key: at + ".needed", What: fmt.Sprintf("%d of %d members", s.Needed, len(s.Members)), Want: "as many members, or more",
			})
		}
		members := map[string]int{}
		for j, m := range s.Members {
			here := fmt.Sprintf("%s.members[%d]", at, j)
			out = append(out, checkLeaves(m, here)...)
			out = append(out, m.check(here)...)
			if before, twice := members[m.Key()]; twice && m.Key() != "" {
				out = append(out, Problem{Key: here, What: fmt.Sprintf("%q is members[%d] already", m.Key(), before), Want: "each once"})
			}
			members[m.Key()] = j
		}
	}
	return out
}

// checkLeaves checks each value of a struct by its tags.
func checkLeaves(v any, at string) []Problem {
	var out []Problem
	each(reflect.ValueOf(v), at, func(v reflect.Value, tags reflect.StructTag, path string) {
		out = append(out, checkValue(v, tags, path)...)
	})
	return out
}

// check is what is wrong between the keys of one member.
func (m ServiceMember) check(at string) []Problem {
	var out []Problem
	report := func(key, what, want string) { out = append(out, Problem{Key: at + key, What: what, Want: want}) }
	kinds := m.Check.Kinds()
	switch {
	case len(kinds) > 1:
		report(".check", strings.Join(kinds, " and "), "one of them")
	case len(kinds) == 0 && m.Unit == "":
		report("", "neither a unit nor a check", "one or both")
	case m.Unit == "" && m.Name == "":
		report(".name", "a check without a unit has no name of its own", "a name")
	case m.Unit != "" && m.Check.Unit == m.Unit:
		report(".check.unit", "the member's own unit", "another one, or no check")
	}
	if argv := m.Check.Exec; len(argv) > 0 && !filepath.IsAbs(argv[0]) {
		report(".check.exec[0]", strconv.Quote(argv[0]), "an absolute path")
	}
	if m.Check.DNS.Server != "" && m.Check.DNS.Name == "" {
		report(".check.dns.name", "missing", "the name to ask for")
	}
	if f := m.Check.FileAge; f != (FileAge{}) && (f.Path == "" || f.AtMost == 0) {
		report(".check.file_age", "path without at_most, or at_most without path", "both")
	}
	return out
}

// memberName and groupName are parts of ids, and read well in events. A group's stands before a slash, a member's behind it.
var (
	groupName  = shape.UpTo(63, `^[a-z][a-z0-9-]*$`)
	memberName = shape.UpTo(127, `^[A-Za-z0-9][A-Za-z0-9@:._-]*$`)
	domainName = shape.UpTo(253, `^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$`)
	// anyUnit is a unit of any type that is no template, in the letters that systemd allows (systemd.unit(5)).
	anyUnit = shape.UpTo(255, `^[A-Za-z0-9:_.\\@-]*[A-Za-z0-9:_.\\-]\.(service|socket|mount|automount|swap|target|path|timer|device|slice|scope)$`)
)

// serviceForms are the shapes of the keys of services.
func serviceForms() map[string]form {
	return map[string]form{
		"group name": func(s string) (string, bool) {
			return `a lower-case letter, then lower-case letters, digits and "-", at most 63`, groupName.MatchString(s)
		},
		"member": func(string) (string, bool) { return "a member", true },
		"optional member name": func(s string) (string, bool) {
			return `letters, digits, "@", ":", ".", "_" and "-", at most 127; or "" for the unit's`, s == "" || memberName.MatchString(s)
		},
		"optional service name": func(s string) (string, bool) {
			return `the full name of a service, such as app.service or worker@1.service; or "" for none`, s == "" || serviceName.MatchString(s)
		},
		"optional unit name": func(s string) (string, bool) {
			return `the full name of a unit, such as app.socket or srv.mount; or "" for none`, s == "" || anyUnit.MatchString(s)
		},
		"argument": func(s string) (string, bool) { return "text", !strings.ContainsRune(s, 0) },
		"optional page": func(s string) (string, bool) {
			return `http:// or https://, a host, and a path; or "" for none`, s == "" || isPage(s)
		},
		"optional far address": func(s string) (string, bool) {
			return `a host with a port, such as "127.0.0.1:5432" or "db1:5432"; or "" for none`, s == "" || isFarAddress(s)
		},
		"optional domain name": func(s string) (string, bool) {
			return `a domain name; or "" for none`, s == "" || domainName.MatchString(s)
		},
		"optional path pattern": func(s string) (string, bool) {
			_, err := filepath.Match(s, "")
			return `an absolute path, in which * is any text; or "" for none`, s == "" || filepath.IsAbs(s) && err == nil
		},
	}
}

func isPage(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

func isFarAddress(s string) bool {
	host, port, err := net.SplitHostPort(s)
	n, wrong := strconv.ParseUint(port, 10, 16)
	return err == nil && wrong == nil && host != "" && n != 0
}
