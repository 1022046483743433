package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"plimsoll/lab/script"
)

// rulesFile are the alerts as the package ships them, from the repository's root.
const rulesFile = "packaging/prometheus/plimsoll.rules.yaml"

// prometheusConfig scrapes and evaluates more often than anybody would, so that what is waited for is the rules' own "for".
const prometheusConfig = `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
- {job_name: plimsoll, static_configs: [{targets: [%q]}]}
`

// prometheus is a Prometheus on the host, of one script.
type prometheus struct {
	address string
	cmd     *exec.Cmd
}

// startPrometheus starts one that scrapes the guest's agent. Its files are left behind with the script's.
func (s *session) startPrometheus(ctx context.Context) error {
	if s.alerts != nil {
		return errors.New("start prometheus: it runs already")
	}
	rules, err := filepath.Abs(rulesFile)
	if err != nil {
		return err
	}
	dir := filepath.Join(s.dir, "prometheus")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, fmt.Appendf(nil, prometheusConfig, rules, s.m.Metrics), 0o644); err != nil {
		return err
	}
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	p := &prometheus{address: fmt.Sprintf("127.0.0.1:%d", port)}
	// Its life is ended by stop, not by the context of the start.
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), "prometheus", "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+p.address)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} // not left behind if the lab itself is killed
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("start prometheus (Debian's package prometheus): %w", err)
	}
	s.alerts = p
	return nil
}

// stop ends it. There may be none.
func (p *prometheus) stop() {
	if p != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait() // it was killed
	}
}

// alert is one that Prometheus tells of.
type alert struct {
	State       string            `json:"state"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// active are the alerts that are pending or firing (https://prometheus.io/docs/prometheus/latest/querying/api/#alerts).
func (p *prometheus) active(ctx context.Context, client *http.Client) ([]alert, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/api/v1/alerts", http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask prometheus: %s", resp.Status)
	}
	var answer struct{ Data struct{ Alerts []alert } }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("read prometheus' answer: %w", err)
	}
	return answer.Data.Alerts, nil
}

func (s *session) expectAlert(ctx context.Context, want script.ExpectAlert) error {
	if s.alerts == nil {
		return errors.New("prometheus start comes first")
	}
	return until(ctx, want.Within, func(ctx context.Context) error {
		all, err := s.alerts.active(ctx, s.scraper)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(a alert) bool {
			return a.State == "firing" && a.Labels["alertname"] == want.Name && (want.Group == "" || a.Labels["name"] == want.Group)
		})
		if i >= 0 {
			s.out.line("  | %s %s: %s (%s)", all[i].Labels["severity"], want.Name, all[i].Annotations["summary"], all[i].Annotations["runbook"])
		}
		if i >= 0 == want.Not {
			return fmt.Errorf("alerts: %s", told(all))
		}
		return nil
	})
}

// told are alerts in one line.
func told(all []alert) string {
	lines := []string{}
	for _, a := range all {
		lines = append(lines, fmt.Sprintf("%s %s %s", a.Labels["alertname"], a.Labels["name"], a.State))
	}
	return "[" + strings.Join(lines, ", ") + "]"
}
