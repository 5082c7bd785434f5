package meta

// UserScramCredential sets what a user's SCRAM logins are checked with (RFC
// 5802). No password can be worked out from it but by trying.
type UserScramCredential struct {
	Name       string
	Mechanism  int8 // see ScramSHA256 and its sibling
	Salt       []byte
	StoredKey  []byte
	ServerKey  []byte
	Iterations int32
	unknown    []RawTag
}

// The SCRAM mechanisms, as Kafka numbers them (ScramMechanism).
const (
	ScramSHA256 int8 = 1
	ScramSHA512 int8 = 2
)

func (*UserScramCredential) shape() (typ, version uint32) { return TypeUserScramCredential, 0 }

func (r *UserScramCredential) fields(c *coder, _ uint32) {
	c.string(&r.Name)
	c.int8(&r.Mechanism)
	c.bytes(&r.Salt)
	c.bytes(&r.StoredKey)
	c.bytes(&r.ServerKey)
	c.int32(&r.Iterations)
	c.tags(&r.unknown)
}

// RemoveScramCredential removes a user's credential of one mechanism.
type RemoveScramCredential struct {
	Name      string
	Mechanism int8
	unknown   []RawTag
}

func (*RemoveScramCredential) shape() (typ, version uint32) { return TypeRemoveScramCredential, 0 }

func (r *RemoveScramCredential) fields(c *coder, _ uint32) {
	c.string(&r.Name)
	c.int8(&r.Mechanism)
	c.tags(&r.unknown)
}

// QuotaEntity is one part of what a quota is for: "user", "client-id" or "ip",
// and its name; nil stands for all that have no quota of their own.
type QuotaEntity struct {
	Type    string
	Name    *string
	unknown []RawTag
}

// ClientQuota sets, or removes, one limit of an entity.
type ClientQuota struct {
	Entity  []QuotaEntity
	Key     string
	Value   float64 // ignored with Remove
	Remove  bool
	unknown []RawTag
}

func (*ClientQuota) shape() (typ, version uint32) { return TypeClientQuota, 0 }

func (r *ClientQuota) fields(c *coder, _ uint32) {
	array(c, &r.Entity, 3, func(e *QuotaEntity) {
		c.string(&e.Type)
		c.nullString(&e.Name)
		c.tags(&e.unknown)
	})
	c.string(&r.Key)
	c.float64(&r.Value)
	c.bool(&r.Remove)
	c.tags(&r.unknown)
}
