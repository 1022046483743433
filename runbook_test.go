package plimsoll_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rows are the first cells, each in backquotes, of the tables of a page.
func rows(page string) []string {
	var out []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\|").FindAllStringSubmatch(page, -1) {
		out = append(out, m[1])
	}
	return out
}

// anchors are what the headings of a page are linked by.
func anchors(page string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		heading := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		out = append(out, strings.ReplaceAll(heading, " ", "-"))
	}
	return out
}

func TestRunbookHasASectionForEveryTypeOfEvent(t *testing.T) {
	t.Parallel()
	runbook := readFile(t, "docs/runbook.md")
	sections := map[string]string{}
	for _, part := range strings.Split(runbook, "\n### ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		text, _, _ = strings.Cut(text, "\n## ")
		sections[name] = text
	}
	types := rows(readFile(t, "docs/events.md"))
	if len(types) == 0 {
		t.Fatal("docs/events.md lists no type")
	}
	for _, typ := range types {
		text, there := sections[typ]
		if !there {
			t.Errorf("docs/runbook.md has no section on %s", typ)
			continue
		}
		last := -1
		for _, says := range []string{"- **Means:** ", "- **The agent:** ", "- **You:** ", "- **Clears:** "} {
			at := strings.Index(text, says)
			if at <= last {
				t.Errorf("%s: no %q, or in another order", typ, says)
			}
			last = at
		}
	}
	for name := range sections {
		if !slices.Contains(types, name) {
			t.Errorf("docs/runbook.md has a section on %s, which is no event", name)
		}
	}
}

func TestEveryAlertLeadsToTheRunbook(t *testing.T) {
	t.Parallel()
	rules := readFile(t, "packaging/prometheus/plimsoll.rules.yaml")
	links := regexp.MustCompile(`runbook: "runbook\.md#([^"]*)"`).FindAllStringSubmatch(rules, -1)
	if alerts := strings.Count(rules, "- alert: "); alerts == 0 || len(links) != alerts {
		t.Errorf("%d alerts have %d links", alerts, len(links))
	}
	known := anchors(readFile(t, "docs/runbook.md"))
	for _, link := range links {
		if !slices.Contains(known, link[1]) {
			t.Errorf("docs/runbook.md has no #%s", link[1])
		}
	}
}

// metrics are those that docs/metrics.md lists, which a test holds to the code, with their labels.
func metrics(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{"up": nil}
	row := regexp.MustCompile("(?m)^\\| `(plimsoll_[a-z_]+)` \\| (?:gauge|counter) \\| ([^|]*) \\|")
	for _, m := range row.FindAllStringSubmatch(readFile(t, "docs/metrics.md"), -1) {
		out[m[1]] = strings.FieldsFunc(m[2], func(r rune) bool { return strings.ContainsRune("`, –", r) })
	}
	return out
}

var (
	metricName  = regexp.MustCompile(`[a-z_]*:?plimsoll_[a-z_]+(?::[a-z]+)?(?:\{[^}]*\})?`)
	labelInside = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)`)
)

// checkQuery checks that all that a query names exists.
func checkQuery(t *testing.T, where, query string, known map[string][]string) {
	t.Helper()
	for _, use := range metricName.FindAllString(query, -1) {
		name, selector, _ := strings.Cut(use, "{")
		labels, exists := known[name]
		if !exists {
			t.Errorf("%s names %s, which does not exist", where, name)
			continue
		}
		for _, m := range labelInside.FindAllStringSubmatch(selector, -1) {
			if !slices.Contains(append([]string{"job", "instance"}, labels...), m[1]) {
				t.Errorf("%s: %s has no label %s", where, name, m[1])
			}
		}
	}
}

func TestRulesNameMetricsThatExist(t *testing.T) {
	t.Parallel()
	rules, known := readFile(t, "packaging/prometheus/plimsoll.rules.yaml"), metrics(t)
	for _, m := range regexp.MustCompile(`(?m)- record: (\S+)`).FindAllStringSubmatch(rules, -1) {
		known[m[1]] = nil
	}
	checkQuery(t, "plimsoll.rules.yaml", rules, known)
	page := readFile(t, "docs/metrics.md")
	for _, block := range strings.Split(page, "```")[1:] {
		checkQuery(t, "docs/metrics.md", block, known)
	}
}

func TestWhatOthersReadIsPackaged(t *testing.T) {
	t.Parallel()
	spec := readFile(t, "nfpm.yaml")
	for _, file := range []string{"packaging/prometheus/plimsoll.rules.yaml", "packaging/grafana/plimsoll-host.json", "packaging/grafana/plimsoll-fleet.json", "packaging/node-problem-detector/plimsoll.json"} {
		if !strings.Contains(spec, "{src: "+file+", dst: /usr/share/plimsoll/") {
			t.Errorf("the package has no %s", file)
		}
	}
}

func TestDashboardsNameMetricsThatExist(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"plimsoll-host.json", "plimsoll-fleet.json"} {
		var board struct {
			UID    string
			Panels []struct {
				ID                 int
				Title, Description string
				Targets            []struct{ Expr string }
			}
			Templating struct{ List []struct{ Query string } }
		}
		if err := json.Unmarshal([]byte(readFile(t, "packaging/grafana/"+file)), &board); err != nil {
			t.Fatal(err)
		}
		if board.UID+".json" != file {
			t.Errorf("%s has the uid %q: links lead to it by that", file, board.UID)
		}
		known, ids := metrics(t), map[int]bool{}
		for _, p := range board.Panels {
			if p.Description == "" || len(p.Targets) == 0 || ids[p.ID] {
				t.Errorf("%s: %q has no description, no query, or another's id", file, p.Title)
			}
			ids[p.ID] = true
			for _, target := range p.Targets {
				if !metricName.MatchString(target.Expr) && !strings.Contains(target.Expr, "up{") {
					t.Errorf("%s: %q asks %q", file, p.Title, target.Expr)
				}
				checkQuery(t, file+": "+p.Title, target.Expr, known)
			}
		}
		for _, v := range board.Templating.List {
			checkQuery(t, file+": a variable", v.Query, known)
		}
	}
}
