package agent

import (
	"cmp"

	"plimsoll/internal/config"
	"plimsoll/internal/sysfs"
	"plimsoll/service"
)

// services are the services of the configuration, in the room's words. A captured host has none.
func services(o Options, proc sysfs.FS) service.Config {
	c := service.Config{Units: service.NewBus(""), Proc: proc}
	if captured(o) {
		return c
	}
	for _, s := range o.Config.Services {
		spec := service.Spec{Name: s.Name, Needed: s.Needed}
		for _, m := range s.Members {
			spec.Members = append(spec.Members, service.MemberSpec{
				Name: cmp.Or(m.Name, m.Unit), Unit: m.Unit, Check: check(m.Check),
			})
		}
		c.Groups = append(c.Groups, spec)
	}
	return c
}

// check is a check in the room's words; nil: none is given.
func check(c config.ServiceCheck) *service.Check {
	if len(c.Kinds()) == 0 {
		return nil
	}
	return &service.Check{
		Exec: c.Exec, HTTP: c.HTTP, TCP: c.TCP, DNS: service.DNS(c.DNS), FileAge: service.FileAge(c.FileAge), Unit: c.Unit,
		Timeout: c.Timeout, Interval: c.Interval, Rise: c.Rise, Fall: c.Fall,
	}
}
