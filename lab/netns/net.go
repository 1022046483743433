package netns

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"
)

// Side is one of the two switches.
type Side string

// The switches. All hosts begin on the left one, where the program itself is too.
const (
	Left  Side = "left"
	Right Side = "right"
)

// Net is the network. It is safe for use by several goroutines.
type Net struct {
	mu    sync.Mutex
	hosts int
}

// Host is one host of it.
type Host struct {
	Name string
	IP   string
	port string // the switch's end of its cable
}

// New makes the two switches, and puts the program on the left one.
func New(ctx context.Context) (*Net, error) {
	n := &Net{}
	return n, n.ip(ctx,
		"link set lo up",
		"link add name left type bridge", "link set left up",
		"link add name right type bridge", "link set right up",
		"addr add 10.9.0.1/16 dev left",
	)
}

// Join makes a host.
func (n *Net) Join(ctx context.Context, name string) (Host, error) {
	n.mu.Lock()
	n.hosts++
	i := n.hosts
	n.mu.Unlock()
	h := Host{Name: name, IP: fmt.Sprintf("10.9.%d.%d", i/250, 2+i%250), port: fmt.Sprintf("port%d", i)}
	return h, n.ip(ctx,
		"netns add "+name,
		fmt.Sprintf("link add name %s type veth peer name eth0 netns %s", h.port, name),
		fmt.Sprintf("link set %s master left up", h.port),
		fmt.Sprintf("-n %s link set lo up", name),
		fmt.Sprintf("-n %s addr add %s/16 dev eth0", name, h.IP),
		fmt.Sprintf("-n %s link set eth0 up", name),
	)
}

// Plug puts the host's cable into a switch.
func (n *Net) Plug(ctx context.Context, h Host, s Side) error {
	return n.ip(ctx, fmt.Sprintf("link set %s master %s", h.port, s), fmt.Sprintf("link set %s up", h.port))
}

// Pull pulls the host's cable.
func (n *Net) Pull(ctx context.Context, h Host) error {
	return n.ip(ctx, fmt.Sprintf("link set %s down", h.port))
}

// Deafen keeps all that from sends away from to, and nothing else: answers to what to says are among it.
func (n *Net) Deafen(ctx context.Context, from, to Host) error {
	return n.ip(ctx, fmt.Sprintf("-n %s route replace blackhole %s/32", from.Name, to.IP))
}

// Hear undoes Deafen.
func (n *Net) Hear(ctx context.Context, from, to Host) error {
	return n.ip(ctx, fmt.Sprintf("-n %s route del blackhole %s/32", from.Name, to.IP))
}

// In is the command line that runs another on the host. It becomes that program: signals reach it.
func (h Host) In(argv ...string) []string {
	return append([]string{"ip", "netns", "exec", h.Name}, argv...)
}

func (*Net) ip(ctx context.Context, commands ...string) error {
	for _, c := range commands {
		if out, err := exec.CommandContext(ctx, "ip", strings.Fields(c)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", c, err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}
