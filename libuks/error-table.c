// SPDX-License-Identifier: LGPL-2.1-or-later
/* The words about each error of <linux/uks.h>. */
#include <stdlib.h>

#include "error.h"
#include "internal.h"

#define ERROR(_name, _cause, _cure, _more)	\
	{					\
		.code = UKS_E_##_name,		\
		.name = #_name,			\
		.cause = _cause,		\
		.cure = _cure,			\
		.more = _more,			\
	}

static const struct uks_error_text errors[] = {
	ERROR(OK, "no error", "", ""),
	ERROR(INVALID, "an argument is invalid",
	      "correct the call as its description has it",
	      "A length, a flag or an enum value is outside of what the call allows. A program\n"
	      "that gets this has a defect, or was built for another version.\n"),
	ERROR(NO_DEVICE, "/dev/uks does not exist",
	      "load the module with 'modprobe uks'",
	      "The kernel module is not loaded, or was not built for the running kernel\n"
	      "('dkms status' tells). In a container the device must be passed in.\n"),
	ERROR(NO_PERMISSION, "/dev/uks may not be opened",
	      "become a member of the group uks and log in again",
	      "The device is open to root and to the group uks. An administrator adds a user\n"
	      "with 'adduser NAME uks'; it counts from the next login.\n"),
	ERROR(NO_DAEMON, "no daemon is registered",
	      "start it with 'systemctl start uksd', see 'journalctl -u uksd'",
	      "uksd is not running, or did not come up in time. Nothing was done.\n"),
	ERROR(DAEMON_DIED, "the daemon died with the request in hand",
	      "look whether it was done, then try again; see 'journalctl -u uksd'",
	      "The request may have been done or not: 'uksctl key show NAME' tells. It is\n"
	      "not repeated by itself. Open sessions to encrypt or compute MACs go on.\n"),
	ERROR(TIMEOUT, "the deadline passed",
	      "look whether it was done, then try again",
	      "The daemon was too busy, or its TPM or store hangs ('journalctl -u uksd').\n"
	      "If a worker had taken the request, it may have been done.\n"),
	ERROR(INTERRUPTED, "a signal ended the wait",
	      "call again, if the signal does not mean to stop",
	      "A signal came whose handler was not set with SA_RESTART, before a worker took\n"
	      "the request; or the program asked to stop. For a fatal signal the request may\n"
	      "have been done.\n"),
	ERROR(BUSY, "a quota is used up",
	      "close sessions that are not needed, or try again later",
	      "One user may have so many requests, sessions and bytes of kernel memory at a\n"
	      "time ('uksctl limits'), and a process so many open files ('ulimit -n').\n"
	      "Nothing was done.\n"),
	ERROR(NOT_OPENER, "the caller is not who opened the file",
	      "open the client or session in the process and as the user that use it",
	      "A client or session serves the process and the user that opened it. It was\n"
	      "inherited over a fork, passed to another process, or the user changed.\n"),
	ERROR(UNMAPPED, "the caller's user or group id has no mapping",
	      "map the id in the user namespace",
	      "Keys belong to user ids. In this user namespace the caller has none (it shows\n"
	      "as 'nobody'), or is in too many groups.\n"),
	ERROR(NO_ROOM, "the answer is longer than the room given",
	      "call again with as much room as the length tells",
	      "Nothing was changed.\n"),
	ERROR(TOO_LONG, "the input is longer than allowed",
	      "encrypt long data as a stream; sign long data with ECDSA",
	      "'uksctl limits' shows how long a message may be.\n"),
	ERROR(REVOKED, "the session was revoked",
	      "open a new session; if the key was deleted there is none",
	      "The key was deleted, or an administrator ended all sessions.\n"),
	ERROR(LEASE_EXPIRED, "the session's lease has expired",
	      "open a new session",
	      "Access policy gave the session a time, and it has passed.\n"),
	ERROR(LEASE_USED_UP, "the session's lease has no uses left",
	      "open a new session",
	      "Access policy gave the session a number of messages.\n"),
	ERROR(STATE, "begin, update and finish are out of order",
	      "begin the message first",
	      "There is no message in parts to go on with: it was not begun, was finished or\n"
	      "dropped, or an error ended it.\n"),
	ERROR(NOT_AUTHENTIC, "the data or its authentication tag or MAC is wrong",
	      "use the data, associated data, nonce and key that belong together",
	      "The data was changed, or encrypted with another key. No plaintext was given\n"
	      "out.\n"),
	ERROR(NO_MEMORY, "out of memory",
	      "free memory, or raise the limit of the control group",
	      ""),
	ERROR(UNSUPPORTED, "not supported by this kernel",
	      "update uks.ko, or use another algorithm",
	      "'uksctl limits' shows the features. The kernel may also lack the algorithm's\n"
	      "module.\n"),
	ERROR(FAULT, "a pointer is bad",
	      "correct the program",
	      "A buffer does not lie in the caller's memory, or an output buffer in memory\n"
	      "that can only be read.\n"),
	ERROR(WRONG_PURPOSE, "the session has another purpose",
	      "open a session for the purpose",
	      "A session to encrypt cannot decrypt, and so on. A program that chooses nonces\n"
	      "gets this, too, unless the key's policy allows it.\n"),
	ERROR(PROTOCOL, "kernel, daemon and library do not understand each other",
	      "install uks.ko, uksd and libuks of one version, and restart uksd",
	      ""),
	ERROR(IO, "reading or writing a file failed",
	      "see the text of the error",
	      ""),
	ERROR(STREAM_TRUNCATED, "the encrypted stream ends before its final chunk",
	      "get a whole copy of it",
	      "The end was cut off, as when a download breaks or a disk is full. What was\n"
	      "given out is the authentic beginning of the plaintext.\n"),
	ERROR(STREAM_CORRUPT, "the encrypted stream is not authentic",
	      "get an undamaged copy of it",
	      "A chunk was changed, moved, taken from another stream, or put in or taken out.\n"
	      "What was given out is the authentic beginning of the plaintext.\n"),
	ERROR(STREAM_FORMAT, "not an encrypted stream, or of a newer format",
	      "give what 'uksctl encrypt' has made; update libuks",
	      "The first bytes are not those of a stream. Was it transferred as text, or\n"
	      "compressed?\n"),
	ERROR(STREAM_KEY, "the encrypted stream was made with another key",
	      "use the key whose id the error names",
	      "'uksctl key list' shows the ids of your keys. A key is known by its id: one\n"
	      "of the same name that was made later is another key.\n"),
	ERROR(NO_KEY, "there is no such key",
	      "see 'uksctl key list'",
	      "Names belong to users: each has names of its own, so that another user's key\n"
	      "is not found by its name.\n"),
	ERROR(KEY_EXISTS, "there is a key of this name already",
	      "take another name, or rename or delete the key",
	      "A key is never replaced by another: what it encrypted would be lost.\n"),
	ERROR(BAD_NAME, "not a valid key name",
	      "take 1 to 255 bytes of UTF-8 without control characters",
	      "\"@\" followed by 32 hexadecimal digits is no name, but an id.\n"),
	ERROR(BAD_TYPE, "unknown key type",
	      "take a type that 'uksctl key generate --help' lists",
	      "The daemon may be older than the program.\n"),
	ERROR(BAD_PURPOSE, "the key's type or policy does not allow the purpose",
	      "use a key made for it; 'uksctl key show' tells the purposes",
	      "Keys to encrypt do not sign, and so on. Purposes are fixed when a key is made.\n"),
	ERROR(BAD_ALGORITHM, "the algorithm does not fit the key",
	      "leave the algorithm out, or take one that fits",
	      ""),
	ERROR(BAD_DIGEST, "the digest does not fit the algorithm",
	      "leave the digest out, or take one that fits",
	      "ECDSA goes with SHA-256, SHA-384 and SHA-512; Ed25519 has a digest of its own.\n"),
	ERROR(BAD_MATERIAL, "the key to import cannot be read or has a wrong length",
	      "check the key's format, type and length",
	      "A raw key has exactly as many bytes as its type says; a newline at the end of\n"
	      "the file is one too many.\n"),
	ERROR(BAD_SIGNATURE, "the signature is wrong",
	      "use the message, signature, key and digest that belong together",
	      "The message or signature was changed, or made with another key or digest.\n"),
	ERROR(NO_PUBLIC, "the key has no public part",
	      "use a key of type ec-p256 or ed25519",
	      "Symmetric keys are secret as a whole.\n"),
	ERROR(ACCESS, "access policy refuses the caller",
	      "ask the key's owner",
	      "A key serves its owner. Each refusal is in the daemon's log.\n"),
	ERROR(BLOB, "the stored key is damaged, moved, swapped or edited",
	      "restore the store from a backup",
	      "The key's row in the store is not what the daemon wrote. The key is not used.\n"
	      "See 'journalctl -u uksd'.\n"),
	ERROR(STORE, "the store failed",
	      "see 'journalctl -u uksd'",
	      "The daemon could not read or write its database. Nothing was changed.\n"),
	ERROR(STORE_FULL, "the store's file system is full",
	      "free room on it; 'uksctl status' shows the store",
	      "Nothing was changed.\n"),
	ERROR(CRYPTO, "the cryptographic library failed",
	      "see 'journalctl -u uksd'",
	      ""),
	ERROR(TPM, "the TPM failed",
	      "see 'journalctl -u uksd'",
	      ""),
	ERROR(MISSING_ATTRIBUTE, "the request lacks an attribute",
	      "correct the program",
	      "A program that does not use libuks sent an incomplete request.\n"),
	ERROR(INTERNAL, "a defect of the daemon",
	      "report it with what 'journalctl -u uksd' shows",
	      ""),
};

const struct uks_error_text *uks_error_find(int code)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].code == abs(code))
			return &errors[i];
	return NULL;
}

int uks_error_at(size_t index)
{
	return index < ARRAY_SIZE(errors) ? errors[index].code : -1;
}
