// Checks what a log publishes with Go's own packages for its checksum database, golang.org/x/mod/sumdb/note and tlog.
// Reads a question a line as JSON, and answers each with a line: "accepted", or "rejected: " and why.
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Op    string
	Keys  []string // all of them must have signed
	Note  string
	Old   string
	Index int64
	Leaf  []byte
	Proof [][]byte
	From  string // URL or folder of a log
	Token string
}

func main() {
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) == 0 {
			return
		}
		fmt.Println(answer(line))
		if err != nil {
			return
		}
	}
}

func answer(line []byte) string {
	var q question
	err := json.Unmarshal(line, &q)
	if err == nil {
		err = q.check()
	}
	if err != nil {
		return "rejected: " + strings.ReplaceAll(err.Error(), "\n", " ")
	}
	return "accepted"
}

func (q *question) check() error {
	tree, err := open(q.Note, q.Keys)
	if err != nil {
		return err
	}
	switch q.Op {
	case "checkpoint":
		return nil
	case "inclusion":
		proof, err := hashes(q.Proof)
		if err != nil {
			return err
		}
		if q.Index >= tree.N {
			return errors.New("outside of the tree")
		}
		return tlog.CheckRecord(tlog.RecordProof(proof), tree.N, tree.Hash, q.Index, tlog.RecordHash(q.Leaf))
	case "consistency":
		old, err := open(q.Old, q.Keys)
		if err != nil {
			return err
		}
		proof, err := hashes(q.Proof)
		if err != nil {
			return err
		}
		if old.N < 1 || old.N > tree.N {
			return errors.New("no earlier tree")
		}
		return tlog.CheckTree(tlog.TreeProof(proof), tree.N, tree.Hash, old.N, old.Hash)
	case "tiles":
		return q.everyBundle(tree)
	}
	return errors.New("unknown question")
}

// Opens a note that all keys must have signed, and reads it as a checkpoint.
func open(text string, keys []string) (tlog.Tree, error) {
	var tree tlog.Tree
	var verifiers []note.Verifier
	for _, key := range keys {
		verifier, err := verifierOf(key)
		if err != nil {
			return tree, err
		}
		verifiers = append(verifiers, verifier)
	}
	opened, err := note.Open([]byte(text), note.VerifierList(verifiers...))
	if err != nil {
		return tree, err
	}
	if len(opened.Sigs) != len(keys) {
		return tree, fmt.Errorf("%d of %d keys have signed", len(opened.Sigs), len(keys))
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != verifiers[0].Name() {
		return tree, errors.New("not a checkpoint of the first key's log")
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

func verifierOf(key string) (note.Verifier, error) {
	parts := strings.SplitN(key, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("not a verifier key")
	}
	bytes, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(bytes) != 33 || bytes[0] != 4 {
		return note.NewVerifier(key)
	}
	hash := sha256.Sum256(append([]byte(parts[0]+"\n"), bytes...))
	id := binary.BigEndian.Uint32(hash[:])
	if fmt.Sprintf("%08x", id) != parts[1] {
		return nil, errors.New("wrong key ID")
	}
	return &cosigner{parts[0], id, ed25519.PublicKey(bytes[1:])}, nil
}

// C2SP tlog-cosignature of Ed25519, which the package does not know.
type cosigner struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.id }
func (c *cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	signed := append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", time), text...)
	return ed25519.Verify(c.key, signed, signature[8:])
}

func hashes(proof [][]byte) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, bytes := range proof {
		if len(bytes) != tlog.HashSize {
			return nil, errors.New("not a hash")
		}
		found = append(found, tlog.Hash(bytes))
	}
	return found, nil
}

const tileHeight = 8

// Every entry of every bundle is in the tree, by tiles that the package authenticates.
func (q *question) everyBundle(tree tlog.Tree) error {
	reader := tlog.TileHashReader(tree, &tiles{q: q, kept: map[tlog.Tile][]byte{}})
	for first := int64(0); first < tree.N; first += 1 << tileHeight {
		width := min(tree.N-first, 1<<tileHeight)
		bundle := tlog.Tile{H: tileHeight, L: -1, N: first >> tileHeight, W: int(width)}
		data, err := q.fetch(bundle)
		if err != nil {
			return err
		}
		var indexes []int64
		for i := range width {
			indexes = append(indexes, tlog.StoredHashIndex(0, first+i))
		}
		stored, err := reader.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i := range width {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return fmt.Errorf("bundle of entry %d is too short", first+i)
			}
			length := 2 + int(binary.BigEndian.Uint16(data))
			if tlog.RecordHash(data[2:length]) != stored[i] {
				return fmt.Errorf("entry %d is not that of the tree", first+i)
			}
			data = data[length:]
		}
		if len(data) != 0 {
			return fmt.Errorf("bundle of entry %d is too long", first)
		}
	}
	return nil
}

type tiles struct {
	q    *question
	kept map[tlog.Tile][]byte
}

func (t *tiles) Height() int { return tileHeight }

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		data, known := t.kept[tile]
		if !known {
			var err error
			if data, err = t.q.fetch(tile); err != nil {
				return nil, err
			}
		}
		read = append(read, data)
	}
	return read, nil
}

// The package calls this with what it has authenticated.
func (t *tiles) SaveTiles(saved []tlog.Tile, data [][]byte) {
	for i, tile := range saved {
		t.kept[tile] = bytes.Clone(data[i])
	}
}

// The path of C2SP tlog-tiles: without the height, and entries where the package says data.
func (q *question) fetch(tile tlog.Tile) ([]byte, error) {
	path := "tile/" + strings.Replace(strings.TrimPrefix(tile.Path(), "tile/8/"), "data/", "entries/", 1)
	if !strings.HasPrefix(q.From, "http") {
		return os.ReadFile(filepath.Join(q.From, path))
	}
	request, err := http.NewRequest("GET", q.From+"/"+path, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+q.Token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, response.Status)
	}
	return io.ReadAll(response.Body)
}
