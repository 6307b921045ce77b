package sink

import "strings"

// TeX is text that LaTeX sets as it stands: what is special to it is escaped, and what its fonts may lack is spelled.
func TeX(text string) string {
	return strings.Map(func(r rune) rune {
		if r > 0xff { // beyond what LaTeX's usual fonts have
			return '?'
		}
		return r
	}, texEscapes.Replace(oneLine(text)))
}

var texEscapes = strings.NewReplacer(
	`\`, `\textbackslash{}`, "{", `\{`, "}", `\}`, "$", `\$`, "&", `\&`, "#", `\#`, "_", `\_`, "%", `\%`,
	"~", `\textasciitilde{}`, "^", `\textasciicircum{}`, "<", `\textless{}`, ">", `\textgreater{}`, "|", `\textbar{}`,
	"µ", `\textmu{}`, "±", `$\pm$`, "≤", `$\leq$`, "≥", `$\geq$`, "×", `$\times$`, "·", `$\cdot$`, "⊥", `$\bot$`, "−", `$-$`,
	"→", `$\rightarrow$`, "…", `\dots{}`, "–", "--", "—", "---", "²", `$^2$`, "³", `$^3$`, "⁶", `$^6$`,
	"½", `\textonehalf{}`, "¼", `\textonequarter{}`, "¾", `\textthreequarters{}`, "‖", `$\parallel$`,
)
