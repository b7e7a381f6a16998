// SPDX-License-Identifier: LGPL-2.1-or-later
/* The commands and options: help, parsing and completion follow from here. */
#include <string.h>

#include "boot-policy.h"
#include "master.h"
#include "move.h"

#define FORMATS		"pem|der|pkcs8|spki|pkcs12|jwk|openssh|raw"
#define O(name)		OPTION_BIT(OPTION_##name)

/* What several commands have in common. */
#define POLICY	(O(ALGORITHM) | O(DIGEST) | O(NOT_BEFORE) | O(NOT_AFTER) | O(MAX_USES) | \
		 O(MAX_USES_PER_BOOT) | O(RATE) | O(ROTATE_EVERY) | O(IDLE) | O(CALLER_NONCE) | \
		 O(EXPORTABLE) | O(KEEP_INSIDE) | O(GRANT) | O(BIND))
#define NEW_KEY	(O(TYPE) | O(PURPOSE) | O(PROVIDER) | O(PIN) | O(PIN_TRIES) | O(NEW_PIN_FD) | \
		 O(ADMIN_CODE_FD) | O(REPLACE) | O(JSON) | O(TIMEOUT))
#define BOUNDS	(POLICY & ~O(ALGORITHM) & ~O(DIGEST))
#define METHOD	(O(ALGORITHM) | O(DIGEST) | O(VERSION) | O(PIN_FD) | O(TIMEOUT))
#define RECORDS	(O(SINCE) | O(KEY) | O(USER) | O(FAILED) | O(INPUT) | O(TIMEOUT))
#define FILES	(O(INPUT) | O(OUTPUT) | O(FORCE))
#define RSA	(O(MGF) | O(LABEL))
#define SIGNING	(METHOD | O(PSS_SALT) | O(MGF) | O(CONTEXT) | O(CHUNK) | O(INPUT))
#define CRYPT	(METHOD | FILES | RSA | O(AAD) | O(RAW) | O(CHUNK))
#define HKDF	(O(SALT) | O(INFO) | O(ITERATIONS) | O(LENGTH))

const struct option_row option_rows[NR_OPTIONS] = {
	[OPTION_TYPE] = { "type", 't', "TYPE", "kind of key", COMPLETE_TYPE },
	[OPTION_PURPOSE] = {
		"purpose", 'p', "PURPOSE[,...]",
		"what the key may be used for (what is usual for its type)", COMPLETE_PURPOSE
	},
	[OPTION_FORMAT] = {
		"format", 0, "FORMAT", "how the key, or the records, are written",
		COMPLETE_FORMAT
	},
	[OPTION_HEX] = {
		"hex", 0, NULL, "the bytes of a raw key are written in hexadecimal digits",
		COMPLETE_NOTHING
	},
	[OPTION_PASSPHRASE_FD] = {
		"passphrase-fd", 0, "N",
		"read the passphrase of the key from descriptor N, not the terminal",
		COMPLETE_NOTHING
	},
	[OPTION_INPUT] = { "input", 'i', "FILE", "read FILE, not standard input", COMPLETE_FILE },
	[OPTION_OUTPUT] = {
		"output", 'o', "FILE", "write FILE, not standard output", COMPLETE_FILE
	},
	[OPTION_FORCE] = { "force", 'f', NULL, "replace the output file", COMPLETE_NOTHING },
	[OPTION_DIGEST] = {
		"digest", 'd', "DIGEST", "message digest; of a policy a list of digests",
		COMPLETE_DIGEST
	},
	[OPTION_SIGNATURE] = {
		"signature", 's', "FILE", "the signature; of a command several",
		COMPLETE_FILE
	},
	[OPTION_VERIFY] = {
		"verify", 0, "MAC", "verify this MAC: hexadecimal digits, or a file with them",
		COMPLETE_FILE
	},
	[OPTION_ALGORITHM] = {
		"algorithm", 'a', "ALGORITHM",
		"how the key is used; of a policy a list of algorithms", COMPLETE_ALGORITHM
	},
	[OPTION_VERSION] = {
		"version", 0, "N", "version of the key (the newest)", COMPLETE_NOTHING
	},
	[OPTION_NOT_BEFORE] = {
		"not-before", 0, "TIME", "not to be used before: 2026-12-31T10:00Z or +30d",
		COMPLETE_NOTHING
	},
	[OPTION_NOT_AFTER] = {
		"not-after", 0, "TIME", "not to be used after", COMPLETE_NOTHING
	},
	[OPTION_MAX_USES] = {
		"max-uses", 0, "N", "how often the key may be used at all", COMPLETE_NOTHING
	},
	[OPTION_MAX_USES_PER_BOOT] = {
		"max-uses-per-boot", 0, "N", "how often until the next boot", COMPLETE_NOTHING
	},
	[OPTION_RATE] = {
		"rate", 0, "N/SECONDS", "how often in how many seconds", COMPLETE_NOTHING
	},
	[OPTION_ROTATE_EVERY] = {
		"rotate-every", 0, "DURATION", "make a new version after this time: 90d",
		COMPLETE_NOTHING
	},
	[OPTION_IDLE] = {
		"idle", 0, "DURATION", "end a session after this time without use",
		COMPLETE_NOTHING
	},
	[OPTION_CALLER_NONCE] = {
		"caller-nonce", 0, NULL, "who encrypts may choose the nonce", COMPLETE_NOTHING
	},
	[OPTION_EXPORTABLE] = {
		"exportable", 0, NULL, "the key may leave, wrapped", COMPLETE_NOTHING
	},
	[OPTION_KEEP_INSIDE] = {
		"keep-inside", 0, NULL, "what is agreed or derived only becomes a new key",
		COMPLETE_NOTHING
	},
	[OPTION_GRANT] = {
		"grant", 0, "CONDITION=VALUE[,...]",
		"let others use the key: uid, gid, exe, exe-digest, unit, cgroup, label; purposes",
		COMPLETE_NOTHING
	},
	[OPTION_BIND] = {
		"bind", 0, "CONDITION=VALUE[,...]", "what must hold for the owner, too",
		COMPLETE_NOTHING
	},
	[OPTION_CLEAR] = {
		"clear", 0, "RULE[,...]", "take back rules of the policy, named as --json has them",
		COMPLETE_NOTHING
	},
	[OPTION_PROVIDER] = {
		"provider", 0, "PROVIDER", "where the key works: sealed (in the daemon), or tpm",
		COMPLETE_NOTHING
	},
	[OPTION_PIN] = {
		"pin", 0, "MODE",
		"the key needs a PIN: per-use, session, or for so long: 5m", COMPLETE_NOTHING
	},
	[OPTION_PIN_TRIES] = {
		"pin-tries", 0, "N", "how many wrong PINs lock the key (5)", COMPLETE_NOTHING
	},
	[OPTION_PIN_FD] = {
		"pin-fd", 0, "N", "read the PIN from descriptor N, not the terminal",
		COMPLETE_NOTHING
	},
	[OPTION_NEW_PIN_FD] = {
		"new-pin-fd", 0, "N", "read the new PIN from descriptor N", COMPLETE_NOTHING
	},
	[OPTION_ADMIN_CODE_FD] = {
		"admin-code-fd", 0, "N",
		"read the code that unlocks the PIN from descriptor N", COMPLETE_NOTHING
	},
	[OPTION_REPLACE] = {
		"replace", 0, NULL, "delete a key that has the name", COMPLETE_NOTHING
	},
	[OPTION_COUNT] = {
		"count", 0, "N", "make N keys: NAME-000001 and so on; or N shares",
		COMPLETE_NOTHING
	},
	[OPTION_DELETED] = {
		"deleted", 0, NULL, "those that are deleted and can be restored", COMPLETE_NOTHING
	},
	[OPTION_LIMIT] = { "limit", 0, "N", "at most N", COMPLETE_NOTHING },
	[OPTION_AFTER] = {
		"after", 0, "NAME", "begin behind this name", COMPLETE_NOTHING
	},
	[OPTION_NOW] = {
		"now", 0, NULL, "erase it at once, never to be restored", COMPLETE_NOTHING
	},
	[OPTION_RENAME] = {
		"rename", 0, "NEW-NAME", "give it another name", COMPLETE_NOTHING
	},
	[OPTION_PSS_SALT] = {
		"pss-salt", 0, "N", "bytes of salt of RSA-PSS (those of the digest)",
		COMPLETE_NOTHING
	},
	[OPTION_MGF] = {
		"mgf", 0, "DIGEST", "digest of MGF1 of RSA-PSS and RSA-OAEP (--digest)",
		COMPLETE_DIGEST
	},
	[OPTION_LABEL] = {
		"label", 0, "BYTES", "label of RSA-OAEP: text, hex:00ff or file:PATH",
		COMPLETE_NOTHING
	},
	[OPTION_CONTEXT] = {
		"context", 0, "BYTES", "context of Ed448, identifier of the signer of SM2",
		COMPLETE_NOTHING
	},
	[OPTION_AAD] = {
		"aad", 0, "BYTES", "associated data of an AEAD (with --raw)", COMPLETE_NOTHING
	},
	[OPTION_NONCE] = {
		"nonce", 0, "BYTES", "nonce of this message, if the policy allows it (with --raw)",
		COMPLETE_NOTHING
	},
	[OPTION_RAW] = {
		"raw", 0, NULL, "one message, no stream: nonce, ciphertext, tag", COMPLETE_NOTHING
	},
	[OPTION_CHUNK] = {
		"chunk", 0, "BYTES", "put the message in by parts of this length",
		COMPLETE_NOTHING
	},
	[OPTION_PEER] = {
		"peer", 0, "FILE", "public key of the other side, PEM or DER", COMPLETE_FILE
	},
	[OPTION_SALT] = {
		"salt", 0, "BYTES", "salt of HKDF or PBKDF2: text, hex:00ff or file:PATH",
		COMPLETE_NOTHING
	},
	[OPTION_INFO] = { "info", 0, "BYTES", "info of HKDF", COMPLETE_NOTHING },
	[OPTION_ITERATIONS] = {
		"iterations", 0, "N", "iterations of PBKDF2", COMPLETE_NOTHING
	},
	[OPTION_LENGTH] = { "length", 0, "BYTES", "how many bytes to derive", COMPLETE_NOTHING },
	[OPTION_WITH] = {
		"with", 0, "KEY", "the key that wraps or unwraps; to sign a command, its file",
		COMPLETE_KEY
	},
	[OPTION_FOR] = {
		"for", 0, "FILE", "wrap for this public key, PEM or DER", COMPLETE_FILE
	},
	[OPTION_COMPROMISED] = {
		"compromised", 0, NULL, "also with a compromised key", COMPLETE_NOTHING
	},
	[OPTION_LIST] = { "list", 0, NULL, "only list the cells", COMPLETE_NOTHING },
	[OPTION_RUN] = { "run", 0, NULL, "test every cell", COMPLETE_NOTHING },
	[OPTION_SINCE] = {
		"since", 0, "TIME", "only records from then on: 2026-12-31T10:00Z",
		COMPLETE_NOTHING
	},
	[OPTION_KEY] = {
		"key", 0, "KEY", "only records about this key: its name, or @ID", COMPLETE_NOTHING
	},
	[OPTION_USER] = {
		"user", 0, "USER", "only records about this user, by name or number",
		COMPLETE_NOTHING
	},
	[OPTION_FAILED] = { "failed", 0, NULL, "only what failed", COMPLETE_NOTHING },
	[OPTION_HEAD] = {
		"head", 0, "HEX", "hash that one of the records must have", COMPLETE_NOTHING
	},
	[OPTION_ANCHOR] = {
		"anchor", 0, "HEX", "what the index of the TPM has", COMPLETE_NOTHING
	},
	[OPTION_SUBJECT] = {
		"subject", 0, "/CN=NAME...", "whose key it is, as OpenSSL writes it",
		COMPLETE_NOTHING
	},
	[OPTION_SAN] = {
		"san", 0, "DNS:NAME,IP:ADDRESS...",
		"other names: DNS, IP, email, URI", COMPLETE_NOTHING
	},
	[OPTION_DAYS] = {
		"days", 0, "N", "how long the certificate is valid", COMPLETE_NOTHING
	},
	[OPTION_CHALLENGE] = {
		"challenge", 0, "HEX", "what the attestation answers, up to 48 bytes",
		COMPLETE_NOTHING
	},
	[OPTION_ANONYMOUS] = {
		"anonymous", 0, NULL, "without what tells this machine from others",
		COMPLETE_NOTHING
	},
	[OPTION_FROM_SOFTHSM] = {
		"from-softhsm", 0, "FOLDER", "folder of SoftHSM's token", COMPLETE_FILE
	},
	[OPTION_PART] = {
		"part", 0, "N/M", "it is part N of M, 2 or 3 (generate the whole key)",
		COMPLETE_NOTHING
	},
	[OPTION_ADMIN] = {
		"admin", 0, "NAME[=FILE]",
		"an administrator, with the public key in FILE; several times", COMPLETE_FILE
	},
	[OPTION_COMMIT] = {
		"commit", 0, "N", "administrators needed for a command", COMPLETE_NOTHING
	},
	[OPTION_REVOKE] = {
		"revoke", 0, "N", "administrators needed to revoke one", COMPLETE_NOTHING
	},
	[OPTION_THRESHOLD] = {
		"threshold", 0, "K", "shares that are needed", COMPLETE_NOTHING
	},
	[OPTION_SHARE] = {
		"share", 0, "FILE", "a share of the master key; several times", COMPLETE_FILE
	},
	[OPTION_AUTHORITY] = {
		"authority", 0, "FILE", "public key of who approves boots, PEM", COMPLETE_FILE
	},
	[OPTION_PCRS] = {
		"pcrs", 0, "BANK:N[,...]", "which PCRs: sha256:7,11", COMPLETE_NOTHING
	},
	[OPTION_REFERENCE] = {
		"reference", 0, "TEXT", "what approvals are for; another one withdraws them",
		COMPLETE_NOTHING
	},
	[OPTION_YES] = { "yes", 'y', NULL, "do not ask", COMPLETE_NOTHING },
	[OPTION_JSON] = { "json", 0, NULL, "write JSON", COMPLETE_NOTHING },
	[OPTION_TIMEOUT] = {
		"timeout", 0, "SECONDS", "give up after this time (30)", COMPLETE_NOTHING
	},
	[OPTION_HELP] = { "help", 'h', NULL, "tell about the command", COMPLETE_NOTHING },
};

static const struct command commands[] = {
	{
		.name = "status",
		.help = "Show how the daemon, its store and its TPM are",
		.options = O(JSON) | O(TIMEOUT),
		.run = run_status,
	},
	{
		.name = "import",
		.help = "Move the keys of another key store, with certificates and labels",
		.options = O(FROM_SOFTHSM) | O(PIN_FD),
		.needed = O(FROM_SOFTHSM),
		.run = run_import,
	},
	{
		.name = "key generate",
		.arguments = "NAME",
		.help = "Make a key",
		.nr_args = 1,
		.options = NEW_KEY | POLICY | O(COUNT),
		.needed = O(TYPE),
		.run = run_key_generate,
	},
	{
		.name = "key import",
		.arguments = "NAME",
		.help = "Take in a key from a file or standard input",
		.nr_args = 1,
		.options = NEW_KEY | POLICY | O(FORMAT) | O(HEX) | O(PASSPHRASE_FD) | O(INPUT),
		.formats = FORMATS,
		.run = run_key_import,
	},
	{
		.name = "key public",
		.arguments = "KEY",
		.help = "Write the public part of a key",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(FORMAT) | O(VERSION) | O(OUTPUT) | O(FORCE) | O(TIMEOUT),
		.formats = "pem|der|openssh|jwk",
		.run = run_key_public,
	},
	{
		.name = "key csr",
		.arguments = "KEY",
		.help = "Ask for a certificate of a key (PKCS#10)",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(SUBJECT) | O(SAN) | O(ALGORITHM) | O(DIGEST) | O(FORMAT) | O(OUTPUT) |
			   O(FORCE) | O(PIN_FD) | O(TIMEOUT),
		.needed = O(SUBJECT),
		.formats = "pem|der",
		.run = run_key_csr,
	},
	{
		.name = "key certificate",
		.arguments = "KEY",
		.help = "Make a certificate of a key, signed by itself",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(SUBJECT) | O(SAN) | O(DAYS) | O(ALGORITHM) | O(DIGEST) | O(FORMAT) |
			   O(OUTPUT) | O(FORCE) | O(PIN_FD) | O(TIMEOUT),
		.needed = O(SUBJECT) | O(DAYS),
		.formats = "pem|der",
		.run = run_key_certificate,
	},
	{
		.name = "key wrap-for",
		.arguments = "PUBLIC-KEY",
		.help = "Wrap a key of a file for another key, to be unwrapped there",
		.nr_args = 1,
		.completion = COMPLETE_FILE,
		.options = O(ALGORITHM) | O(DIGEST) | O(TYPE) | O(FORMAT) | O(HEX) |
			   O(PASSPHRASE_FD) | O(INPUT) | O(OUTPUT) | O(FORCE),
		.needed = O(ALGORITHM),
		.formats = FORMATS,
		.run = run_key_wrap_for,
	},
	{
		.name = "key list",
		.help = "List your keys",
		.options = O(DELETED) | O(LIMIT) | O(AFTER) | O(JSON) | O(TIMEOUT),
		.run = run_key_list,
	},
	{
		.name = "key show",
		.arguments = "KEY",
		.help = "Describe a key",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(VERSION) | O(JSON) | O(TIMEOUT),
		.run = run_key_show,
	},
	{
		.name = "key rename",
		.arguments = "KEY NEW-NAME",
		.help = "Give a key another name",
		.nr_args = 2,
		.completion = COMPLETE_KEY,
		.options = O(TIMEOUT),
		.run = run_key_rename,
	},
	{
		.name = "key delete",
		.arguments = "KEY",
		.help = "Delete a key",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(NOW) | O(YES) | O(JSON) | O(TIMEOUT),
		.run = run_key_delete,
	},
	{
		.name = "key restore",
		.arguments = "KEY",
		.help = "Bring back a deleted key",
		.nr_args = 1,
		.options = O(RENAME) | O(JSON) | O(TIMEOUT),
		.run = run_key_restore,
	},
	{
		.name = "key policy",
		.arguments = "KEY",
		.help = "Show the policy of a key, or change it",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = POLICY | O(CLEAR) | O(JSON) | O(TIMEOUT),
		.run = run_key_policy,
	},
	{
		.name = "key rotate",
		.arguments = "KEY",
		.help = "Make a new version of a key",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(JSON) | O(TIMEOUT),
		.run = run_key_rotate,
	},
	{
		.name = "key versions",
		.arguments = "KEY",
		.help = "List the versions of a key",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(JSON) | O(TIMEOUT),
		.run = run_key_versions,
	},
	{
		.name = "key activate",
		.arguments = "KEY",
		.help = "Put a key into service",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(VERSION) | O(JSON) | O(TIMEOUT),
		.run = run_key_activate,
	},
	{
		.name = "key suspend",
		.arguments = "KEY",
		.help = "Put a key out of service for a time",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(VERSION) | O(JSON) | O(TIMEOUT),
		.run = run_key_suspend,
	},
	{
		.name = "key resume",
		.arguments = "KEY",
		.help = "Take up a suspended key",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(VERSION) | O(JSON) | O(TIMEOUT),
		.run = run_key_resume,
	},
	{
		.name = "key deactivate",
		.arguments = "KEY",
		.help = "Put a key out of service: it only decrypts and verifies",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(VERSION) | O(JSON) | O(TIMEOUT),
		.run = run_key_deactivate,
	},
	{
		.name = "key compromise",
		.arguments = "KEY",
		.help = "Mark a key as known to others",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(VERSION) | O(JSON) | O(TIMEOUT),
		.run = run_key_compromise,
	},
	{
		.name = "key agree",
		.arguments = "KEY NEW-NAME",
		.help = "Agree on a secret and keep it as a new key",
		.nr_args = 2,
		.completion = COMPLETE_KEY,
		.options = NEW_KEY | BOUNDS | HKDF | O(PIN_FD) | O(PEER) | O(ALGORITHM) | O(DIGEST),
		.needed = O(TYPE) | O(PEER),
		.run = run_key_agree,
	},
	{
		.name = "key derive",
		.arguments = "KEY NEW-NAME",
		.help = "Derive a secret and keep it as a new key",
		.nr_args = 2,
		.completion = COMPLETE_KEY,
		.options = NEW_KEY | BOUNDS | HKDF | O(PIN_FD) | O(ALGORITHM) | O(DIGEST),
		.needed = O(TYPE),
		.run = run_key_derive,
	},
	{
		.name = "key wrap",
		.arguments = "KEY",
		.help = "Give out a key, wrapped under another or for a public key",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(WITH) | O(FOR) | O(ALGORITHM) | O(DIGEST) | O(VERSION) | O(FORMAT) |
			   RSA | O(PIN_FD) | O(OUTPUT) | O(FORCE) | O(TIMEOUT),
		.needed = O(ALGORITHM),
		.formats = "raw|pkcs8",
		.run = run_key_wrap,
	},
	{
		.name = "key unwrap",
		.arguments = "NAME",
		.help = "Take in a key that was wrapped",
		.nr_args = 1,
		.options = NEW_KEY | BOUNDS | O(WITH) | O(ALGORITHM) | O(DIGEST) | O(FORMAT) | RSA |
			   O(PIN_FD) | O(INPUT),
		.needed = O(TYPE) | O(WITH) | O(ALGORITHM),
		.formats = "raw|pkcs8",
		.run = run_key_unwrap,
	},
	{
		.name = "pin check",
		.arguments = "KEY",
		.help = "See whether the PIN of a key is right; a wrong one costs a try",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(PIN_FD) | O(JSON) | O(TIMEOUT),
		.run = run_pin_check,
	},
	{
		.name = "pin change",
		.arguments = "KEY",
		.help = "Give a key another PIN",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(PIN_FD) | O(NEW_PIN_FD) | O(ADMIN_CODE_FD) | O(JSON) | O(TIMEOUT),
		.run = run_pin_change,
	},
	{
		.name = "pin unlock",
		.arguments = "KEY",
		.help = "Unlock a key by its administrator's code",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(ADMIN_CODE_FD) | O(NEW_PIN_FD) | O(JSON) | O(TIMEOUT),
		.run = run_pin_unlock,
	},
	{
		.name = "encrypt",
		.arguments = "KEY",
		.help = "Encrypt data of any length",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = CRYPT | O(NONCE),
		.run = run_encrypt,
	},
	{
		.name = "decrypt",
		.arguments = "KEY",
		.help = "Decrypt what encrypt has made",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = CRYPT | O(COMPROMISED),
		.run = run_decrypt,
	},
	{
		.name = "sign",
		.arguments = "KEY",
		.help = "Sign data",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = SIGNING | O(OUTPUT) | O(FORCE),
		.run = run_sign,
	},
	{
		.name = "verify",
		.arguments = "KEY",
		.help = "Verify a signature",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = SIGNING | O(SIGNATURE) | O(COMPROMISED),
		.needed = O(SIGNATURE),
		.run = run_verify,
	},
	{
		.name = "mac",
		.arguments = "KEY",
		.help = "Compute the MAC of data, or verify it",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = METHOD | FILES | O(CHUNK) | O(VERIFY) | O(COMPROMISED),
		.run = run_mac,
	},
	{
		.name = "agree",
		.arguments = "KEY",
		.help = "Agree on a secret and write it",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = METHOD | O(PEER) | O(OUTPUT) | O(FORCE),
		.needed = O(PEER),
		.run = run_agree,
	},
	{
		.name = "derive",
		.arguments = "KEY",
		.help = "Derive a secret and write it",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = METHOD | HKDF | O(OUTPUT) | O(FORCE),
		.needed = O(LENGTH),
		.run = run_derive,
	},
	{
		.name = "explain",
		.arguments = "CODE|all",
		.help = "Explain an error: its cause and cure",
		.nr_args = 1,
		.completion = COMPLETE_ERROR,
		.options = O(JSON),
		.run = run_explain,
	},
	{
		.name = "matrix",
		.help = "Test every type with every algorithm and digest against OpenSSL",
		.options = O(LIST) | O(RUN) | O(TYPE) | O(ALGORITHM) | O(JSON) | O(TIMEOUT),
		.run = run_matrix,
	},
	{
		.name = "limits",
		.help = "Show features and limits of module, library and algorithms",
		.options = O(JSON),
		.run = run_limits,
	},
	{
		.name = "sessions",
		.help = "List the open sessions of all users (root)",
		.options = O(JSON),
		.run = run_sessions,
	},
	{
		.name = "attest",
		.arguments = "KEY",
		.help = "Prove what a key is, by certificates with what the TPM says",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(CHALLENGE) | O(ANONYMOUS) | O(VERSION) | O(FORMAT) | O(OUTPUT) |
			   O(FORCE) | O(TIMEOUT),
		.needed = O(CHALLENGE),
		.formats = "pem|der",
		.run = run_attest,
	},
	{
		.name = "tpm ak",
		.help = "Write the key that attests, for 'uks-verify credential'",
		.options = O(OUTPUT) | O(FORCE) | O(TIMEOUT),
		.run = run_tpm_ak,
	},
	{
		.name = "tpm activate",
		.arguments = "CREDENTIAL",
		.help = "Open a credential, to prove in which TPM that key is",
		.nr_args = 1,
		.completion = COMPLETE_FILE,
		.options = O(OUTPUT) | O(FORCE) | O(TIMEOUT),
		.run = run_tpm_activate,
	},
	{
		.name = "tpm policy show",
		.help = "Show which boots open the master key, and what the PCRs hold (root)",
		.options = O(PCRS) | O(JSON) | O(TIMEOUT),
		.run = run_tpm_policy_show,
	},
	{
		.name = "tpm policy sign",
		.arguments = "VALUES",
		.help = "Approve values of PCRs, or write what is to be signed; needs no daemon",
		.nr_args = 1,
		.completion = COMPLETE_FILE,
		.options = O(AUTHORITY) | O(REFERENCE) | O(WITH) | O(PASSPHRASE_FD) |
			   O(SIGNATURE) | O(OUTPUT) | O(FORCE),
		.needed = O(AUTHORITY),
		.run = run_tpm_policy_sign,
	},
	{
		.name = "tpm policy set",
		.arguments = "APPROVAL",
		.help = "Seal the master key for boots that an authority approves (root)",
		.nr_args = 1,
		.completion = COMPLETE_FILE,
		.options = O(AUTHORITY) | O(REFERENCE) | O(TIMEOUT),
		.needed = O(AUTHORITY),
		.run = run_tpm_policy_set,
	},
	{
		.name = "tpm policy approve",
		.arguments = "APPROVAL",
		.help = "Take in an approval of other boots, also while this one is refused (root)",
		.nr_args = 1,
		.completion = COMPLETE_FILE,
		.options = O(TIMEOUT),
		.run = run_tpm_policy_approve,
	},
	{
		.name = "tpm policy clear",
		.help = "Seal the master key for any boot (root)",
		.options = O(TIMEOUT),
		.run = run_tpm_policy_clear,
	},
	{
		.name = "stats",
		.help = "Show the module's counters (root)",
		.options = O(JSON),
		.run = run_stats,
	},
	{
		.name = "zeroize",
		.help = "End all sessions of all users and wipe their keys from the kernel (root)",
		.options = O(YES) | O(JSON),
		.run = run_zeroize,
	},
	{
		.name = "master status",
		.help = "Show the master key's registers, patterns and administrators (root)",
		.options = O(JSON) | O(TIMEOUT),
		.run = run_master_status,
	},
	{
		.name = "master init",
		.help = "Enrol the first administrators (root)",
		.options = O(ADMIN) | O(COMMIT) | O(REVOKE) | O(TIMEOUT),
		.needed = O(ADMIN) | O(COMMIT) | O(REVOKE),
		.run = run_master_init,
	},
	{
		.name = "master part",
		.help = "Make a part of a master key: random bytes",
		.options = O(OUTPUT) | O(FORCE),
		.needed = O(OUTPUT),
		.run = run_master_part,
	},
	{
		.name = "master load",
		.help = "Fill the new register: generate a key, or give a part of one (root)",
		.options = O(PART) | O(INPUT) | O(JSON) | O(TIMEOUT),
		.run = run_master_load,
	},
	{
		.name = "master clear",
		.help = "Empty the new register (root)",
		.options = O(JSON) | O(TIMEOUT),
		.run = run_master_clear,
	},
	{
		.name = "master command",
		.arguments = "enrol|revoke|commit|shares",
		.help = "Write a command for administrators to sign (root)",
		.nr_args = 1,
		.options = O(ADMIN) | O(COMMIT) | O(REVOKE) | O(THRESHOLD) | O(COUNT) | O(OUTPUT) |
			   O(FORCE) | O(TIMEOUT),
		.run = run_master_command,
	},
	{
		.name = "master sign",
		.arguments = "COMMAND",
		.help = "Sign a command; needs no daemon",
		.nr_args = 1,
		.completion = COMPLETE_FILE,
		.options = O(WITH) | O(PASSPHRASE_FD) | O(OUTPUT) | O(FORCE),
		.needed = O(WITH),
		.run = run_master_sign,
	},
	{
		.name = "master submit",
		.arguments = "COMMAND",
		.help = "Do what a command says, with its signatures (root)",
		.nr_args = 1,
		.completion = COMPLETE_FILE,
		.options = O(SIGNATURE) | O(OUTPUT) | O(FORCE) | O(TIMEOUT),
		.run = run_master_submit,
	},
	{
		.name = "master rotate",
		.help = "Take the committed master key into use: seal every key anew (root)",
		.options = O(JSON) | O(TIMEOUT),
		.run = run_master_rotate,
	},
	{
		.name = "master shares",
		.help = "Split the master key into shares, while nobody administers it (root)",
		.options = O(THRESHOLD) | O(COUNT) | O(OUTPUT) | O(FORCE) | O(TIMEOUT),
		.needed = O(THRESHOLD) | O(COUNT) | O(OUTPUT),
		.run = run_master_shares,
	},
	{
		.name = "master recover",
		.help = "Bring a master key back from shares, to verify or restore a backup (root)",
		.options = O(SHARE) | O(TIMEOUT),
		.needed = O(SHARE),
		.run = run_master_recover,
	},
	{
		.name = "master zeroize",
		.help = "Destroy the master key and all keys under it (root)",
		.options = O(YES) | O(JSON) | O(TIMEOUT),
		.run = run_master_zeroize,
	},
	{
		.name = "backup create",
		.help = "Write an encrypted backup of all users' keys (root)",
		.options = O(OUTPUT) | O(FORCE) | O(JSON) | O(TIMEOUT),
		.needed = O(OUTPUT),
		.run = run_backup_create,
	},
	{
		.name = "backup verify",
		.arguments = "FILE",
		.help = "Read a backup whole and check it (root)",
		.nr_args = 1,
		.completion = COMPLETE_FILE,
		.options = O(JSON) | O(TIMEOUT),
		.run = run_backup_verify,
	},
	{
		.name = "restore",
		.arguments = "FILE",
		.help = "Restore a backup onto an empty store, with shares (root)",
		.nr_args = 1,
		.completion = COMPLETE_FILE,
		.options = O(SHARE) | O(JSON) | O(TIMEOUT),
		.needed = O(SHARE),
		.run = run_restore,
	},
	{
		.name = "monitor",
		.help = "Show events as they happen (root)",
		.options = O(JSON),
		.run = run_monitor,
	},
	{
		.name = "audit list",
		.help = "List the records of what the daemon decided (root)",
		.options = RECORDS | O(JSON),
		.run = run_audit_list,
	},
	{
		.name = "audit export",
		.help = "Write these records for other programs (root)",
		.options = RECORDS | O(FORMAT) | O(OUTPUT) | O(FORCE),
		.needed = O(FORMAT),
		.formats = "jsonl|cadf",
		.run = run_audit_export,
	},
	{
		.name = "audit verify",
		.help = "Find records that were altered, removed, reordered or cut off (root)",
		.options = O(INPUT) | O(HEAD) | O(ANCHOR) | O(JSON) | O(TIMEOUT),
		.run = run_audit_verify,
	},
};

const struct command *command_at(size_t index)
{
	return index < ARRAY_SIZE(commands) ? &commands[index] : NULL;
}

bool command_has(const struct command *command, enum option_id option)
{
	return option == OPTION_HELP || command->options & OPTION_BIT(option);
}

/* Do the first words of the command line name the command? Returns how many. */
static int words_match(const struct command *command, int argc, char **argv)
{
	const char *at = command->name;
	int words = 0;
	size_t len;

	do {
		len = strcspn(at, " ");
		if (words == argc || strlen(argv[words]) != len || strncmp(argv[words], at, len))
			return 0;
		words++;
		at += len;
	} while (*at++);
	return words;
}

/* Takes the words of the command off; its last word stays, as getopt wants it. */
const struct command *command_find(int *argc, char ***argv)
{
	size_t i;
	int words;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		words = words_match(&commands[i], *argc, *argv);
		if (!words)
			continue;
		*argc -= words - 1;
		*argv += words - 1;
		return &commands[i];
	}
	return NULL;
}
