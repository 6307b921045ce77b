package prototest
import ("testing";"fmt")
func TestDbg(t *testing.T) {
	for _, cfg := range []Scenario{{Keys:1,Ops:4},{Keys:1,Ops:10},{Keys:1,Ops:10,Writers:1,Readers:4},{Keys:1,Ops:6,Writers:2,Readers:4},{Keys:2,Ops:8},{Keys:1,Ops:20}} {
		cfg.Protocol = noWriteBack{}
		cfg.fill()
		n, rounds := 0, 0
		for seed := uint64(1); seed <= 200; seed++ { if f := failureOf(t, cfg, seed); f != "" { n++; if n==1 {fmt.Println(f)} } }
		_ = rounds
		fmt.Println(cfg.Keys, cfg.Ops, cfg.Writers, cfg.Readers, n)
	}
}
