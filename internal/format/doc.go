// Package format turns records into bytes, and bytes into records: the -f of the
// record commands.
//
// What flows in: a format's name or template, then one *kgo.Record after the
// other. What flows out: bytes appended to the caller's buffer, without an
// allocation a record. Or bytes flow in, and records that alias them flow out. It must not import cobra, internal/cli, internal/out or
// any pkg of this module.
//
// # Formats
//
//	value    the value and a line end; a null value is an empty line
//	json     one line a record, the envelope below; loses nothing
//	pretty   one line for people, for a terminal; control characters escaped
//	…{{…     anything with {{ in it is a Go template, of the methods of Record
//	…%…      anything else with a % in it is a template
//
// On a terminal (Options.Terminal) no format lets a record's control characters
// through: they are escaped as \xNN, but for tabs, and for line ends in value
// lines and templates. The text of a template itself is printed as it is.
//
// # Go templates
//
// Nothing is added at the end, and outside of {{ }} the escapes below hold. The
// functions beside Go's own are json (of text as in the envelope), hex, base64,
// upper and lower.
//
// # Envelope
//
//	{"topic":"t","partition":0,"offset":42,"ts":1700000000123,"tstype":"create","key":"k","value":"v","headers":[["h","v"],["n",null]]}
//
// The keys always come in this order. A key or value that is not valid UTF-8 is
// "keyb64" or "valueb64", in standard base64, in place of "key" or "value"; JSON
// null is Kafka's null, "" is empty. Headers are pairs in the record's order,
// duplicates kept; a value is a string, null, or {"b64":"…"}; a name that is not
// valid UTF-8 is {"b64":"…"} too. ts is in milliseconds; tstype is "create" or
// "append", and left out for records older than timestamps.
//
// # Decoded records
//
// Options.Decode makes the records of __consumer_offsets, __transaction_state and
// __share_group_state readable. In an envelope key and value are objects, with the field names of
// Kafka's own formatters, and behind them stands what they are:
//
//	"key":{"group":"g","topic":"t","partition":0},"keytype":"OffsetCommit","value":{"offset":5,…},"valuetype":"OffsetCommit/4"
//
// The number is the value's version. A tombstone's value is null. What is not
// decoded stays as it is, without a type; "valueerr" says why, if it should have
// been. All other formats get text for key and value: the kind and name=value
// pairs, "tombstone" for a null value; value lines have both in one. Such
// envelopes are not read: the bytes are not in them.
//
// # Templates
//
// What is not a verb is printed as it is; nothing is added at the end. Escapes
// are \n \r \t \0 \\ and \xNN. The verbs are those of kcat and of franz-go:
//
//	%t  topic                    %p  partition          %o  offset
//	%k  key                      %K  its length         %e  leader epoch
//	%v  value, also %s           %V  its length, also %S
//	%T  timestamp, also %d       %h  headers            %H  their number
//	%a{…} attribute              %x  producer id        %y  producer epoch
//	%i  number of the record in this output, from 1
//	%R  value length as four bytes, big endian (kcat)
//	%%  %{  %}  the characters themselves
//
// A length is -1 for null, as in kcat (franz-go prints 0). %T is kcat's, the
// timestamp in milliseconds, not franz-go's length of the topic. A null key or
// value prints nothing.
//
// Braces after a verb say how to print it:
//
//	text (%t %k %v %s)      {hex} {base64} {base64raw} {unpack[…]} as in franz-go;
//	                        {q}: a JSON string or null, {"b64":"…"} for other bytes
//	numbers                 {ascii} {hex} {hex64} … {hex4} {big64} … {big8}
//	                        {little64} … {little8} {byte} {bool}
//	times (%T %d)           {ms} {us} {ns} {s}, a number's, {rfc3339},
//	                        {go[2006-01-02]}, {strftime[%F]}; all in UTC
//	%a                      {compression} {timestamp-type} {transactional-bit}
//	                        {control-bit}, each also {…;NUMBER}
//	%h                      bare: name=value,name=value (kcat); {json}: pairs as in
//	                        the envelope; else a template of %k %K %v %V for each
//
// # Reading
//
// A line is a value, whatever it is. An envelope may have its fields in any
// order, white space between them, and leave out all but the value; a key or
// value that is an object, array, number, true or false stands for its own text,
// without white space. The JSON of kcat -J, rpk and kaf is read too: payload is
// the value, timestamp is ts, and headers are names and values in turn, or
// objects with key and value. All else is refused: a field that is unknown or there
// twice, bytes that are not UTF-8, half of a surrogate pair. Topic, offset and
// tstype are checked and not used.
//
// A template reads what it prints: every text in it needs its length before it
// (%K %V, and %H before %h{…}), or characters behind it, or {q}. {q}, {hex},
// {base64}, {json} and all numbers but {bool} can be read; {unpack}, {go},
// {strftime}, %a and a bare %h cannot. A number that is a length, 16 bits or
// more and all ones, is -1. The end of the input stands for the characters that
// end the template. Go templates and pretty cannot be read.
package format
