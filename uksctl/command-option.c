// SPDX-License-Identifier: LGPL-2.1-or-later
/* The options of all commands. */
#include "uksctl.h"

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
	[OPTION_GRANTED] = {
		"granted", 0, NULL, "those of other users that you may use, by their ids",
		COMPLETE_NOTHING
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
	[OPTION_CERT] = {
		"cert", 0, NULL, "write certificates, PEM, and nothing else", COMPLETE_NOTHING
	},
	[OPTION_OPEN] = { "open", 0, NULL, "the open ones", COMPLETE_NOTHING },
	[OPTION_CLOSED] = { "closed", 0, NULL, "the closed ones", COMPLETE_NOTHING },
	[OPTION_URI] = {
		"uri", 'u', "URI", "algorithm of SKS, or what follows # in it", COMPLETE_NOTHING
	},
	[OPTION_HASHED] = {
		"hashed", 0, NULL, "the input is the hash of what is signed", COMPLETE_NOTHING
	},
	[OPTION_VECTOR] = {
		"vector", 0, "BYTES", "initial vector of aes.cbc: hex:00ff or file:PATH",
		COMPLETE_NOTHING
	},
	[OPTION_BIOMETRIC] = {
		"biometric", 0, NULL, "somebody was recognized; nobody proves it",
		COMPLETE_NOTHING
	},
	[OPTION_PUK_FD] = {
		"puk-fd", 0, "N", "read the PUK from descriptor N, not the terminal",
		COMPLETE_NOTHING
	},
	[OPTION_YES] = { "yes", 'y', NULL, "do not ask", COMPLETE_NOTHING },
	[OPTION_JSON] = { "json", 0, NULL, "write JSON", COMPLETE_NOTHING },
	[OPTION_TIMEOUT] = {
		"timeout", 0, "SECONDS", "give up after this time (30)", COMPLETE_NOTHING
	},
	[OPTION_HELP] = { "help", 'h', NULL, "tell about the command", COMPLETE_NOTHING },
};
