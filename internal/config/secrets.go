package config

import (
	"net/url"
	"slices"
	"strings"
)

// hidden stands for what is not shown.
const hidden = "…"

// credential is what a server's URL says of who comes: the password, or the token that stands in the user's place.
func credential(u *url.URL) string {
	if u.User == nil {
		return ""
	}
	if password, ok := u.User.Password(); ok {
		return password
	}
	return u.User.Username()
}

// withoutCredential is a server's URL with its password, or its token, hidden.
func withoutCredential(raw string) string {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return hidden
	case u.User == nil:
		return raw
	}
	if _, ok := u.User.Password(); !ok {
		u.User = url.User("xxxxx")
	}
	return u.Redacted()
}

// HoldsCredentials says whether c itself, and not a file that it names, holds a password or a token.
func (c Config) HoldsCredentials() bool {
	return slices.ContainsFunc(c.NATS.URLs, func(raw string) bool {
		u, err := url.Parse(raw)
		return err == nil && credential(u) != ""
	})
}

// SecretFiles are the files with secrets that c names, by the key that names each.
func (c Config) SecretFiles() map[string]string {
	out := map[string]string{"nats.credentials": c.NATS.Credentials, "nats.tls.key": c.NATS.TLS.Key, "web_config_file": c.WebConfigFile}
	for name, h := range c.Hooks {
		out[join(join("hooks", name), "authorization_file")] = h.Authorization
	}
	for key, path := range out {
		if path == "" {
			delete(out, key)
		}
	}
	return out
}

// Secrets are the texts in c that are, or may be, secrets: passwords and tokens of servers, paths and queries of web addresses, and
// arguments of programs, each also as it stands in a URL.
func (c Config) Secrets() []string {
	var out []string
	for _, raw := range c.NATS.URLs {
		if u, err := url.Parse(raw); err == nil && u.User != nil {
			word := credential(u)
			out = append(out, word, url.PathEscape(word), url.QueryEscape(word))
		}
	}
	web := func(raw string) {
		if u, err := url.Parse(raw); err == nil {
			out = append(out, strings.TrimPrefix(u.Path, "/"), strings.TrimPrefix(u.EscapedPath(), "/"), u.RawQuery)
		}
	}
	for _, h := range c.Hooks {
		web(h.URL)
		out = append(out, rest(h.Argv)...)
	}
	for _, s := range c.Services {
		for _, m := range s.Members {
			web(m.Check.HTTP)
			out = append(out, rest(m.Check.Exec)...)
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" })
}

// Shareable is c for people who are not its owner: as [Config.YAML] shows it, and without arguments of programs and what follows
// the host in web addresses.
func (c Config) Shareable() Config {
	hooks := Hooks{}
	for name, h := range c.Hooks {
		h.Argv = veilRest(h.Argv)
		hooks[name] = h
	}
	if c.Hooks != nil {
		c.Hooks = hooks
	}
	c.Services = slices.Clone(c.Services)
	for i, s := range c.Services {
		s.Members = slices.Clone(s.Members)
		for j, m := range s.Members {
			m.Check.Exec, m.Check.HTTP = veilRest(m.Check.Exec), veiled(m.Check.HTTP)
			s.Members[j] = m
		}
		c.Services[i] = s
	}
	return c
}

func rest(argv []string) []string {
	if len(argv) == 0 {
		return nil
	}
	return argv[1:]
}

func veilRest(argv []string) []string {
	if len(argv) < 2 {
		return argv
	}
	return []string{argv[0], hidden}
}
