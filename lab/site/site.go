package site

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"plimsoll/fleet"
	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/wire"
)

// Fleet is what a site's fleet is called.
const Fleet = "lab"

// Server is where one server is and what it keeps.
type Server struct {
	Name, IP string
	Store    string   // a directory
	In       []string // the command line that another is run by, as in a network namespace; empty: as it is
}

// Sync is when servers have what they acknowledge on the disk.
type Sync string

// SyncAlways: before they do, which is what bootstrap configures. SyncDefault: within two minutes, as it comes.
const (
	SyncAlways  Sync = "always"
	SyncDefault Sync = "2m"
)

// Site is the servers, and a directory with everything.
type Site struct {
	Dir     string
	Servers []*Process
	urls    []string
	keys    *bootstrap.Authority
}

// The ports of every server: each has an address of its own.
const (
	clientPort = 4222
	routePort  = 6222
)

// New makes keys, accounts and configurations in dir. No server is started. program is nats-server.
func New(dir, program string, sync Sync, servers []Server) (*Site, error) {
	keys, err := bootstrap.Open(filepath.Join(dir, "keys"), Fleet)
	if err != nil {
		return nil, err
	}
	s := &Site{Dir: dir, keys: keys}
	accounts, err := keys.Accounts()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, bootstrap.AccountsFile), []byte(accounts), 0o600); err != nil {
		return nil, err
	}
	for i, server := range servers {
		path := filepath.Join(dir, server.Name+".conf")
		if err := os.WriteFile(path, []byte(configuration(servers, i, sync)), 0o600); err != nil {
			return nil, err
		}
		argv := append(append([]string{}, server.In...), program, "-c", path)
		s.Servers = append(s.Servers, NewProcess(server.Name, filepath.Join(dir, server.Name+".log"), argv...))
		s.urls = append(s.urls, fmt.Sprintf("nats://%s:%d", server.IP, clientPort))
	}
	return s, nil
}

// configuration is that of servers[i]: what bootstrap prints, but for TLS.
func configuration(servers []Server, i int, sync Sync) string {
	s := servers[i]
	var b strings.Builder
	fmt.Fprintf(&b, "server_name: %q\nlisten: \"%s:%d\"\njetstream: {store_dir: %q, sync_interval: %s}\ninclude ./%s\n",
		s.Name, s.IP, clientPort, s.Store, sync, bootstrap.AccountsFile)
	if len(servers) > 1 {
		fmt.Fprintf(&b, "cluster: {name: %q, listen: \"%s:%d\", routes: [\n", Fleet, s.IP, routePort)
		for _, other := range servers {
			if other.Name != s.Name {
				fmt.Fprintf(&b, "  \"nats-route://%s:%d\"\n", other.IP, routePort)
			}
		}
		b.WriteString("]}\n")
	}
	return b.String()
}

// Start starts all servers.
func (s *Site) Start() error {
	for _, p := range s.Servers {
		if err := p.Start(); err != nil {
			return err
		}
	}
	return nil
}

// Kill ends all servers at once.
func (s *Site) Kill() {
	for _, p := range s.Servers {
		p.Kill()
	}
}

// Create makes the stream and the buckets, once the servers have found one another.
func (s *Site) Create(ctx context.Context) error {
	nc, err := s.Connect(ctx, bootstrap.Admin, "admin")
	if err != nil {
		return err
	}
	defer nc.Close()
	for {
		attempt, cancel := context.WithTimeout(ctx, 10*time.Second) // a cluster elects its leader first
		err := bootstrap.Create(attempt, nc, bootstrap.DefaultSizes(len(s.Servers)))
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
}

// URLs are where clients reach the servers.
func (s *Site) URLs() []string { return s.urls }

// Config is how somebody reaches the servers, with credentials that are made here.
func (s *Site) Config(r bootstrap.Role, token string) (fleet.Config, error) {
	c := fleet.DefaultConfig()
	c.URLs, c.Credentials = s.urls, filepath.Join(s.Dir, string(r)+"-"+token+".creds")
	if _, err := os.Stat(c.Credentials); err == nil {
		return c, nil
	}
	text, err := s.keys.Credentials(r, token)
	if err != nil {
		return c, err
	}
	return c, bootstrap.WriteSecret(c.Credentials, text)
}

// Connect is a connection of somebody's, which comes up when the servers do.
func (s *Site) Connect(ctx context.Context, r bootstrap.Role, token string) (*nats.Conn, error) {
	c, err := s.Config(r, token)
	if err != nil {
		return nil, err
	}
	return fleet.Connect(ctx, c, token, wire.Inbox(token), fleet.Calls{})
}
