/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SKS (Secure Key Store, version 1.07): numbers of its methods, statuses and values,
 * and its limits. See Documentation/sks.rst.
 */
#ifndef UKS_SKS_H
#define UKS_SKS_H

/* Limits, bytes where nothing else is said. */
#define SKS_ID_MAX		32
#define SKS_URI_MAX		1000
#define SKS_PIN_MAX		128
#define SKS_QUALIFIER_MAX	128
#define SKS_SECRET_MAX		128	/* a symmetric key */
#define SKS_SEED_MAX		64
#define SKS_NAME_MAX		100	/* characters of a friendly name */
#define SKS_TRIES_MAX		10000
#define SKS_NONCE_MAX		32
#define SKS_TEXT_MAX		2000
#define SKS_CRYPTO_MAX		16384	/* data of one operation, and one certificate */
#define SKS_EXTENSION_MAX	65536
#define SKS_MESSAGE_MAX		(128 * 1024)	/* arguments of a call, outputs of an answer */
#define SKS_LIST_MAX		255	/* elements: their count is one byte */
#define SKS_ATTRIBUTES_MAX	(SKS_MESSAGE_MAX - 8192)	/* see SKS_GET_KEY_ATTRIBUTES */
#define SKS_MAC_LEN		32

#define SKS_URI			"https://webpki.github.io/sks/algorithm#"
#define SKS_URI_SESSION		SKS_URI "session.1"
#define SKS_URI_KEY		SKS_URI "key.1"
#define SKS_URI_NONE		SKS_URI "none"

/*
 * enum sks_method - numbers of methods, as they begin a call
 *
 * Their arguments and outputs are in Documentation/sks.rst.
 */
enum sks_method {
	SKS_GET_DEVICE_INFO = 1,
	SKS_CREATE_SESSION = 2,
	SKS_CLOSE_SESSION = 3,
	SKS_ENUMERATE_SESSIONS = 4,
	SKS_ABORT_SESSION = 5,
	SKS_UPDATE_KMK = 7,
	SKS_CREATE_PUK_POLICY = 8,
	SKS_CREATE_PIN_POLICY = 9,
	SKS_CREATE_KEY = 10,
	SKS_GET_KEY_HANDLE = 11,
	SKS_SET_CERTIFICATE_PATH = 12,
	SKS_IMPORT_SYMMETRIC_KEY = 13,
	SKS_IMPORT_PRIVATE_KEY = 14,
	SKS_ADD_EXTENSION = 15,
	SKS_POST_DELETE = 50,
	SKS_POST_UNLOCK = 51,
	SKS_POST_UPDATE = 52,
	SKS_POST_CLONE = 53,
	SKS_ENUMERATE_KEYS = 70,
	SKS_GET_KEY_ATTRIBUTES = 71,
	SKS_GET_KEY_PROTECTION = 72,
	SKS_GET_EXTENSION = 73,
	SKS_SET_PROPERTY = 74,
	SKS_DELETE_KEY = 80,
	SKS_EXPORT_KEY = 81,
	SKS_UNLOCK_KEY = 82,
	SKS_CHANGE_PIN = 83,
	SKS_SET_PIN = 84,
	SKS_UPDATE_FIRMWARE = 90,
	SKS_SIGN = 100,
	SKS_DECRYPT = 101,
	SKS_AGREE = 102,
	SKS_HMAC = 103,
	SKS_ENCRYPT = 104,
};

/**
 * enum sks_status - how a call ended
 * @SKS_OK: done; outputs follow
 * @SKS_E_AUTHORIZATION: a PIN or PUK is wrong or blocked
 * @SKS_E_NOT_ALLOWED: the key's attributes forbid it
 * @SKS_E_STORAGE: no room
 * @SKS_E_MAC: a MAC is wrong
 * @SKS_E_CRYPTO: cryptography failed
 * @SKS_E_NO_SESSION: no such session, or not open
 * @SKS_E_NO_KEY: no such key, or in another phase
 * @SKS_E_ALGORITHM: the algorithm is unknown, unfit or not endorsed
 * @SKS_E_OPTION: another argument is wrong
 * @SKS_E_INTERNAL: a defect
 * @SKS_E_EXTERNAL: the store cannot be reached
 * @SKS_E_USER_ABORT: the user gave up
 * @SKS_E_NOT_AVAILABLE: the store does not work
 */
enum sks_status {
	SKS_OK = 0x00,
	SKS_E_AUTHORIZATION = 0x01,
	SKS_E_NOT_ALLOWED = 0x02,
	SKS_E_STORAGE = 0x03,
	SKS_E_MAC = 0x04,
	SKS_E_CRYPTO = 0x05,
	SKS_E_NO_SESSION = 0x06,
	SKS_E_NO_KEY = 0x07,
	SKS_E_ALGORITHM = 0x08,
	SKS_E_OPTION = 0x09,
	SKS_E_INTERNAL = 0x0a,
	SKS_E_EXTERNAL = 0x0b,
	SKS_E_USER_ABORT = 0x0c,
	SKS_E_NOT_AVAILABLE = 0x0d,
};

/* enum sks_protection - what exporting or deleting a key takes */
enum sks_protection {
	SKS_PROTECT_NONE = 0,
	SKS_PROTECT_PIN = 1,
	SKS_PROTECT_PUK = 2,
	SKS_PROTECT_NEVER = 3,
};

/* enum sks_biometric - what biometric proof is to a key */
enum sks_biometric {
	SKS_BIOMETRIC_NONE = 0,
	SKS_BIOMETRIC_ALTERNATIVE = 1,
	SKS_BIOMETRIC_COMBINED = 2,
	SKS_BIOMETRIC_EXCLUSIVE = 3,
};

/* enum sks_input - where a PIN may be typed */
enum sks_input {
	SKS_INPUT_ANY = 0,
	SKS_INPUT_PROGRAMMATIC = 1,
	SKS_INPUT_TRUSTED_GUI = 2,
};

/* enum sks_pattern - what a PIN must not be, bits */
enum sks_pattern {
	SKS_PATTERN_TWO_IN_A_ROW = 0x01,
	SKS_PATTERN_THREE_IN_A_ROW = 0x02,
	SKS_PATTERN_SEQUENCE = 0x04,
	SKS_PATTERN_REPEATED = 0x08,
	SKS_PATTERN_MISSING_GROUP = 0x10,
	SKS_PATTERNS = 0x1f,
};

/* enum sks_format - what a PIN or PUK is made of */
enum sks_format {
	SKS_FORMAT_NUMERIC = 0,
	SKS_FORMAT_ALPHANUMERIC = 1,
	SKS_FORMAT_STRING = 2,
	SKS_FORMAT_BINARY = 3,
};

/* enum sks_grouping - which keys of a PIN policy have one PIN */
enum sks_grouping {
	SKS_GROUPING_NONE = 0,
	SKS_GROUPING_SHARED = 1,
	SKS_GROUPING_SIGNATURE_STANDARD = 2,
	SKS_GROUPING_UNIQUE = 3,
};

/* enum sks_usage - what a key is for */
enum sks_usage {
	SKS_USAGE_SIGNATURE = 0,
	SKS_USAGE_AUTHENTICATION = 1,
	SKS_USAGE_ENCRYPTION = 2,
	SKS_USAGE_UNIVERSAL = 3,
};

/* enum sks_extension - kinds of extensions */
enum sks_extension {
	SKS_EXTENSION_PLAIN = 0,
	SKS_EXTENSION_ENCRYPTED = 1,
	SKS_EXTENSION_PROPERTY_BAG = 2,
	SKS_EXTENSION_LOGOTYPE = 3,
};

/* enum sks_protected - how a key is protected now, bits */
enum sks_protected {
	SKS_PROTECTED_PIN = 0x01,
	SKS_PROTECTED_PUK = 0x02,
	SKS_PROTECTED_PIN_BLOCKED = 0x04,
	SKS_PROTECTED_PUK_BLOCKED = 0x08,
	SKS_PROTECTED_DEVICE_PIN = 0x10,
};

/* enum sks_backup - where else a key has been, bits */
enum sks_backup {
	SKS_BACKUP_IMPORTED = 0x01,
	SKS_BACKUP_EXPORTED = 0x02,
};

/**
 * enum sks_call_flag - UKS_A_FLAGS of UKS_IOC_PROVISION, bits
 * @SKS_CALL_MORE: more of the arguments follows in another call
 * @SKS_CALL_WHOLE_MESSAGE: SKS_SIGN is given the message, not its hash
 */
enum sks_call_flag {
	SKS_CALL_MORE = 0x01,
	SKS_CALL_WHOLE_MESSAGE = 0x02,
};

#endif /* UKS_SKS_H */
