package lab

import (
	"context"
	"fmt"
	"strings"

	"plimsoll/lab/script"
)

// network does the statements about links.
func (m *Machine) network(ctx context.Context, st script.Statement) error {
	var command string
	switch st := st.(type) {
	case script.Cable:
		if !strings.HasPrefix(st.NIC, "veth") {
			return m.nicCable(ctx, st)
		}
		command = atPartner(st.NIC, "ip -n $n link set $c "+map[bool]string{false: "down", true: "up"}[st.Up])
	case script.Partner:
		command = partner(st)
	case script.Bond:
		command = bond(st)
	case script.Port:
		command = "ip -n $n link set $c nomaster && ip -n $n link set $c up" // the bonding driver sets down what it lets go
		if st.In {
			command = "ip -n $n link set $c down && ip -n $n link set $c master lag && ip -n $n link set $c up"
		}
		command = atPartner(st.Cable, command)
	case script.VLAN:
		command = fmt.Sprintf("ip link add link %[1]s name %[1]s.%[2]d type vlan id %[2]d && ip link set %[1]s.%[2]d up", st.Link, st.ID)
	case script.Bridge:
		command = fmt.Sprintf("set -e; ip link add %[1]s type bridge; for l in %[2]s; do ip link set $l master %[1]s; done; ip link set %[1]s up",
			st.Name, strings.Join(st.Links, " "))
	case script.DefaultRoute:
		command = fmt.Sprintf("ip addr flush to 10.9.0.1 && ip addr add 10.9.0.1/24 dev %[1]s && ip route replace default via 10.9.0.2 dev %[1]s", st.Link)
	case script.Move:
		command = fmt.Sprintf("ip netns add elsewhere 2>/dev/null; ip link set %s netns elsewhere", st.Link)
		if st.Back {
			command = fmt.Sprintf("ip -n elsewhere link set %s netns 1", st.Link)
		}
	default:
		return fmt.Errorf("no statement about the guest alone: %T", st)
	}
	_, err := m.MustRun(ctx, command)
	return err
}

// nicCable is a cable that lies outside the guest.
func (m *Machine) nicCable(ctx context.Context, st script.Cable) error {
	state := LinkDown
	if st.Up {
		state = LinkUp
	}
	return m.Cable(ctx, int(st.NIC[len(st.NIC)-1]-'0'), state)
}

// atPartner runs a command for the far end $c of a cable, which has the cable's name, in the namespace $n where it is.
func atPartner(cable, command string) string {
	return fmt.Sprintf("c=%s; for n in $(ls /run/netns); do ip -n $n link show $c >/dev/null 2>&1 || continue; %s; exit; done; echo no partner has $c >&2; exit 1",
		cable, command)
}

// partner is a namespace with a group of ports, and cables to it from here.
func partner(p script.Partner) string {
	kind := map[string]string{
		"lacp":   "bond mode 802.3ad miimon 100 lacp_rate fast",
		"static": "bond mode balance-xor miimon 100",
		"bridge": "bridge",
	}[p.Kind]
	return fmt.Sprintf(`set -e
ip netns add %[1]s
ip -n %[1]s link add lag type %[2]s
for c in %[3]s; do
	ip link add $c type veth peer name $c netns %[1]s
	ip -n %[1]s link set $c master lag
	ip -n %[1]s link set $c up
done
ip -n %[1]s link set lag up
ip -n %[1]s addr add 10.9.0.2/24 dev lag
`, p.Name, kind, strings.Join(p.Cables, " "))
}

func bond(b script.Bond) string {
	var s strings.Builder
	fmt.Fprintf(&s, "set -e\nip link add %s type bond mode %s %s\n", b.Name, b.Mode, strings.Join(b.Options, " "))
	for _, nic := range b.NICs {
		fmt.Fprintf(&s, "ip link set %[1]s down\nip link set %[1]s master %[2]s\n", nic, b.Name)
	}
	fmt.Fprintf(&s, "ip link set %[1]s up\n[ \"$(ip -br addr show to 10.9.0.1)\" ] || ip addr add 10.9.0.1/24 dev %[1]s\n", b.Name)
	// The first look of the agent should see the bond as it will be.
	for _, nic := range b.NICs {
		fmt.Fprintf(&s, "for i in $(seq 100); do [ \"$(cat /sys/class/net/%[1]s/bonding_slave/mii_status)\" = up ] && break; sleep 0.1; done\n", nic)
	}
	return s.String()
}
