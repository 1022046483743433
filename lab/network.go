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

// partner is a namespace with a group of ports, and cables to it from here. In an emulated guest each program that is
// started counts, so ip is given its commands in batches. ARP is answered only where the address is, as a switch would: a
// port that is out of its group answers nobody.
func partner(p script.Partner) string {
	kind := map[string]string{
		"lacp":   "bond mode 802.3ad miimon 100 lacp_rate fast",
		"static": "bond mode balance-xor miimon 100",
		"bridge": "bridge",
	}[p.Kind]
	cables, ports := "", ""
	for _, c := range p.Cables {
		cables += fmt.Sprintf("link add %[1]s type veth peer name %[1]s netns %[2]s\n", c, p.Name)
		ports += fmt.Sprintf("link set %[1]s master lag\nlink set %[1]s up\n", c)
	}
	return fmt.Sprintf(`set -e
ip netns add %[1]s
ip netns exec %[1]s sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore'
ip -batch - <<END
%[2]sEND
ip -n %[1]s -batch - <<END
link add lag type %[3]s
%[4]slink set lag up
addr add 10.9.0.2/24 dev lag
END
`, p.Name, cables, kind, ports)
}

// bond waits until all members are up, or long enough for those whose cables are in: the first look of the agent should see
// the bond as it will be.
func bond(b script.Bond) string {
	members, statuses := "", ""
	for _, c := range b.NICs {
		members += fmt.Sprintf("link set %[1]s down\nlink set %[1]s master %[2]s\n", c, b.Name)
		statuses += fmt.Sprintf(" /sys/class/net/%s/bonding_slave/mii_status", c)
	}
	return fmt.Sprintf(`set -e
ip -batch - <<END
link add %[1]s type bond mode %[2]s %[3]s
%[4]slink set %[1]s up
END
[ "$(ip -br addr show to 10.9.0.1)" ] || ip addr add 10.9.0.1/24 dev %[1]s
for i in $(seq 30); do
	[ "$(grep -Lx up%[5]s)" ] || break
	sleep 0.2
done
`, b.Name, b.Mode, strings.Join(b.Options, " "), members, statuses)
}
