package client

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"hash"
	"strings"

	"kq/internal/conf"
)

var (
	errKeyPassword = errors.New("ssl.key.password does not open the key")
	errKeyCipher   = errors.New("the key is encrypted in a way that kq does not know")
)

// privateKey is the first private key among blocks.
func privateKey(from conf.PEM, blocks []*pem.Block, password string) (crypto.PrivateKey, error) {
	for _, b := range blocks {
		if !strings.HasSuffix(b.Type, "PRIVATE KEY") {
			continue
		}
		der := b.Bytes
		switch {
		case strings.Contains(b.Headers["Proc-Type"], "ENCRYPTED"):
			return nil, wrong(from, "convert it: openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW", "%w", errKeyCipher)
		case b.Type == "ENCRYPTED PRIVATE KEY":
			if password == "" {
				return nil, wrong(from, "give its password: "+conf.Env("ssl.key.password")+", or -X ssl.key.password=…", "the key is encrypted")
			}
			var err error
			if der, err = decryptPKCS8(der, password); errors.Is(err, errKeyCipher) {
				return nil, wrong(from, "convert it: openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW", "%w", err)
			} else if err != nil {
				return nil, wrong(from, "", "%w", err)
			}
		}
		key, err := parseKey(der)
		if err != nil {
			if b.Type == "ENCRYPTED PRIVATE KEY" {
				err = errKeyPassword // what a wrong password leaves may look padded well
			}
			return nil, wrong(from, "", "%w", err)
		}
		return key, nil
	}
	return nil, wrong(from, "give the key: ssl.key.location", "there is no private key in it")
}

func parseKey(der []byte) (crypto.PrivateKey, error) {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key, nil
	}
	return nil, errors.New("not a private key that kq knows: RSA, ECDSA or Ed25519")
}

// encryptedKey is EncryptedPrivateKeyInfo of RFC 5208 with the parameters of
// PBES2, RFC 8018 appendix A.4.
type encryptedKey struct {
	Algorithm struct {
		ID     asn1.ObjectIdentifier
		Params struct {
			KDF struct {
				ID     asn1.ObjectIdentifier
				Params struct {
					Salt       []byte
					Iterations int
					KeyLength  int                      `asn1:"optional"`
					PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
				}
			}
			Cipher struct {
				ID asn1.ObjectIdentifier
				IV []byte
			}
		}
	}
	Data []byte
}

// maxIterations bounds the work that a key file can ask for.
const maxIterations = 10_000_000

// decryptPKCS8 opens a key that PBES2 has encrypted with AES-CBC, which is what
// openssl and Java write.
func decryptPKCS8(der []byte, password string) ([]byte, error) {
	var k encryptedKey
	if rest, err := asn1.Unmarshal(der, &k); err != nil || len(rest) > 0 {
		return nil, errKeyCipher
	}
	kdf, enc := k.Algorithm.Params.KDF, k.Algorithm.Params.Cipher
	size := map[string]int{"2.16.840.1.101.3.4.1.2": 16, "2.16.840.1.101.3.4.1.22": 24, "2.16.840.1.101.3.4.1.42": 32}[enc.ID.String()]
	prf := map[string]func() hash.Hash{
		"": sha1.New, "1.2.840.113549.2.7": sha1.New, "1.2.840.113549.2.9": sha256.New, "1.2.840.113549.2.10": sha512.New384, "1.2.840.113549.2.11": sha512.New,
	}[kdf.Params.PRF.Algorithm.String()]
	switch {
	case k.Algorithm.ID.String() != "1.2.840.113549.1.5.13", kdf.ID.String() != "1.2.840.113549.1.5.12", size == 0, prf == nil,
		len(enc.IV) != aes.BlockSize, kdf.Params.Iterations < 1, kdf.Params.Iterations > maxIterations:
		return nil, errKeyCipher
	}
	key, err := pbkdf2.Key(prf, password, kdf.Params.Salt, kdf.Params.Iterations, size)
	if err != nil {
		return nil, errKeyCipher
	}
	block, err := aes.NewCipher(key)
	if err != nil || len(k.Data) == 0 || len(k.Data)%aes.BlockSize != 0 {
		return nil, errKeyCipher
	}
	plain := make([]byte, len(k.Data))
	cipher.NewCBCDecrypter(block, enc.IV).CryptBlocks(plain, k.Data)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > aes.BlockSize {
		return nil, errKeyPassword
	}
	return plain[:len(plain)-pad], nil
}
