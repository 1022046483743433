package actions

import (
	"slices"
	"strings"

	"plimsoll/redundancy"
)

// glob says whether name fits pattern, in which * is any text and ? any one byte.
func glob(pattern, name string) bool {
	star, mark := -1, 0 // the newest * and where the text that it stands for ends
	p, n := 0, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			mark++
			p, n = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// Named says whether pattern names g: by its name or its id, * being any text and ? any one byte.
func Named(pattern string, g *redundancy.Group) bool {
	return glob(pattern, g.Name) || glob(pattern, string(g.ID))
}

// onHost says whether w's labels are the host's.
func (w *When) onHost(labels map[string]string) bool {
	for name, values := range w.Labels {
		value, given := labels[name]
		if !given || !slices.Contains(values, value) {
			return false
		}
	}
	return true
}

// matches says whether w holds for g, as far as it is known. What is not sure holds here and is held by Decide.
func (w *When) matches(g *redundancy.Assessed) bool {
	return w.named(&g.Group) && w.event(g) && w.health(&g.Group) && w.status(g.Verdict)
}

// Concerns says whether a rule of pool can do something to g.
func (p *Policy) Concerns(pool string, g *redundancy.Group) bool {
	for _, r := range p.inForce() {
		if r.Pool == pool && (r.kind == "" || r.kind == g.Kind) && r.When.named(g) {
			return true
		}
	}
	return false
}

func (w *When) named(g *redundancy.Group) bool {
	if len(w.Kind) > 0 && !slices.Contains(w.Kind, g.Kind) {
		return false
	}
	if len(w.Group) == 0 {
		return true
	}
	for _, pattern := range w.Group {
		if Named(pattern, g) {
			return true
		}
	}
	return false
}

func (w *When) event(g *redundancy.Assessed) bool {
	for _, level := range w.Event {
		if levelHolds(g, level) {
			return true
		}
	}
	return len(w.Event) == 0
}

func (w *When) health(g *redundancy.Group) bool {
	if len(w.MemberHealth) == 0 {
		return true
	}
	for i := range g.Members {
		if slices.Contains(w.MemberHealth, g.Members[i].Health) {
			return true
		}
	}
	return false
}

func (w *When) status(v redundancy.Verdict) bool {
	return len(w.Status) == 0 || slices.Contains(w.Status, v.Worst) || slices.Contains(w.Status, v.Best)
}

// sure says whether w holds for the best and for the worst that v may be.
func (w *When) sure(v redundancy.Verdict) bool {
	return len(w.Status) == 0 || slices.Contains(w.Status, v.Worst) && slices.Contains(w.Status, v.Best)
}
