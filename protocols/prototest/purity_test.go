package prototest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// impure are the packages, each with all below it, that give protocol code the world: it must live without, so that the
// same code runs over TCP, in the simulator and under attack.
var impure = []string{
	"net", "os", "time", "syscall", "io/fs", "io/ioutil", "log", "context", "golang.org/x/sys",
	"math/rand", "crypto/rand", // nonces come from the injected source
}

// seededOnly are what protocol code may use of math/rand/v2: generators that begin from a seed.
var seededOnly = []string{"New", "NewPCG", "NewChaCha8", "Rand", "PCG", "ChaCha8", "Source"}

func TestProtocolCodeIsPure(t *testing.T) {
	files := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "prototest" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files++
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, sin := range impurities(fset, file) {
			t.Error(sin)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Errorf("only %d files looked at", files)
	}
}

// impurities says where the file leaves the model.
func impurities(fset *token.FileSet, file *ast.File) (sins []string) {
	sin := func(n ast.Node, what string) {
		sins = append(sins, fmt.Sprintf("%v: %s: protocol code is pure", fset.Position(n.Pos()), what))
	}
	seeded := false
	for _, i := range file.Imports {
		path, _ := strconv.Unquote(i.Path.Value)
		if path == "math/rand/v2" {
			seeded = true
			continue
		}
		if slices.ContainsFunc(impure, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") }) {
			sin(i, "import of "+path)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			sin(n, "a goroutine")
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if ok && seeded && x.Name == "rand" && !slices.Contains(seededOnly, n.Sel.Name) {
				sin(n, "global randomness, rand."+n.Sel.Name)
			}
		}
		return true
	})
	return sins
}

func TestImpuritiesAreFound(t *testing.T) {
	for source, want := range map[string]int{
		`package p; import "net/netip"; import "os"; import "time"`:                       3,
		`package p; import "network"; import "hash"; import "sync"`:                       0,
		`package p; func f() { go f() }`:                                                  1,
		`package p; import "math/rand/v2"; var a, r = rand.Int(), rand.New(nil)`:          1,
		`package p; import "math/rand"; import "crypto/rand"; import r2 "crypto/ed25519"`: 2,
	} {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, "p.go", source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := impurities(fset, file); len(got) != want {
			t.Errorf("%s: %q, want %d", source, got, want)
		}
	}
}
