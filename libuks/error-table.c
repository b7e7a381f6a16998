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
	      "open a new session; of a deleted key there is none",
	      "The key was deleted, rotated or suspended, its policy changed, or an\n"
	      "administrator ended all sessions.\n"),
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
	      "take another name, rename or delete the key, or use --replace",
	      "A key is never replaced unasked: what it encrypted could be lost. One that was\n"
	      "replaced can be restored for a time.\n"),
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
	      "'uksctl matrix --list' shows what goes together; a policy may allow less.\n"),
	ERROR(BAD_DIGEST, "the digest does not fit the algorithm",
	      "leave the digest out, or take one that fits",
	      "'uksctl matrix --list' shows what goes together. Ed25519 has its own digest.\n"),
	ERROR(BAD_MATERIAL, "the key to import cannot be read or has a wrong length",
	      "check the key's format, type and length",
	      "A raw key has exactly as many bytes as its type says; a newline at the end of\n"
	      "the file is one too many.\n"),
	ERROR(BAD_SIGNATURE, "the signature is wrong",
	      "use the message, signature, key and digest that belong together",
	      "The message or signature was changed, or made with another key or digest.\n"),
	ERROR(NO_PUBLIC, "the key has no public part",
	      "use a key of a type that has one, as ec-p256, rsa-3072 or x25519",
	      "Symmetric keys are secret as a whole.\n"),
	ERROR(ACCESS, "access policy refuses the caller",
	      "ask the key's owner",
	      "A key serves its owner, and those whom its policy grants it. Each refusal is in\n"
	      "the daemon's log.\n"),
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
	ERROR(LEGACY, "the type, algorithm or digest is weak, and weak ones are off",
	      "take a stronger one, or let an administrator set 'legacy = on' in uksd.conf",
	      "SHA-1, RSA of 1024 bits, P-224 and AES-ECB serve old data only. What they\n"
	      "protect can be forged or read by others.\n"),
	ERROR(LIBRARY, "the cryptographic library at hand lacks the algorithm",
	      "update OpenSSL and restart uksd, or take another algorithm",
	      "ML-KEM and ML-DSA need OpenSSL 3.5, SM4-GCM needs OpenSSL 3.1.\n"),
	ERROR(BAD_PARAMETER,
	      "a parameter of the algorithm is missing, unknown or out of bounds",
	      "give the parameters that the algorithm needs",
	      "'uksctl limits' shows the bounds. PBKDF2 needs a salt, iterations and a length,\n"
	      "HKDF a length, key agreement the public key of the other side.\n"),
	ERROR(BAD_POLICY, "the policy is malformed or contradicts itself or the type",
	      "correct the policy",
	      "Its algorithms and digests must fit the type and purposes, its end must come\n"
	      "after its beginning, and a rate has both uses and seconds.\n"),
	ERROR(NOT_YET, "the key's time has not begun",
	      "wait until then; 'uksctl key policy' tells when",
	      ""),
	ERROR(EXPIRED, "the key's time is over",
	      "rotate the key or make a new one; 'uksctl key policy' tells its time",
	      "Its owner may change the policy. Decrypting and verifying what was made in time\n"
	      "is possible as far as the policy says.\n"),
	ERROR(USED_UP, "the key has no uses left",
	      "make a new key; its owner may change the policy",
	      "Its policy gave it a number of uses. They are counted in the store, also over\n"
	      "restarts.\n"),
	ERROR(USED_UP_BOOT, "the key has no uses left until the next boot",
	      "wait for the next boot; its owner may change the policy",
	      ""),
	ERROR(RATE, "the key was used too often in a short time",
	      "try again a little later",
	      "Its policy says how often it may be used in how many seconds.\n"),
	ERROR(PRE_ACTIVATION, "the key is not yet activated",
	      "activate it with 'uksctl key activate'",
	      ""),
	ERROR(SUSPENDED, "the key is suspended",
	      "its owner takes it up again with 'uksctl key resume'",
	      ""),
	ERROR(DEACTIVATED, "the key is deactivated: it only decrypts and verifies",
	      "use its newest version, or another key",
	      "'uksctl key versions' shows the states. Rotating a key deactivates the version\n"
	      "before.\n"),
	ERROR(COMPROMISED, "the key is marked compromised",
	      "use another key; to decrypt or verify old data all the same take --compromised",
	      "Others may know the key. What it decrypts or verifies may come from them.\n"),
	ERROR(DESTROYED, "the key is deleted and waits for its end",
	      "its owner brings it back with 'uksctl key restore'",
	      "'uksctl key list --deleted' shows until when that is possible.\n"),
	ERROR(TRANSITION, "the key cannot go from its state to that one",
	      "see 'uksctl key versions' and the table of states in uksctl(1)",
	      "NIST SP 800-57 part 1 has the states; what is compromised or destroyed never\n"
	      "becomes active again.\n"),
	ERROR(NO_VERSION, "the key has no such version",
	      "see 'uksctl key versions'",
	      ""),
	ERROR(NOT_EXPORTABLE, "the key's policy forbids that it leaves",
	      "make a key with --exportable, if it shall leave",
	      "Only a key made exportable is given out, and only wrapped under another.\n"),
	ERROR(KEPT_INSIDE, "the key's policy forbids that the result is given out",
	      "keep the result as a new key: 'uksctl key agree' or 'uksctl key derive'",
	      ""),
	ERROR(BAD_WRAPPED, "the wrapped key is not authentic or not of that form",
	      "give the wrapped key whole, and key, algorithm and digest that it was wrapped by",
	      "It was changed on its way, or wrapped under another key. Nothing was taken in.\n"),
	ERROR(BAD_PEER, "the other side's public key is invalid or of another kind",
	      "give a public key of the same curve or group, as PEM or DER",
	      "It may also be a point of small order, which would make the secret known.\n"),
	ERROR(BAD_MESSAGE, "the ciphertext cannot be decrypted with the key",
	      "use ciphertext, key, algorithm and parameters that belong together",
	      "The padding is wrong, or the length does not fit. More is not told: it would\n"
	      "help to decrypt without the key.\n"),
	ERROR(NO_SECRET, "only the public part of the key is stored",
	      "import the private key, if you have it",
	      "A key imported as a public key encrypts, wraps and verifies.\n"),
	ERROR(RESTORE, "the deleted key cannot be restored any more",
	      "restore it from a backup, or make a new key",
	      "Its time to be restored has passed, or it was deleted with --now: its bytes are\n"
	      "erased. 'uksctl key list --deleted' shows what is left.\n"),
	ERROR(ROLLBACK, "the store, or a key in it, is an older copy",
	      "bring back the newest store, or restore a backup with 'uksctl restore'",
	      "The TPM counts the generations of the store. An older copy could bring back\n"
	      "deleted keys and used-up counters, so it is refused.\n"),
	ERROR(BOOT, "this boot is not approved: the master key stays sealed",
	      "boot what is approved, or have this boot approved: 'uksctl tpm policy'",
	      ""),
	ERROR(PIN_NEEDED, "the key needs its PIN",
	      "give the PIN with --pin-fd, or at the terminal",
	      ""),
	ERROR(PIN_WRONG, "the PIN or administrator code is wrong",
	      "give the right one; each wrong PIN costs a try",
	      "The tries are counted in the TPM: an older store does not bring them back.\n"),
	ERROR(PIN_LOCKED, "too many wrong PINs: the key is locked",
	      "unlock it with the administrator code: 'uksctl pin unlock'",
	      ""),
	ERROR(PIN_BAD, "the new PIN is not allowed",
	      "choose one of 4 to 64 bytes",
	      ""),
	ERROR(TPM_LOCKOUT, "the TPM is locked out after wrong authorisations",
	      "wait for the TPM's recovery time, or reset its lockout",
	      ""),
	ERROR(TPM_BUSY, "the TPM has no time or room for it now",
	      "try again; if it stays, end other programs that use the TPM",
	      ""),
	ERROR(MASTER_STATE, "the master key is not in the state for that",
	      "look at 'uksctl master show' and do the steps in their order",
	      ""),
	ERROR(NOT_ADMIN, "too few administrators have signed, or a signature is wrong",
	      "have as many administrators sign as 'uksctl master show' says",
	      ""),
	ERROR(REPLAYED, "the signed command was used before",
	      "have the administrators sign a new command",
	      ""),
	ERROR(AUDIT, "the record of it cannot be written",
	      "make room on the audit's file system, then try again",
	      "It is configured that nothing is done without a record of it. Nothing was done.\n"),
	ERROR(AUDIT_BROKEN, "the chain of records is broken",
	      "find out who had access to the records; the message names the first bad one",
	      ""),
	ERROR(BACKUP, "the backup is damaged, incomplete or for another master key",
	      "take an undamaged copy, and shares that belong to it",
	      ""),
	ERROR(SHARES, "too few shares, or shares that do not belong together",
	      "give as many shares as were asked for, all of one splitting",
	      ""),
	ERROR(PROVISION, "the provisioning protocol does not allow it",
	      "read the message: it names the rule of SKS that is broken",
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
