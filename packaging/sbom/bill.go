package main

import (
	"cmp"
	"maps"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// The document, as far as it is used: names and order are CycloneDX's.
type (
	document struct {
		Format       string       `json:"bomFormat"`
		Spec         string       `json:"specVersion"`
		Version      int          `json:"version"`
		Metadata     metadata     `json:"metadata"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
	}
	metadata struct {
		Timestamp string    `json:"timestamp"`
		Component component `json:"component"`
	}
	component struct {
		Type       string      `json:"type"`
		Ref        string      `json:"bom-ref"`
		Name       string      `json:"name"`
		Version    string      `json:"version"`
		Hashes     []hash      `json:"hashes,omitempty"`
		PURL       string      `json:"purl,omitempty"`
		Properties []property  `json:"properties,omitempty"`
		Components []component `json:"components,omitempty"`
	}
	hash struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	}
	property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	dependency struct {
		Ref  string   `json:"ref"`
		Uses []string `json:"dependsOn"`
	}
)

// bill is the document of programs that are shipped together: what each is, every module that any of them has, and which has
// which.
func bill(name, version string, made time.Time, programs []program) document {
	whole := component{Type: "application", Ref: name, Name: name, Version: version}
	modules := map[string]component{}
	var uses []dependency
	for _, p := range programs {
		part := component{
			Type: "application", Ref: name + "/" + p.name, Name: p.name, Version: version,
			Hashes: []hash{{"SHA-256", p.sum}},
		}
		whole.Components = append(whole.Components, part)
		var refs []string
		for _, m := range linked(p.info) {
			modules[m.Ref] = m
			refs = append(refs, m.Ref)
		}
		slices.Sort(refs)
		uses = append(uses, dependency{part.Ref, refs})
	}
	return document{
		Format: "CycloneDX", Spec: "1.6", Version: 1,
		Metadata:     metadata{made.UTC().Format(time.RFC3339), whole},
		Components:   slices.SortedFunc(maps.Values(modules), func(a, b component) int { return cmp.Compare(a.Ref, b.Ref) }),
		Dependencies: uses,
	}
}

// linked are the modules of one program. The standard library is one of them: it has its own vulnerabilities.
func linked(info *debug.BuildInfo) []component {
	goVersion, _, _ := strings.Cut(strings.TrimPrefix(info.GoVersion, "go"), " ") // what follows are experiments
	out := []component{library("stdlib", goVersion, "")}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		out = append(out, library(m.Path, m.Version, m.Sum))
	}
	return out
}

// library is one module by its package URL (https://github.com/package-url/purl-spec, type golang). Its sum is the one in
// go.sum, which is of a tree and not of a file, and so none of CycloneDX's hashes.
func library(path, version, sum string) component {
	purl := "pkg:golang/" + path + "@" + url.QueryEscape(version)
	c := component{Type: "library", Ref: purl, Name: path, Version: version, PURL: purl}
	if sum != "" {
		c.Properties = []property{{"go.sum", sum}}
	}
	return c
}
