package report

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// render writes the report and parses it.
func render(t testing.TB, in Input) (string, *html.Node) {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, in); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), root
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// elements are those that fit.
func elements(root *html.Node, fits func(*html.Node) bool) (found []*html.Node) {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && fits(n) {
			found = append(found, n)
		}
	}
	return found
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

var all = func(*html.Node) bool { return true }

// checkSelfContained checks that the document loads nothing, that its links lead somewhere, and that ids are unique.
func checkSelfContained(t *testing.T, page string, root *html.Node, dir string) {
	t.Helper()
	ids := map[string]bool{}
	for _, n := range elements(root, all) {
		if id := attr(n, "id"); id != "" && ids[id] {
			t.Errorf("two elements have the id %s", id)
		} else {
			ids[id] = true
		}
	}
	for _, n := range elements(root, all) {
		if n.Data == "link" && attr(n, "href") != "data:," || slices.Contains([]string{"img", "iframe", "object"}, n.Data) {
			t.Errorf("the document loads something: %s %v", n.Data, n.Attr)
		}
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "src":
				t.Errorf("%s has the attribute %s=%q", n.Data, a.Key, a.Val)
			case a.Key == "aria-labelledby" && !ids[a.Val]:
				t.Errorf("%s is labelled by %q, which there is not", n.Data, a.Val)
			case a.Key == "href" && n.Data == "a":
				checkLink(t, a.Val, ids, dir)
			}
		}
	}
	if bad := regexp.MustCompile(`@import|url\(|https?://[^"]*`).FindAllString(page, -1); len(bad) > 0 {
		for _, b := range bad {
			if !strings.HasPrefix(b, "http://www.w3.org/") { // a namespace, which nobody loads
				t.Errorf("the document speaks of %s", b)
			}
		}
	}
}

func checkLink(t *testing.T, href string, ids map[string]bool, dir string) {
	t.Helper()
	if id, inside := strings.CutPrefix(href, "#"); inside {
		if !ids[id] {
			t.Errorf("link to #%s, which there is not", id)
		}
	} else if _, err := os.Stat(filepath.Join(dir, href)); err != nil {
		t.Errorf("link to %s: %v", href, err)
	}
}

// checkReadableAloud checks that every header says what it is the header of, and that there are landmarks.
func checkReadableAloud(t *testing.T, root *html.Node) {
	t.Helper()
	for _, n := range elements(root, func(n *html.Node) bool { return n.Data == "th" }) {
		if !slices.Contains([]string{"col", "row", "colgroup"}, attr(n, "scope")) {
			t.Fatalf("the header %q has no scope", text(n))
		}
	}
	for _, landmark := range []string{"header", "nav", "main"} {
		if n := len(elements(root, func(n *html.Node) bool { return n.Data == landmark })); n != 1 {
			t.Errorf("%d elements %s, want one", n, landmark)
		}
	}
}
