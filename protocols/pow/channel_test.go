package pow_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/pow"
	"github.com/powbench/powbench/protocols/suite"
)

var (
	polynomial = pow.Polynomial{T: 1}

	sealedKey = protocols.Key("key")
	sealedTS  = protocols.Timestamp{Num: 7, PID: 3}
)

func TestChannel(t *testing.T) {
	groups := [][]byte{[]byte("group key 1"), []byte("group key 2")}
	channels, err := pow.NewChannels(polynomial, groups)
	if err != nil {
		t.Fatal(err)
	}
	entropy, share := rand.NewChaCha8([32]byte{5}), bytes.Repeat([]byte("share 64"), 8)
	all, err := channels.Seal(entropy, sealedKey, sealedTS, [][]byte{share, share})
	if err != nil || len(all) != 2 || bytes.Equal(all[0], all[1]) {
		t.Fatalf("sealed alike for two servers, %v", err)
	}
	sealed := all[1]
	if len(sealed) != 12+64+16 || bytes.Contains(sealed, share[:8]) {
		t.Fatalf("sealed to %d bytes, %x", len(sealed), sealed)
	}
	again, err := channels[1].Seal(entropy, sealedKey, sealedTS, share)
	if err != nil || bytes.Equal(sealed, again) {
		t.Errorf("sealed twice alike (%v)", err)
	}
	server, err := pow.NewChannel(polynomial, groups[1], 1)
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := server.Open(sealedKey, sealedTS, sealed); err != nil || !bytes.Equal(opened, share) {
		t.Errorf("opened to %x, %v", opened, err)
	}
	if _, err := server.Open(sealedKey, sealedTS, sealed[1:]); err == nil || !strings.Contains(err.Error(), "want 92") {
		t.Errorf("error %v for another size, want the size", err)
	}
	for i := range sealed {
		wrong := bytes.Clone(sealed)
		wrong[i] ^= 1
		if _, err := server.Open(sealedKey, sealedTS, wrong); err == nil {
			t.Errorf("opens with byte %d changed", i)
		}
	}
}

// What is sealed opens only where it was meant to.
func TestChannelBinds(t *testing.T) {
	group := []byte("group key")
	channel := func(group []byte, server int) *pow.Channel {
		c, err := pow.NewChannel(polynomial, group, server)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	sealed, err := channel(group, 0).Seal(rand.NewChaCha8([32]byte{6}), sealedKey, sealedTS, make([]byte, 64))
	if err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]struct {
		channel *pow.Channel
		key     protocols.Key
		ts      protocols.Timestamp
	}{
		"server":     {channel(group, 1), sealedKey, sealedTS},
		"group key":  {channel([]byte("other"), 0), sealedKey, sealedTS},
		"key":        {channel(group, 0), "kez", sealedTS},
		"number":     {channel(group, 0), sealedKey, protocols.Timestamp{Num: 8, PID: 3}},
		"process id": {channel(group, 0), sealedKey, protocols.Timestamp{Num: 7, PID: 4}},
	} {
		if _, err := open.channel.Open(open.key, open.ts, sealed); err == nil {
			t.Errorf("opens under another %s", name)
		}
	}
}

func TestSealWithoutEntropy(t *testing.T) {
	channels, err := pow.NewChannels(polynomial, [][]byte{[]byte("group key")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := channels.Seal(strings.NewReader("short"), sealedKey, sealedTS, make([][]byte, 1)); err == nil {
		t.Error("sealed with a nonce of five bytes")
	}
}

// Public commitments travel as they are and need no randomness.
func TestOpenChannel(t *testing.T) {
	channels, err := pow.NewChannels(pow.Hash{Suite: suite.Modern()}, make([][]byte, 1))
	if err != nil {
		t.Fatal(err)
	}
	sent, err := channels.Seal(nil, sealedKey, sealedTS, [][]byte{[]byte("commitment")})
	if err != nil || string(sent[0]) != "commitment" {
		t.Fatalf("sent %q, %v", sent, err)
	}
	if got, err := channels[0].Open(sealedKey, sealedTS, sent[0]); err != nil || string(got) != "commitment" {
		t.Errorf("received %q, %v", got, err)
	}
}
