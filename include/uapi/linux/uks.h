/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Universal key store: the interface of /dev/uks.
 *
 * A client is one open file of /dev/uks. A session is a file descriptor that a
 * client got from UKS_IOC_SESSION_OPEN: one key, one purpose, one set of
 * parameters. A channel is a file descriptor of the daemon.
 */
#ifndef _UAPI_LINUX_UKS_H
#define _UAPI_LINUX_UKS_H

#include <linux/ioctl.h>
#include <linux/types.h>
#include <linux/uks_netlink.h>

#define UKS_DEVICE		"/dev/uks"
#define UKS_IOC_MAGIC		0xBC

/* Limits. The kernel enforces them; UKS_IOC_QUERY tells those that can vary. */
#define UKS_PAYLOAD_MAX		65536	/* bytes of attributes, either way */
#define UKS_REPLY_MIN		8192	/* capacity that a changing call must offer */
#define UKS_NAME_MAX		255	/* bytes of a key name */
#define UKS_KEY_ID_LEN		16
#define UKS_NONCE_LEN		12	/* AEAD, unless the session says otherwise */
#define UKS_NONCE_MAX		16	/* initial counter block or vector of CTR, CBC */
#define UKS_TAG_LEN		16	/* AEAD, unless the session says otherwise */
#define UKS_MAC_MAX		64
#define UKS_SIGNATURE_MAX	1024
#define UKS_LEASE_MATERIAL_MAX	256	/* bytes of key in a lease */
#define UKS_TEXT_MAX		512	/* error text with its NUL */
#define UKS_MESSAGE_MAX		61440	/* message that goes to the daemon whole */
#define UKS_PARAMETERS_MAX	4096	/* bytes of parameters of a session or call */
#define UKS_POLICY_MAX		4096	/* bytes of a key's policy */
#define UKS_PREFIX_MAX		256	/* bytes hashed before a message (SM2) */

/**
 * DOC: General ioctl format
 *
 * Each argument is a pointer to a struct that begins with two __u32: @size,
 * the size of the struct as the caller knows it, and @flags. Older, shorter
 * structs are extended with zeros. The return value is 0 or -1 with errno:
 *
 *  - ENOTTY: this file has no such command (or the kernel is too old for it);
 *  - E2BIG: the struct is longer than the kernel knows and the rest is not 0, or
 *    longer than a page;
 *  - EINVAL: @size too small, unknown flag, reserved field not 0, bad value;
 *  - EOPNOTSUPP: a known field has a value this kernel or daemon cannot serve;
 *  - EFAULT: a pointer does not lead to the caller's memory;
 *  - EACCES: the caller is not the process or user that opened the file, or
 *    access policy refuses;
 *  - EBUSY: a quota of requests, sessions or bytes is used up; try again later;
 *  - ENOBUFS: the answer is longer than the room given; the length field tells
 *    how much is needed and nothing was changed;
 *  - EMSGSIZE: the input is longer than allowed;
 *  - ENOTCONN: no daemon;
 *  - EPIPE: the daemon died with the request in hand; it may have been done;
 *  - ETIMEDOUT: the deadline passed; it may have been done, unless it had passed
 *    before there was a request (then there is no request number);
 *  - EINTR: a signal came; for a fatal one the request may have been done;
 *  - EBADMSG: an authentication tag, MAC, signature or padding is wrong;
 *  - EKEYREVOKED, EKEYEXPIRED: the session's key may no longer be used;
 *  - ENOKEY: no such key; EEXIST: there is such a key already.
 */

/**
 * enum uks_error - what went wrong, more exactly than errno
 *
 * One cause, one number; numbers are never used again for something else.
 * 1..99 are found by the kernel or libuks, 100.. by the daemon.
 *
 * @UKS_E_OK: nothing
 * @UKS_E_INVALID: an argument is invalid
 * @UKS_E_NO_DEVICE: /dev/uks does not exist (module not loaded)
 * @UKS_E_NO_PERMISSION: /dev/uks may not be opened (group uks)
 * @UKS_E_NO_DAEMON: no daemon is registered
 * @UKS_E_DAEMON_DIED: the daemon died with the request in hand
 * @UKS_E_TIMEOUT: the deadline passed
 * @UKS_E_INTERRUPTED: a signal ended the wait
 * @UKS_E_BUSY: a quota is used up
 * @UKS_E_NOT_OPENER: the caller is not who opened the file
 * @UKS_E_UNMAPPED: the caller's user id has no mapping
 * @UKS_E_NO_ROOM: the answer is longer than the room given
 * @UKS_E_TOO_LONG: the input is longer than allowed
 * @UKS_E_REVOKED: the session was revoked
 * @UKS_E_LEASE_EXPIRED: the session's lease has expired
 * @UKS_E_LEASE_USED_UP: the session's lease has no uses left
 * @UKS_E_STATE: begin, update and finish are out of order
 * @UKS_E_NOT_AUTHENTIC: an authentication tag or MAC is wrong
 * @UKS_E_NO_MEMORY: out of memory
 * @UKS_E_UNSUPPORTED: not supported by this kernel
 * @UKS_E_FAULT: a pointer is bad
 * @UKS_E_WRONG_PURPOSE: the session has another purpose
 * @UKS_E_PROTOCOL: kernel, daemon and library do not understand each other
 * @UKS_E_IO: reading or writing a file failed
 * @UKS_E_STREAM_TRUNCATED: an encrypted stream ends before its final chunk
 * @UKS_E_STREAM_CORRUPT: a chunk of an encrypted stream is not authentic
 * @UKS_E_STREAM_FORMAT: not an encrypted stream, or of a newer format
 * @UKS_E_STREAM_KEY: an encrypted stream was made with another key
 * @UKS_E_NO_KEY: no such key
 * @UKS_E_KEY_EXISTS: the name is taken
 * @UKS_E_BAD_NAME: not a valid key name
 * @UKS_E_BAD_TYPE: unknown key type
 * @UKS_E_BAD_PURPOSE: the key's type or policy does not allow the purpose
 * @UKS_E_BAD_ALGORITHM: the algorithm does not fit the key
 * @UKS_E_BAD_DIGEST: the digest does not fit the algorithm
 * @UKS_E_BAD_MATERIAL: the key to import cannot be read or has a wrong length
 * @UKS_E_BAD_SIGNATURE: the signature is wrong
 * @UKS_E_NO_PUBLIC: the key has no public part
 * @UKS_E_ACCESS: access policy refuses the caller
 * @UKS_E_BLOB: the stored key is damaged, moved, swapped or edited
 * @UKS_E_STORE: the store failed
 * @UKS_E_STORE_FULL: the store's file system is full
 * @UKS_E_CRYPTO: the cryptographic library failed
 * @UKS_E_TPM: the TPM failed
 * @UKS_E_MISSING_ATTRIBUTE: the request lacks an attribute
 * @UKS_E_INTERNAL: a defect of the daemon
 * @UKS_E_LEGACY: the type, algorithm or digest is weak and legacy is off
 * @UKS_E_LIBRARY: the cryptographic library at hand lacks the algorithm
 * @UKS_E_BAD_PARAMETER: a parameter of the algorithm is missing, unknown or out
 *	of bounds
 * @UKS_E_BAD_POLICY: the policy is malformed or contradicts itself or the type
 * @UKS_E_NOT_YET: the key's time has not begun
 * @UKS_E_EXPIRED: the key's time is over
 * @UKS_E_USED_UP: the key has no uses left
 * @UKS_E_USED_UP_BOOT: the key has no uses left until the next boot
 * @UKS_E_RATE: the key was used too often in a short time
 * @UKS_E_PRE_ACTIVATION: the key is not yet activated
 * @UKS_E_SUSPENDED: the key is suspended
 * @UKS_E_DEACTIVATED: the key is deactivated: it only decrypts and verifies
 * @UKS_E_COMPROMISED: the key is marked compromised
 * @UKS_E_DESTROYED: the key is deleted and waits for its end
 * @UKS_E_TRANSITION: the key cannot go from its state to that one
 * @UKS_E_NO_VERSION: the key has no such version
 * @UKS_E_NOT_EXPORTABLE: the key's policy forbids that it leaves
 * @UKS_E_KEPT_INSIDE: the key's policy forbids that the result is given out
 * @UKS_E_BAD_WRAPPED: the wrapped key is not authentic or not of that form
 * @UKS_E_BAD_PEER: the other side's public key is invalid or of another kind
 * @UKS_E_BAD_MESSAGE: the ciphertext cannot be decrypted with the key
 * @UKS_E_NO_SECRET: only the public part of the key is stored
 * @UKS_E_RESTORE: the deleted key cannot be restored any more
 * @UKS_E_ROLLBACK: the store, or a key in it, is an older copy
 * @UKS_E_BOOT: this boot is not approved: the master key stays sealed
 * @UKS_E_PIN_NEEDED: the key needs its PIN
 * @UKS_E_PIN_WRONG: the PIN or administrator code is wrong
 * @UKS_E_PIN_LOCKED: too many wrong PINs: the key is locked
 * @UKS_E_PIN_BAD: the new PIN is not allowed
 * @UKS_E_TPM_LOCKOUT: the TPM is locked out after wrong authorisations
 * @UKS_E_TPM_BUSY: the TPM has no time or room for it now
 * @UKS_E_MASTER_STATE: the master key is not in the state for that
 * @UKS_E_NOT_ADMIN: too few administrators have signed, or a signature is wrong
 * @UKS_E_REPLAYED: the signed command was used before
 * @UKS_E_AUDIT: the record of it cannot be written
 * @UKS_E_AUDIT_BROKEN: the chain of records is broken
 * @UKS_E_BACKUP: the backup is damaged, incomplete or for another master key
 * @UKS_E_SHARES: too few shares, or shares that do not belong together
 * @UKS_E_PROVISION: the provisioning protocol does not allow it
 */
enum uks_error {
	UKS_E_OK = 0,
	UKS_E_INVALID = 1,
	UKS_E_NO_DEVICE = 2,
	UKS_E_NO_PERMISSION = 3,
	UKS_E_NO_DAEMON = 4,
	UKS_E_DAEMON_DIED = 5,
	UKS_E_TIMEOUT = 6,
	UKS_E_INTERRUPTED = 7,
	UKS_E_BUSY = 8,
	UKS_E_NOT_OPENER = 9,
	UKS_E_UNMAPPED = 10,
	UKS_E_NO_ROOM = 11,
	UKS_E_TOO_LONG = 12,
	UKS_E_REVOKED = 13,
	UKS_E_LEASE_EXPIRED = 14,
	UKS_E_LEASE_USED_UP = 15,
	UKS_E_STATE = 16,
	UKS_E_NOT_AUTHENTIC = 17,
	UKS_E_NO_MEMORY = 18,
	UKS_E_UNSUPPORTED = 19,
	UKS_E_FAULT = 20,
	UKS_E_WRONG_PURPOSE = 21,
	UKS_E_PROTOCOL = 22,
	UKS_E_IO = 23,
	UKS_E_STREAM_TRUNCATED = 24,
	UKS_E_STREAM_CORRUPT = 25,
	UKS_E_STREAM_FORMAT = 26,
	UKS_E_STREAM_KEY = 27,
	UKS_E_NO_KEY = 100,
	UKS_E_KEY_EXISTS = 101,
	UKS_E_BAD_NAME = 102,
	UKS_E_BAD_TYPE = 103,
	UKS_E_BAD_PURPOSE = 104,
	UKS_E_BAD_ALGORITHM = 105,
	UKS_E_BAD_DIGEST = 106,
	UKS_E_BAD_MATERIAL = 107,
	UKS_E_BAD_SIGNATURE = 108,
	UKS_E_NO_PUBLIC = 109,
	UKS_E_ACCESS = 110,
	UKS_E_BLOB = 111,
	UKS_E_STORE = 112,
	UKS_E_STORE_FULL = 113,
	UKS_E_CRYPTO = 114,
	UKS_E_TPM = 115,
	UKS_E_MISSING_ATTRIBUTE = 116,
	UKS_E_INTERNAL = 117,
	UKS_E_LEGACY = 118,
	UKS_E_LIBRARY = 119,
	UKS_E_BAD_PARAMETER = 120,
	UKS_E_BAD_POLICY = 121,
	UKS_E_NOT_YET = 122,
	UKS_E_EXPIRED = 123,
	UKS_E_USED_UP = 124,
	UKS_E_USED_UP_BOOT = 125,
	UKS_E_RATE = 126,
	UKS_E_PRE_ACTIVATION = 127,
	UKS_E_SUSPENDED = 128,
	UKS_E_DEACTIVATED = 129,
	UKS_E_COMPROMISED = 130,
	UKS_E_DESTROYED = 131,
	UKS_E_TRANSITION = 132,
	UKS_E_NO_VERSION = 133,
	UKS_E_NOT_EXPORTABLE = 134,
	UKS_E_KEPT_INSIDE = 135,
	UKS_E_BAD_WRAPPED = 136,
	UKS_E_BAD_PEER = 137,
	UKS_E_BAD_MESSAGE = 138,
	UKS_E_NO_SECRET = 139,
	UKS_E_RESTORE = 140,
	UKS_E_ROLLBACK = 141,
	UKS_E_BOOT = 142,
	UKS_E_PIN_NEEDED = 143,
	UKS_E_PIN_WRONG = 144,
	UKS_E_PIN_LOCKED = 145,
	UKS_E_PIN_BAD = 146,
	UKS_E_TPM_LOCKOUT = 147,
	UKS_E_TPM_BUSY = 148,
	UKS_E_MASTER_STATE = 149,
	UKS_E_NOT_ADMIN = 150,
	UKS_E_REPLAYED = 151,
	UKS_E_AUDIT = 152,
	UKS_E_AUDIT_BROKEN = 153,
	UKS_E_BACKUP = 154,
	UKS_E_SHARES = 155,
	UKS_E_PROVISION = 156,
};

/**
 * enum uks_key_type - what a key is
 * @UKS_KEY_AES_128: AES, 128 bits (FIPS 197)
 * @UKS_KEY_AES_192: AES, 192 bits
 * @UKS_KEY_AES_256: AES, 256 bits
 * @UKS_KEY_CHACHA20: ChaCha20, 256 bits (RFC 8439)
 * @UKS_KEY_HMAC_SHA256: HMAC-SHA-256 (RFC 2104), 14 to 256 bytes, 32 when generated
 * @UKS_KEY_EC_P256: elliptic curve P-256 (SP 800-186)
 * @UKS_KEY_ED25519: Ed25519 (RFC 8032)
 * @UKS_KEY_SM4: SM4, 128 bits (GB/T 32907)
 * @UKS_KEY_HMAC_SHA1: HMAC-SHA-1; legacy
 * @UKS_KEY_HMAC_SHA224: HMAC-SHA-224
 * @UKS_KEY_HMAC_SHA384: HMAC-SHA-384
 * @UKS_KEY_HMAC_SHA512: HMAC-SHA-512
 * @UKS_KEY_HMAC_SM3: HMAC-SM3
 * @UKS_KEY_SECRET: bytes to derive keys from: a shared secret, a password
 * @UKS_KEY_RSA_1024: RSA, 1024 bits (RFC 8017); legacy
 * @UKS_KEY_RSA_2048: RSA, 2048 bits
 * @UKS_KEY_RSA_3072: RSA, 3072 bits
 * @UKS_KEY_RSA_4096: RSA, 4096 bits
 * @UKS_KEY_EC_P224: elliptic curve P-224; legacy
 * @UKS_KEY_EC_P384: elliptic curve P-384
 * @UKS_KEY_EC_P521: elliptic curve P-521
 * @UKS_KEY_SM2: SM2 (GB/T 32918, RFC 8998)
 * @UKS_KEY_ED448: Ed448 (RFC 8032)
 * @UKS_KEY_X25519: X25519 (RFC 7748)
 * @UKS_KEY_X448: X448 (RFC 7748)
 * @UKS_KEY_FFDHE_2048: finite-field Diffie-Hellman, group ffdhe2048 (RFC 7919)
 * @UKS_KEY_FFDHE_3072: group ffdhe3072
 * @UKS_KEY_FFDHE_4096: group ffdhe4096
 * @UKS_KEY_ML_DSA_44: ML-DSA-44 (FIPS 204); needs OpenSSL 3.5
 * @UKS_KEY_ML_DSA_65: ML-DSA-65
 * @UKS_KEY_ML_DSA_87: ML-DSA-87
 * @UKS_KEY_ML_KEM_768: ML-KEM-768 (FIPS 203); needs OpenSSL 3.5
 * @UKS_KEY_ML_KEM_1024: ML-KEM-1024
 */
enum uks_key_type {
	UKS_KEY_AES_128 = 1,
	UKS_KEY_AES_192 = 2,
	UKS_KEY_AES_256 = 3,
	UKS_KEY_CHACHA20 = 4,
	UKS_KEY_HMAC_SHA256 = 5,
	UKS_KEY_EC_P256 = 6,
	UKS_KEY_ED25519 = 7,
	UKS_KEY_SM4 = 8,
	UKS_KEY_HMAC_SHA1 = 9,
	UKS_KEY_HMAC_SHA224 = 10,
	UKS_KEY_HMAC_SHA384 = 11,
	UKS_KEY_HMAC_SHA512 = 12,
	UKS_KEY_HMAC_SM3 = 13,
	UKS_KEY_SECRET = 14,
	UKS_KEY_RSA_1024 = 16,
	UKS_KEY_RSA_2048 = 17,
	UKS_KEY_RSA_3072 = 18,
	UKS_KEY_RSA_4096 = 19,
	UKS_KEY_EC_P224 = 20,
	UKS_KEY_EC_P384 = 21,
	UKS_KEY_EC_P521 = 22,
	UKS_KEY_SM2 = 23,
	UKS_KEY_ED448 = 24,
	UKS_KEY_X25519 = 25,
	UKS_KEY_X448 = 26,
	UKS_KEY_FFDHE_2048 = 27,
	UKS_KEY_FFDHE_3072 = 28,
	UKS_KEY_FFDHE_4096 = 29,
	UKS_KEY_ML_DSA_44 = 32,
	UKS_KEY_ML_DSA_65 = 33,
	UKS_KEY_ML_DSA_87 = 34,
	UKS_KEY_ML_KEM_768 = 35,
	UKS_KEY_ML_KEM_1024 = 36,
};

/**
 * enum uks_purpose - what a key or session may be used for, bits
 * @UKS_PURPOSE_ENCRYPT: encrypt
 * @UKS_PURPOSE_DECRYPT: decrypt
 * @UKS_PURPOSE_SIGN: sign
 * @UKS_PURPOSE_VERIFY: verify a signature
 * @UKS_PURPOSE_MAC: compute a MAC
 * @UKS_PURPOSE_MAC_VERIFY: verify a MAC
 * @UKS_PURPOSE_WRAP: wrap other keys
 * @UKS_PURPOSE_UNWRAP: unwrap other keys
 * @UKS_PURPOSE_AGREE: agree on a secret with another key's owner
 * @UKS_PURPOSE_DERIVE: derive secrets
 */
enum uks_purpose {
	UKS_PURPOSE_ENCRYPT = 0x01,
	UKS_PURPOSE_DECRYPT = 0x02,
	UKS_PURPOSE_SIGN = 0x04,
	UKS_PURPOSE_VERIFY = 0x08,
	UKS_PURPOSE_MAC = 0x10,
	UKS_PURPOSE_MAC_VERIFY = 0x20,
	UKS_PURPOSE_WRAP = 0x40,
	UKS_PURPOSE_UNWRAP = 0x80,
	UKS_PURPOSE_AGREE = 0x100,
	UKS_PURPOSE_DERIVE = 0x200,
};

/**
 * enum uks_algorithm - how a session uses its key
 * @UKS_ALG_AES_GCM: AES-GCM, 96-bit nonce, 128-bit tag (SP 800-38D)
 * @UKS_ALG_CHACHA20_POLY1305: AEAD_CHACHA20_POLY1305 (RFC 8439)
 * @UKS_ALG_HMAC: HMAC with the digest of the key's type (RFC 2104)
 * @UKS_ALG_ECDSA: ECDSA (FIPS 186-5), signature as DER Ecdsa-Sig-Value
 * @UKS_ALG_ED25519: Ed25519 (RFC 8032), pure, signature of 64 bytes
 * @UKS_ALG_AES_CCM: AES-CCM (SP 800-38C)
 * @UKS_ALG_AES_CBC: AES-CBC of whole blocks (SP 800-38A)
 * @UKS_ALG_AES_CBC_PKCS7: AES-CBC with PKCS #7 padding (RFC 5652, 6.3)
 * @UKS_ALG_AES_CTR: AES-CTR, 128-bit counter block (SP 800-38A)
 * @UKS_ALG_AES_ECB: AES-ECB of whole blocks; legacy
 * @UKS_ALG_AES_CMAC: AES-CMAC (SP 800-38B)
 * @UKS_ALG_SM4_CBC: SM4-CBC of whole blocks
 * @UKS_ALG_SM4_CBC_PKCS7: SM4-CBC with PKCS #7 padding
 * @UKS_ALG_SM4_CTR: SM4-CTR
 * @UKS_ALG_SM4_GCM: SM4-GCM (RFC 8998)
 * @UKS_ALG_AES_KW: AES key wrap (RFC 3394, SP 800-38F)
 * @UKS_ALG_AES_KWP: AES key wrap with padding (RFC 5649, SP 800-38F)
 * @UKS_ALG_RSA_PKCS1: RSASSA-PKCS1-v1_5 (RFC 8017)
 * @UKS_ALG_RSA_PSS: RSASSA-PSS (RFC 8017)
 * @UKS_ALG_RSA_OAEP: RSAES-OAEP (RFC 8017), to encrypt and to wrap
 * @UKS_ALG_RSA_PKCS1_CRYPT: RSAES-PKCS1-v1_5 (RFC 8017)
 * @UKS_ALG_RSA_RAW: RSA without padding; only where the policy names it
 * @UKS_ALG_SM2_SIGN: SM2 signature, DER (GB/T 32918.2)
 * @UKS_ALG_SM2_CRYPT: SM2 encryption, DER (GB/T 32918.4)
 * @UKS_ALG_ED448: Ed448 (RFC 8032), pure
 * @UKS_ALG_ECDH: ECDH with cofactor 1 (SP 800-56A), the x coordinate
 * @UKS_ALG_X25519: X25519 (RFC 7748)
 * @UKS_ALG_X448: X448 (RFC 7748)
 * @UKS_ALG_FFDH: finite-field Diffie-Hellman (RFC 7919, SP 800-56A)
 * @UKS_ALG_HKDF: HKDF (RFC 5869)
 * @UKS_ALG_PBKDF2: PBKDF2 with HMAC (RFC 8018, SP 800-132)
 * @UKS_ALG_RSA_AES_KEY_WRAP: an AES-256 key under RSA-OAEP, then the key under
 *	it by AES-KWP (PKCS #11 v3.0, CKM_RSA_AES_KEY_WRAP)
 * @UKS_ALG_ECDH_HKDF_AES_GCM: ephemeral ECDH, HKDF-SHA-256, AES-256-GCM; see
 *	Documentation/wrapping.rst
 * @UKS_ALG_ML_DSA: ML-DSA (FIPS 204)
 * @UKS_ALG_ML_KEM: ML-KEM (FIPS 203)
 * @UKS_ALG_AES_CBC_WRAP: a key under AES-CBC with PKCS #7 padding, the vector before
 *	it; not authenticated: only where the policy names it
 */
enum uks_algorithm {
	UKS_ALG_AES_GCM = 1,
	UKS_ALG_CHACHA20_POLY1305 = 2,
	UKS_ALG_HMAC = 3,
	UKS_ALG_ECDSA = 4,
	UKS_ALG_ED25519 = 5,
	UKS_ALG_AES_CCM = 6,
	UKS_ALG_AES_CBC = 7,
	UKS_ALG_AES_CBC_PKCS7 = 8,
	UKS_ALG_AES_CTR = 9,
	UKS_ALG_AES_ECB = 10,
	UKS_ALG_AES_CMAC = 11,
	UKS_ALG_SM4_CBC = 12,
	UKS_ALG_SM4_CBC_PKCS7 = 13,
	UKS_ALG_SM4_CTR = 14,
	UKS_ALG_SM4_GCM = 15,
	UKS_ALG_AES_KW = 16,
	UKS_ALG_AES_KWP = 17,
	UKS_ALG_RSA_PKCS1 = 18,
	UKS_ALG_RSA_PSS = 19,
	UKS_ALG_RSA_OAEP = 20,
	UKS_ALG_RSA_PKCS1_CRYPT = 21,
	UKS_ALG_RSA_RAW = 22,
	UKS_ALG_SM2_SIGN = 23,
	UKS_ALG_SM2_CRYPT = 24,
	UKS_ALG_ED448 = 25,
	UKS_ALG_ECDH = 26,
	UKS_ALG_X25519 = 27,
	UKS_ALG_X448 = 28,
	UKS_ALG_FFDH = 29,
	UKS_ALG_HKDF = 30,
	UKS_ALG_PBKDF2 = 31,
	UKS_ALG_RSA_AES_KEY_WRAP = 32,
	UKS_ALG_ECDH_HKDF_AES_GCM = 33,
	UKS_ALG_ML_DSA = 34,
	UKS_ALG_ML_KEM = 35,
	UKS_ALG_AES_CBC_WRAP = 36,
};

/**
 * enum uks_digest - message digest of a signature, MAC, padding or derivation
 * @UKS_DIGEST_SHA256: SHA-256 (FIPS 180-4)
 * @UKS_DIGEST_SHA384: SHA-384
 * @UKS_DIGEST_SHA512: SHA-512
 * @UKS_DIGEST_SHA1: SHA-1; legacy
 * @UKS_DIGEST_SHA224: SHA-224
 * @UKS_DIGEST_SM3: SM3 (GB/T 32905)
 * @UKS_DIGEST_SHA3_256: SHA3-256 (FIPS 202)
 * @UKS_DIGEST_SHA3_384: SHA3-384
 * @UKS_DIGEST_SHA3_512: SHA3-512
 * @UKS_DIGEST_GIVEN: the message is the digest: the caller made it. For
 *	RSASSA-PKCS1-v1_5 it is a DER DigestInfo, for ECDSA any digest
 */
enum uks_digest {
	UKS_DIGEST_SHA256 = 1,
	UKS_DIGEST_SHA384 = 2,
	UKS_DIGEST_SHA512 = 3,
	UKS_DIGEST_SHA1 = 4,
	UKS_DIGEST_SHA224 = 5,
	UKS_DIGEST_SM3 = 6,
	UKS_DIGEST_SHA3_256 = 7,
	UKS_DIGEST_SHA3_384 = 8,
	UKS_DIGEST_SHA3_512 = 9,
	UKS_DIGEST_GIVEN = 15,
};

/**
 * enum uks_key_format - how key bytes are written
 * @UKS_FORMAT_RAW: the bytes of a symmetric key; the 32-byte seed of Ed25519
 * @UKS_FORMAT_PKCS8: DER PrivateKeyInfo (RFC 5958)
 * @UKS_FORMAT_SPKI: DER SubjectPublicKeyInfo (RFC 5280)
 */
enum uks_key_format {
	UKS_FORMAT_RAW = 1,
	UKS_FORMAT_PKCS8 = 2,
	UKS_FORMAT_SPKI = 3,
};

/**
 * enum uks_key_state - state of a key (SP 800-57 part 1, section 7)
 * @UKS_STATE_ACTIVE: may be used
 * @UKS_STATE_PRE_ACTIVATION: not to be used yet
 * @UKS_STATE_SUSPENDED: not to be used for the time being
 * @UKS_STATE_DEACTIVATED: only decrypts, verifies and unwraps what was made before
 * @UKS_STATE_COMPROMISED: known to others: only decrypts and verifies, if the caller insists
 * @UKS_STATE_DESTROYED: deleted
 * @UKS_STATE_DESTROYED_COMPROMISED: deleted, and known to others
 */
enum uks_key_state {
	UKS_STATE_ACTIVE = 1,
	UKS_STATE_PRE_ACTIVATION = 2,
	UKS_STATE_SUSPENDED = 3,
	UKS_STATE_DEACTIVATED = 4,
	UKS_STATE_COMPROMISED = 5,
	UKS_STATE_DESTROYED = 6,
	UKS_STATE_DESTROYED_COMPROMISED = 7,
};

/**
 * enum uks_key_origin - where the key bytes came from
 * @UKS_ORIGIN_GENERATED: made inside UKS
 * @UKS_ORIGIN_IMPORTED: given by a client
 * @UKS_ORIGIN_UNWRAPPED: given by a client, wrapped
 * @UKS_ORIGIN_AGREED: agreed upon inside UKS
 * @UKS_ORIGIN_DERIVED: derived inside UKS
 */
enum uks_key_origin {
	UKS_ORIGIN_GENERATED = 1,
	UKS_ORIGIN_IMPORTED = 2,
	UKS_ORIGIN_UNWRAPPED = 3,
	UKS_ORIGIN_AGREED = 4,
	UKS_ORIGIN_DERIVED = 5,
};

/**
 * enum uks_lease_flag - what a lease permits beside its purpose, bits
 * @UKS_LEASE_CALLER_NONCE: the caller may choose nonces when it encrypts
 * @UKS_LEASE_COUNTED: the daemon counts each message before it is begun
 *	(UKS_OP_USE)
 */
enum uks_lease_flag {
	UKS_LEASE_CALLER_NONCE = 0x01,
	UKS_LEASE_COUNTED = 0x02,
};

/**
 * enum uks_call_flag - how a call is meant (UKS_A_FLAGS), bits
 * @UKS_CALL_REPLACE: a key of that name may be there: it is deleted in the same
 *	change that makes the new one durable
 * @UKS_CALL_NOW: delete without a time in which the key can be restored
 * @UKS_CALL_DELETED: list deleted keys instead, those that can be restored
 * @UKS_CALL_COMPROMISED: use a compromised key to decrypt or verify all the same
 * @UKS_CALL_ANONYMOUS: attest without what tells this machine from others
 * @UKS_CALL_CHECK: only check what is given, and put nothing in place
 * @UKS_CALL_GRANTED: list keys of other users instead, those that the caller may use
 */
enum uks_call_flag {
	UKS_CALL_REPLACE = 0x01,
	UKS_CALL_NOW = 0x02,
	UKS_CALL_DELETED = 0x04,
	UKS_CALL_COMPROMISED = 0x08,
	UKS_CALL_ANONYMOUS = 0x10,
	UKS_CALL_CHECK = 0x20,
	UKS_CALL_GRANTED = 0x40,
};

/**
 * enum uks_policy_flag - what a key's policy permits or forbids, bits
 * @UKS_POLICY_CALLER_NONCE: the caller may choose nonces when it encrypts
 * @UKS_POLICY_EXPORTABLE: the key may leave, wrapped
 * @UKS_POLICY_KEEP_INSIDE: what is agreed or derived only becomes a new key
 * @UKS_POLICY_PROVISIONED: an issuer provisioned it (UKS_IOC_PROVISION), and so it is
 *	deleted, rotated and exported; only the daemon sets this
 * @UKS_POLICY_AUTHORIZED: it is used by UKS_IOC_PROVISION only; only the daemon sets
 *	this
 */
enum uks_policy_flag {
	UKS_POLICY_CALLER_NONCE = 0x01,
	UKS_POLICY_EXPORTABLE = 0x02,
	UKS_POLICY_KEEP_INSIDE = 0x04,
	UKS_POLICY_PROVISIONED = 0x08,
	UKS_POLICY_AUTHORIZED = 0x10,
};

/**
 * enum uks_provider - what performs a key's private operation
 * @UKS_PROVIDER_SEALED: the daemon; at rest the key is under the TPM
 * @UKS_PROVIDER_TPM: the TPM, which the key never leaves
 */
enum uks_provider {
	UKS_PROVIDER_SEALED = 1,
	UKS_PROVIDER_TPM = 2,
};

/**
 * enum uks_pin_mode - how long a PIN that was given counts
 * @UKS_PIN_PER_USE: for one message: each session that is opened with it serves once
 * @UKS_PIN_SESSION: as long as the session that was opened with it
 * @UKS_PIN_TIMED: as long as that session, but no longer than the policy says
 */
enum uks_pin_mode {
	UKS_PIN_PER_USE = 1,
	UKS_PIN_SESSION = 2,
	UKS_PIN_TIMED = 3,
};

/**
 * enum uks_pin_command - what UKS_OP_PIN does (UKS_A_COMMAND)
 * @UKS_PIN_CHECK: is UKS_A_PIN right? A wrong one costs a try
 * @UKS_PIN_CHANGE: make UKS_A_NEW_PIN the PIN; needs UKS_A_PIN or UKS_A_ADMIN_CODE
 * @UKS_PIN_UNLOCK: give back all tries; needs UKS_A_ADMIN_CODE
 */
enum uks_pin_command {
	UKS_PIN_CHECK = 1,
	UKS_PIN_CHANGE = 2,
	UKS_PIN_UNLOCK = 3,
};

/**
 * enum uks_attest_command - what UKS_OP_KEY_ATTEST does (UKS_A_COMMAND)
 * @UKS_ATTEST_KEY: attest a key; needs UKS_A_CHALLENGE
 * @UKS_ATTEST_AK: tell the attestation key, and the TPM it is in
 * @UKS_ATTEST_ACTIVATE: open the credential in UKS_A_MESSAGE, which proves the latter
 */
enum uks_attest_command {
	UKS_ATTEST_KEY = 1,
	UKS_ATTEST_AK = 2,
	UKS_ATTEST_ACTIVATE = 3,
};

/**
 * enum uks_boot_command - what UKS_OP_BOOT_POLICY does (UKS_A_COMMAND)
 * @UKS_BOOT_SHOW: tell authority, PCRs, their values and what is approved
 * @UKS_BOOT_SET: seal the master key again under an authority
 * @UKS_BOOT_APPROVE: take in an approval
 * @UKS_BOOT_CLEAR: seal the master key again without a boot policy
 */
enum uks_boot_command {
	UKS_BOOT_SHOW = 1,
	UKS_BOOT_SET = 2,
	UKS_BOOT_APPROVE = 3,
	UKS_BOOT_CLEAR = 4,
};

/**
 * enum uks_master_state - state of the register of a master key
 * @UKS_MASTER_EMPTY: nothing is there
 * @UKS_MASTER_FULL_UNCOMMITTED: a key is there, and not yet agreed to
 * @UKS_MASTER_FULL_COMMITTED: enough administrators have agreed to it
 * @UKS_MASTER_VALID: it is in use
 */
enum uks_master_state {
	UKS_MASTER_EMPTY = 1,
	UKS_MASTER_FULL_UNCOMMITTED = 2,
	UKS_MASTER_FULL_COMMITTED = 3,
	UKS_MASTER_VALID = 4,
};

/**
 * enum uks_master_command - what UKS_OP_MASTER does (UKS_A_COMMAND)
 * @UKS_MASTER_SHOW: tell both registers' states and patterns, administrators, thresholds
 * @UKS_MASTER_SIGNED: a command that administrators have signed, in UKS_A_MESSAGE
 * @UKS_MASTER_ROTATE: take the committed master key into use, blob by blob
 * @UKS_MASTER_SHARES: split the master key into shares
 * @UKS_MASTER_RECOVER: bring the master key back from shares
 * @UKS_MASTER_ZEROIZE: destroy the master key and all that is under it
 * @UKS_MASTER_LOAD: put a key, or a part of one, into the new register
 * @UKS_MASTER_CLEAR: empty the new register
 */
enum uks_master_command {
	UKS_MASTER_SHOW = 1,
	UKS_MASTER_SIGNED = 2,
	UKS_MASTER_ROTATE = 3,
	UKS_MASTER_SHARES = 4,
	UKS_MASTER_RECOVER = 5,
	UKS_MASTER_ZEROIZE = 6,
	UKS_MASTER_LOAD = 7,
	UKS_MASTER_CLEAR = 8,
};

/**
 * enum uks_backup_command - what UKS_OP_BACKUP does (UKS_A_COMMAND)
 * @UKS_BACKUP_READ: give the next piece of a backup
 * @UKS_BACKUP_WRITE: take in the next piece of one
 * @UKS_BACKUP_FINISH: check what was taken in whole, and put it in place
 * @UKS_BACKUP_ABORT: drop what was taken in
 * @UKS_BACKUP_REPORT: tell what the last backup that was read or checked had in it
 */
enum uks_backup_command {
	UKS_BACKUP_READ = 1,
	UKS_BACKUP_WRITE = 2,
	UKS_BACKUP_FINISH = 3,
	UKS_BACKUP_ABORT = 4,
	UKS_BACKUP_REPORT = 5,
};

/**
 * enum uks_audit_command - what UKS_OP_AUDIT does (UKS_A_COMMAND)
 * @UKS_AUDIT_READ: give records after UKS_A_CURSOR
 * @UKS_AUDIT_HEAD: give the head of the chain, and what the TPM says of it
 */
enum uks_audit_command {
	UKS_AUDIT_READ = 1,
	UKS_AUDIT_HEAD = 2,
};

/**
 * enum uks_feature - what the module can do, bits
 * @UKS_FEATURE_AES_GCM: the kernel runs AES-GCM
 * @UKS_FEATURE_CHACHA20_POLY1305: the kernel runs ChaCha20-Poly1305
 * @UKS_FEATURE_HMAC_SHA256: the kernel runs HMAC-SHA-256
 * @UKS_FEATURE_DIGEST: the kernel hashes messages for signatures
 */
enum uks_feature {
	UKS_FEATURE_AES_GCM = 0x01,
	UKS_FEATURE_CHACHA20_POLY1305 = 0x02,
	UKS_FEATURE_HMAC_SHA256 = 0x04,
	UKS_FEATURE_DIGEST = 0x08,
};

/* ---- calls on a client (an open file of /dev/uks) ---- */

/**
 * struct uks_query - what this kernel can do (UKS_IOC_QUERY)
 * @size: [in] size of the struct
 * @flags: [in] 0
 * @features: [out] enum uks_feature
 * @payload_max: [out] greatest length of a payload, bytes
 * @aead_max: [out] greatest AEAD message, associated data included, bytes
 * @message_max: [out] greatest message that goes to the daemon whole, bytes
 * @daemon: [out] 1 if a daemon is registered
 * @requests_max: [out] requests that one user may have waiting
 * @sessions_max: [out] sessions that one user may have open
 * @bytes_max: [out] kernel memory that one user may hold, bytes
 * @algorithms: [out] what the kernel itself runs, bits 1 << enum uks_algorithm
 * @digests: [out] what the kernel itself hashes, bits 1 << enum uks_digest
 */
struct uks_query {
	__u32 size;
	__u32 flags;
	__aligned_u64 features;
	__u32 payload_max;
	__u32 aead_max;
	__u32 message_max;
	__u32 daemon;
	__u32 requests_max;
	__u32 sessions_max;
	__aligned_u64 bytes_max;
	__aligned_u64 algorithms;
	__aligned_u64 digests;
};

/**
 * struct uks_outcome - how a request ended, in more words than errno
 * @error: [out] enum uks_error
 * @text_len: [in] room at @text, bytes; [out] bytes written, with the NUL
 * @text: [in] where one line about the error shall go, or 0
 * @request_id: [out] number of the request, as the daemon's log has it; 0 if
 *	there was none
 */
struct uks_outcome {
	__u32 error;
	__u32 text_len;
	__aligned_u64 text;
	__aligned_u64 request_id;
};

/**
 * struct uks_call - a request to the daemon (most calls on a client)
 * @size: [in] size of the struct
 * @flags: [in] 0
 * @in: [in] payload: netlink attributes of the set "request"
 * @out: [in] where the answer's attributes shall go
 * @in_len: [in] bytes at @in, at most UKS_PAYLOAD_MAX
 * @out_len: [in] room at @out, bytes; [out] length of the answer. A call that
 *	changes something needs room for UKS_REPLY_MIN bytes; UKS_IOC_MASTER,
 *	UKS_IOC_BACKUP and UKS_IOC_PROVISION for UKS_PAYLOAD_MAX
 * @deadline_ns: [in] when to give up, CLOCK_MONOTONIC; 0 is the module's
 *	default. With 0, a signal before a worker took the request gives EINTR;
 *	with a deadline the call is restarted
 * @fd: [out] the new session (UKS_IOC_SESSION_OPEN), close-on-exec
 * @reserved: 0
 * @outcome: how it ended; filled in whenever there was a request
 */
struct uks_call {
	__u32 size;
	__u32 flags;
	__aligned_u64 in;
	__aligned_u64 out;
	__u32 in_len;
	__u32 out_len;
	__aligned_u64 deadline_ns;
	__s32 fd;
	__u32 reserved;
	struct uks_outcome outcome;
};

/* ---- calls on a session ---- */

/**
 * struct uks_session_info - what a session is (UKS_IOC_SESSION_INFO)
 * @size: [in] size of the struct
 * @flags: [in] 0
 * @key_id: [out] the key
 * @key_version: [out] version of the key
 * @purpose: [out] enum uks_purpose
 * @algorithm: [out] enum uks_algorithm
 * @digest: [out] enum uks_digest, 0 if none
 * @output_len: [out] bytes that a message grows by (ciphers), or greatest length
 *	of the MAC, signature or other result
 * @lease_flags: [out] enum uks_lease_flag
 * @uses: [out] messages completed
 * @nonce_len: [out] bytes of nonce, initial vector or counter block; 0 if none
 * @tag_len: [out] bytes of authentication tag; 0 if none
 * @block_len: [out] whole message must be a multiple of this, bytes; 1 if it
 *	need not
 * @remote: [out] 1 if the daemon does the work
 */
struct uks_session_info {
	__u32 size;
	__u32 flags;
	__u8 key_id[UKS_KEY_ID_LEN];
	__u32 key_version;
	__u32 purpose;
	__u32 algorithm;
	__u32 digest;
	__u32 output_len;
	__u32 lease_flags;
	__aligned_u64 uses;
	__u32 nonce_len;
	__u32 tag_len;
	__u32 block_len;
	__u32 remote;
};

#define UKS_CIPHER_CALLER_NONCE	0x1	/* encrypt with the nonce at @nonce */

/**
 * struct uks_cipher - one whole message (UKS_IOC_ENCRYPT, UKS_IOC_DECRYPT)
 * @size: [in] size of the struct
 * @flags: [in] UKS_CIPHER_CALLER_NONCE: only to encrypt, only if the lease permits
 * @in: [in] plaintext, or ciphertext followed by the tag
 * @out: [in] where the result shall go; it may be @in, or overlap it. A long
 *	message of CBC, CTR or ECB must not overlap it from behind (EINVAL)
 * @in_len: [in] bytes at @in
 * @out_len: [in] room at @out; [out] length of the result. An AEAD adds its tag
 *	when it encrypts, and takes it off when it decrypts
 * @aad: [in] associated data
 * @nonce: [in] where the nonce is (decrypt) or shall go (encrypt)
 * @aad_len: [in] bytes at @aad
 * @nonce_len: [in] as struct uks_session_info has it
 * @deadline_ns: [in] as in struct uks_call
 * @outcome: how the request ended, where the daemon does the work or counts it
 *
 * Plaintext of an AEAD is given out only after the tag was found right. A
 * message encrypted by CBC with padding grows by 1 to 16 bytes; to decrypt one,
 * there must be room for @in_len bytes. The counter of CTR must not come to its
 * end within a message (EMSGSIZE). With RSA or SM2 there is no nonce.
 */
struct uks_cipher {
	__u32 size;
	__u32 flags;
	__aligned_u64 in;
	__aligned_u64 out;
	__u32 in_len;
	__u32 out_len;
	__aligned_u64 aad;
	__aligned_u64 nonce;
	__u32 aad_len;
	__u32 nonce_len;
	__aligned_u64 deadline_ns;
	struct uks_outcome outcome;
};

/**
 * struct uks_sign - one whole message to sign, MAC, agree or derive with
 *	(UKS_IOC_SIGN, UKS_IOC_MAC, UKS_IOC_AGREE, UKS_IOC_DERIVE)
 * @size: [in] size of the struct
 * @flags: [in] 0
 * @in: [in] message; to agree, the other side's public key (DER
 *	SubjectPublicKeyInfo); to derive, the info (HKDF) or salt (PBKDF2)
 * @out: [in] where the signature, MAC or secret shall go
 * @in_len: [in] bytes at @in
 * @out_len: [in] room at @out; [out] length of the result
 * @deadline_ns: [in] as in struct uks_call
 * @outcome: how the request ended, where there was one
 */
struct uks_sign {
	__u32 size;
	__u32 flags;
	__aligned_u64 in;
	__aligned_u64 out;
	__u32 in_len;
	__u32 out_len;
	__aligned_u64 deadline_ns;
	struct uks_outcome outcome;
};

/**
 * struct uks_verify - one whole message to verify (UKS_IOC_VERIFY, UKS_IOC_MAC_VERIFY)
 * @size: [in] size of the struct
 * @flags: [in] 0
 * @in: [in] message
 * @sig: [in] signature or MAC
 * @in_len: [in] bytes at @in
 * @sig_len: [in] bytes at @sig
 * @deadline_ns: [in] as in struct uks_call
 * @outcome: how the request ended, where there was one
 *
 * EBADMSG if the signature or MAC is wrong.
 */
struct uks_verify {
	__u32 size;
	__u32 flags;
	__aligned_u64 in;
	__aligned_u64 sig;
	__u32 in_len;
	__u32 sig_len;
	__aligned_u64 deadline_ns;
	struct uks_outcome outcome;
};

/**
 * struct uks_begin - begin a message in parts (UKS_IOC_BEGIN)
 * @size: [in] size of the struct
 * @flags: [in] UKS_CIPHER_CALLER_NONCE, as in struct uks_cipher
 * @aad: [in] associated data (AEAD only, else 0)
 * @nonce: [in] as in struct uks_cipher (ciphers only, else 0)
 * @aad_len: [in] bytes at @aad
 * @nonce_len: [in] as struct uks_session_info has it (ciphers only, else 0)
 * @deadline_ns: [in] as in struct uks_call
 * @outcome: how the request ended, where the daemon counts messages
 *
 * A session has one message in parts at a time; a message that was begun and
 * not finished is dropped.
 */
struct uks_begin {
	__u32 size;
	__u32 flags;
	__aligned_u64 aad;
	__aligned_u64 nonce;
	__u32 aad_len;
	__u32 nonce_len;
	__aligned_u64 deadline_ns;
	struct uks_outcome outcome;
};

/**
 * struct uks_update - go on with a message in parts (UKS_IOC_UPDATE)
 * @size: [in] size of the struct
 * @flags: [in] 0
 * @in: [in] next part of the message
 * @out: [in] where output shall go
 * @in_len: [in] bytes at @in
 * @out_len: [in] room at @out; [out] bytes written. An AEAD gives its result
 *	whole when it is finished, so this is 0; CBC and CTR may give up to
 *	@in_len + 16 bytes, where @out may be @in as in struct uks_cipher
 * @deadline_ns: [in] as in struct uks_call
 * @outcome: how the request ended, where the daemon does the work
 *
 * ENOBUFS leaves the message as it was; every other error ends the message, not
 * the session.
 */
struct uks_update {
	__u32 size;
	__u32 flags;
	__aligned_u64 in;
	__aligned_u64 out;
	__u32 in_len;
	__u32 out_len;
	__aligned_u64 deadline_ns;
	struct uks_outcome outcome;
};

/**
 * struct uks_finish - end a message in parts (UKS_IOC_FINISH)
 * @size: [in] size of the struct
 * @flags: [in] 0
 * @out: [in] where ciphertext and tag, plaintext, MAC or signature shall go
 * @sig: [in] signature or MAC to verify (verifying only, else 0)
 * @out_len: [in] room at @out; [out] length of the result. CBC with padding wants
 *	room for 16 bytes
 * @sig_len: [in] bytes at @sig
 * @deadline_ns: [in] as in struct uks_call
 * @outcome: how the request ended, where there was one
 *
 * ENOBUFS leaves the message as it was, to be finished with more room; every
 * other error ends it.
 */
struct uks_finish {
	__u32 size;
	__u32 flags;
	__aligned_u64 out;
	__aligned_u64 sig;
	__u32 out_len;
	__u32 sig_len;
	__aligned_u64 deadline_ns;
	struct uks_outcome outcome;
};

/**
 * struct uks_abort - drop a message in parts (UKS_IOC_ABORT)
 * @size: [in] size of the struct
 * @flags: [in] 0
 *
 * Succeeds also if there is none.
 */
struct uks_abort {
	__u32 size;
	__u32 flags;
};

/* ---- the channel, between kernel and daemon ---- */

/**
 * enum uks_op - operations of the daemon
 * @UKS_OP_STATUS: how the daemon is
 * @UKS_OP_SESSION_OPEN: may this client use this key so, and give the lease
 * @UKS_OP_KEY_GENERATE: make a key
 * @UKS_OP_KEY_IMPORT: take in a key
 * @UKS_OP_KEY_EXPORT_PUBLIC: give out the public part
 * @UKS_OP_KEY_LIST: list the caller's keys
 * @UKS_OP_KEY_SHOW: describe a key
 * @UKS_OP_KEY_RENAME: give a key another name
 * @UKS_OP_KEY_DELETE: destroy a key
 * @UKS_OP_SIGN: sign a digest or short message in a session
 * @UKS_OP_VERIFY: verify a signature in a session
 * @UKS_OP_ENCRYPT: encrypt a message or whole blocks in a session
 * @UKS_OP_DECRYPT: decrypt a message or whole blocks in a session
 * @UKS_OP_MAC: compute a MAC in a session
 * @UKS_OP_AGREE: agree on a secret in a session
 * @UKS_OP_DERIVE: derive a secret in a session
 * @UKS_OP_USE: count uses of a key before a lease's messages begin
 * @UKS_OP_KEY_AGREE: agree on a secret and keep it as a new key
 * @UKS_OP_KEY_DERIVE: derive a secret and keep it as a new key
 * @UKS_OP_KEY_WRAP: give out a key wrapped under another
 * @UKS_OP_KEY_UNWRAP: take in a key wrapped under another
 * @UKS_OP_KEY_ROTATE: make a new version of a key
 * @UKS_OP_KEY_SET_STATE: take a key from one state to another
 * @UKS_OP_KEY_SET_POLICY: change a key's policy
 * @UKS_OP_KEY_RESTORE: bring back a deleted key
 * @UKS_OP_KEY_VERSIONS: list the versions of a key
 * @UKS_OP_KEY_ATTEST: prove what a key is and where it lives
 * @UKS_OP_PIN: check, change or unlock the PIN of a key
 * @UKS_OP_BOOT_POLICY: show or change which boots open the master key
 * @UKS_OP_MASTER: a step of the life of the master key
 * @UKS_OP_BACKUP: write or read a backup of the store
 * @UKS_OP_AUDIT: read or check the records of what was decided
 * @UKS_OP_PROVISION: a method of SKS: provision keys, and use them
 */
enum uks_op {
	UKS_OP_STATUS = 1,
	UKS_OP_SESSION_OPEN = 2,
	UKS_OP_KEY_GENERATE = 3,
	UKS_OP_KEY_IMPORT = 4,
	UKS_OP_KEY_EXPORT_PUBLIC = 5,
	UKS_OP_KEY_LIST = 6,
	UKS_OP_KEY_SHOW = 7,
	UKS_OP_KEY_RENAME = 8,
	UKS_OP_KEY_DELETE = 9,
	UKS_OP_SIGN = 10,
	UKS_OP_VERIFY = 11,
	UKS_OP_ENCRYPT = 12,
	UKS_OP_DECRYPT = 13,
	UKS_OP_MAC = 14,
	UKS_OP_AGREE = 15,
	UKS_OP_DERIVE = 16,
	UKS_OP_USE = 17,
	UKS_OP_KEY_AGREE = 18,
	UKS_OP_KEY_DERIVE = 19,
	UKS_OP_KEY_WRAP = 20,
	UKS_OP_KEY_UNWRAP = 21,
	UKS_OP_KEY_ROTATE = 22,
	UKS_OP_KEY_SET_STATE = 23,
	UKS_OP_KEY_SET_POLICY = 24,
	UKS_OP_KEY_RESTORE = 25,
	UKS_OP_KEY_VERSIONS = 26,
	UKS_OP_KEY_ATTEST = 27,
	UKS_OP_PIN = 28,
	UKS_OP_BOOT_POLICY = 29,
	UKS_OP_MASTER = 30,
	UKS_OP_BACKUP = 31,
	UKS_OP_AUDIT = 32,
	UKS_OP_PROVISION = 33,
};

/**
 * struct uks_request_header - before each request that a channel is read for
 * @len: length of the request with this header, bytes
 * @op: enum uks_op
 * @id: number of the request, never used again
 * @deadline_ns: when the client gives up, CLOCK_MONOTONIC
 * @cgroup: id of the client's cgroup in the default hierarchy
 * @userns: inode number of the client's user namespace
 * @uid: effective user id, in the initial user namespace
 * @gid: effective group id, in the initial user namespace
 * @tgid: the process, in the initial pid namespace
 * @userns_owner: user id of the owner of the client's user namespace
 * @identity_len: bytes of attributes about the client, made by the kernel
 *	(UKS_A_GROUPS, UKS_A_SECCTX); they follow this header
 * @payload_len: bytes of attributes from the client (or made by its session);
 *	they come last
 * @out_max: longest payload that an answer may have
 * @reserved: 0
 *
 * One read gives one whole request. With too little room, EMSGSIZE, and the
 * request stays. EPIPE: the daemon is no longer registered.
 */
struct uks_request_header {
	__u32 len;
	__u32 op;
	__aligned_u64 id;
	__aligned_u64 deadline_ns;
	__aligned_u64 cgroup;
	__aligned_u64 userns;
	__u32 uid;
	__u32 gid;
	__u32 tgid;
	__u32 userns_owner;
	__u32 identity_len;
	__u32 payload_len;
	__u32 out_max;
	__u32 reserved;
};

/**
 * struct uks_answer_header - before each answer that is written to a channel
 * @len: length of the answer with this header, bytes
 * @flags: 0
 * @id: number of the request
 * @error: 0, or a positive errno value for the client
 * @code: enum uks_error, 0 if and only if @error is 0
 *
 * Attributes follow. With an error only UKS_A_ERROR_TEXT may. One write takes
 * one whole answer. ENOENT: the request has ended meanwhile, or never was in
 * this channel's hands; that is normal. EINVAL, EMSGSIZE: the answer is
 * malformed and the request still waits.
 */
struct uks_answer_header {
	__u32 len;
	__u32 flags;
	__aligned_u64 id;
	__u32 error;
	__u32 code;
};

/**
 * struct uks_channel_valid - does a request still wait? (UKS_IOC_CHANNEL_VALID)
 * @size: [in] size of the struct
 * @flags: [in] 0
 * @id: [in] the request
 *
 * ENOENT if it has ended. What was read under /proc of the client is about the
 * client only if this succeeds afterwards: until then its process cannot have
 * gone.
 */
struct uks_channel_valid {
	__u32 size;
	__u32 flags;
	__aligned_u64 id;
};

/*
 * Command numbers carry no size, so that structs can grow.
 * Client: 0x00..0x3f, session: 0x40..0x7f, channel: 0x80..0x8f.
 */
#define UKS_IOC_QUERY			_IO(UKS_IOC_MAGIC, 0x00)
#define UKS_IOC_STATUS			_IO(UKS_IOC_MAGIC, 0x01)
#define UKS_IOC_SESSION_OPEN		_IO(UKS_IOC_MAGIC, 0x02)
#define UKS_IOC_KEY_GENERATE		_IO(UKS_IOC_MAGIC, 0x03)
#define UKS_IOC_KEY_IMPORT		_IO(UKS_IOC_MAGIC, 0x04)
#define UKS_IOC_KEY_EXPORT_PUBLIC	_IO(UKS_IOC_MAGIC, 0x05)
#define UKS_IOC_KEY_LIST		_IO(UKS_IOC_MAGIC, 0x06)
#define UKS_IOC_KEY_SHOW		_IO(UKS_IOC_MAGIC, 0x07)
#define UKS_IOC_KEY_RENAME		_IO(UKS_IOC_MAGIC, 0x08)
#define UKS_IOC_KEY_DELETE		_IO(UKS_IOC_MAGIC, 0x09)
#define UKS_IOC_KEY_AGREE		_IO(UKS_IOC_MAGIC, 0x0a)
#define UKS_IOC_KEY_DERIVE		_IO(UKS_IOC_MAGIC, 0x0b)
#define UKS_IOC_KEY_WRAP		_IO(UKS_IOC_MAGIC, 0x0c)
#define UKS_IOC_KEY_UNWRAP		_IO(UKS_IOC_MAGIC, 0x0d)
#define UKS_IOC_KEY_ROTATE		_IO(UKS_IOC_MAGIC, 0x0e)
#define UKS_IOC_KEY_SET_STATE		_IO(UKS_IOC_MAGIC, 0x0f)
#define UKS_IOC_KEY_SET_POLICY		_IO(UKS_IOC_MAGIC, 0x10)
#define UKS_IOC_KEY_RESTORE		_IO(UKS_IOC_MAGIC, 0x11)
#define UKS_IOC_KEY_VERSIONS		_IO(UKS_IOC_MAGIC, 0x12)
#define UKS_IOC_KEY_ATTEST		_IO(UKS_IOC_MAGIC, 0x13)
#define UKS_IOC_PIN			_IO(UKS_IOC_MAGIC, 0x14)
#define UKS_IOC_BOOT_POLICY		_IO(UKS_IOC_MAGIC, 0x15)
#define UKS_IOC_MASTER			_IO(UKS_IOC_MAGIC, 0x16)
#define UKS_IOC_BACKUP			_IO(UKS_IOC_MAGIC, 0x17)
#define UKS_IOC_AUDIT			_IO(UKS_IOC_MAGIC, 0x18)
#define UKS_IOC_PROVISION		_IO(UKS_IOC_MAGIC, 0x19)

#define UKS_IOC_SESSION_INFO		_IO(UKS_IOC_MAGIC, 0x40)
#define UKS_IOC_ENCRYPT			_IO(UKS_IOC_MAGIC, 0x41)
#define UKS_IOC_DECRYPT			_IO(UKS_IOC_MAGIC, 0x42)
#define UKS_IOC_SIGN			_IO(UKS_IOC_MAGIC, 0x43)
#define UKS_IOC_VERIFY			_IO(UKS_IOC_MAGIC, 0x44)
#define UKS_IOC_MAC			_IO(UKS_IOC_MAGIC, 0x45)
#define UKS_IOC_MAC_VERIFY		_IO(UKS_IOC_MAGIC, 0x46)
#define UKS_IOC_BEGIN			_IO(UKS_IOC_MAGIC, 0x48)
#define UKS_IOC_UPDATE			_IO(UKS_IOC_MAGIC, 0x49)
#define UKS_IOC_FINISH			_IO(UKS_IOC_MAGIC, 0x4a)
#define UKS_IOC_ABORT			_IO(UKS_IOC_MAGIC, 0x4b)
#define UKS_IOC_AGREE			_IO(UKS_IOC_MAGIC, 0x4c)
#define UKS_IOC_DERIVE			_IO(UKS_IOC_MAGIC, 0x4d)

#define UKS_IOC_CHANNEL_VALID		_IO(UKS_IOC_MAGIC, 0x80)

#endif /* _UAPI_LINUX_UKS_H */
