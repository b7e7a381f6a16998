/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of uksctl share. */
#ifndef UKSCTL_H
#define UKSCTL_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>
#include <uks.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#endif
#define fallthrough		__attribute__((fallthrough))

/**
 * enum exit_status - how uksctl ends; documented in uksctl(1)
 * @EXIT_OK: done
 * @EXIT_ERROR: anything that is not below
 * @EXIT_USAGE: the command line is wrong; nothing was done
 * @EXIT_NO_KEY: no such key
 * @EXIT_EXISTS: the name or the output file exists
 * @EXIT_ACCESS: access was refused
 * @EXIT_NOT_AUTHENTIC: a signature, MAC or encrypted stream is wrong
 * @EXIT_UNAVAILABLE: no module or no daemon
 * @EXIT_AGAIN: busy, deadline passed, or interrupted: trying again may help
 */
enum exit_status {
	EXIT_OK = 0,
	EXIT_ERROR = 1,
	EXIT_USAGE = 2,
	EXIT_NO_KEY = 3,
	EXIT_EXISTS = 4,
	EXIT_ACCESS = 5,
	EXIT_NOT_AUTHENTIC = 6,
	EXIT_UNAVAILABLE = 7,
	EXIT_AGAIN = 8,
};

/* ---- command*.c: the tables that drive help, parsing and completion ---- */

/**
 * enum completion - what a word of the command line may be
 * @COMPLETE_NOTHING: anything
 * @COMPLETE_KEY: a key of the caller
 * @COMPLETE_FILE: a file
 * @COMPLETE_TYPE: a key type
 * @COMPLETE_PURPOSE: purposes of a key
 * @COMPLETE_DIGEST: a digest
 * @COMPLETE_ALGORITHM: an algorithm
 * @COMPLETE_FORMAT: one of the command's formats
 * @COMPLETE_SKS_KEY: number of a key of SKS
 * @COMPLETE_ERROR: the name of an error, or "all"
 */
enum completion {
	COMPLETE_NOTHING,
	COMPLETE_KEY,
	COMPLETE_FILE,
	COMPLETE_TYPE,
	COMPLETE_PURPOSE,
	COMPLETE_DIGEST,
	COMPLETE_ALGORITHM,
	COMPLETE_FORMAT,
	COMPLETE_SKS_KEY,
	COMPLETE_ERROR,
};

enum option_id {
	OPTION_TYPE,
	OPTION_PURPOSE,
	OPTION_FORMAT,
	OPTION_HEX,
	OPTION_PASSPHRASE_FD,
	OPTION_INPUT,
	OPTION_OUTPUT,
	OPTION_FORCE,
	OPTION_DIGEST,
	OPTION_SIGNATURE,
	OPTION_VERIFY,
	OPTION_ALGORITHM,
	OPTION_VERSION,
	OPTION_NOT_BEFORE,
	OPTION_NOT_AFTER,
	OPTION_MAX_USES,
	OPTION_MAX_USES_PER_BOOT,
	OPTION_RATE,
	OPTION_ROTATE_EVERY,
	OPTION_IDLE,
	OPTION_CALLER_NONCE,
	OPTION_EXPORTABLE,
	OPTION_KEEP_INSIDE,
	OPTION_GRANT,
	OPTION_BIND,
	OPTION_CLEAR,
	OPTION_PROVIDER,
	OPTION_PIN,
	OPTION_PIN_TRIES,
	OPTION_PIN_FD,
	OPTION_NEW_PIN_FD,
	OPTION_ADMIN_CODE_FD,
	OPTION_REPLACE,
	OPTION_COUNT,
	OPTION_DELETED,
	OPTION_GRANTED,
	OPTION_LIMIT,
	OPTION_AFTER,
	OPTION_NOW,
	OPTION_RENAME,
	OPTION_PSS_SALT,
	OPTION_MGF,
	OPTION_LABEL,
	OPTION_CONTEXT,
	OPTION_AAD,
	OPTION_NONCE,
	OPTION_RAW,
	OPTION_CHUNK,
	OPTION_PEER,
	OPTION_SALT,
	OPTION_INFO,
	OPTION_ITERATIONS,
	OPTION_LENGTH,
	OPTION_WITH,
	OPTION_FOR,
	OPTION_COMPROMISED,
	OPTION_LIST,
	OPTION_RUN,
	OPTION_SINCE,
	OPTION_KEY,
	OPTION_USER,
	OPTION_FAILED,
	OPTION_HEAD,
	OPTION_ANCHOR,
	OPTION_SUBJECT,
	OPTION_SAN,
	OPTION_DAYS,
	OPTION_CHALLENGE,
	OPTION_ANONYMOUS,
	OPTION_FROM_SOFTHSM,
	OPTION_PART,
	OPTION_ADMIN,
	OPTION_COMMIT,
	OPTION_REVOKE,
	OPTION_THRESHOLD,
	OPTION_SHARE,
	OPTION_AUTHORITY,
	OPTION_PCRS,
	OPTION_REFERENCE,
	OPTION_CERT,
	OPTION_OPEN,
	OPTION_CLOSED,
	OPTION_URI,
	OPTION_HASHED,
	OPTION_VECTOR,
	OPTION_BIOMETRIC,
	OPTION_PUK_FD,
	OPTION_YES,
	OPTION_JSON,
	OPTION_TIMEOUT,
	OPTION_HELP,
	NR_OPTIONS,
};

/* Sets of options have more than 64 bits. */
#define OPTION_BIT(option)	((unsigned __int128)1 << (option))

/**
 * struct option_row - an option; it means the same in every command
 * @name: long name
 * @letter: short name, or 0
 * @argument: what its argument is called in help, or NULL if it has none
 * @help: what it does
 * @completion: what its argument may be
 */
struct option_row {
	const char *name;
	char letter;
	const char *argument;
	const char *help;
	enum completion completion;
};

struct run;

/**
 * struct command - a command
 * @name: one or two words
 * @arguments: its arguments, as help has them
 * @help: what it does
 * @nr_args: how many arguments it needs
 * @completion: what the first argument may be
 * @options: bits of enum option_id that it has beside help
 * @needed: those of @options that must be given
 * @formats: what --format may be, separated by "|"
 * @run: does it; returns enum exit_status
 */
struct command {
	const char *name;
	const char *arguments;
	const char *help;
	int nr_args;
	enum completion completion;
	unsigned __int128 options;
	unsigned __int128 needed;
	const char *formats;
	int (*run)(struct run *run);
};

#define GIVEN_MAX	128	/* options of one command line */

extern const struct option_row option_rows[NR_OPTIONS];
const struct command *command_at(size_t index);
const struct command *command_find(int *argc, char ***argv);
bool command_has(const struct command *command, enum option_id option);

/**
 * struct run - one run of a command
 * @command: which
 * @args: its arguments
 * @options: value of each option: NULL if not given, "" if it takes none
 * @given: all options in the order of the command line, for those that may come
 *	several times
 * @nr_given: how many
 * @client: for what it asks of the store
 * @err: what went wrong
 * @pin: PINs and codes that were given; pin_wipe() wipes them
 */
struct run {
	const struct command *command;
	char **args;
	const char *options[NR_OPTIONS];
	struct {
		enum option_id option;
		const char *text;
	} given[GIVEN_MAX];
	size_t nr_given;
	struct uks_client *client;
	struct uks_err err;
	struct uks_pin pin;
};

/* ---- parse.c ---- */

int parse_options(struct run *run, int argc, char **argv);
int option_word(struct run *run, enum option_id option, enum uks_word set, uint32_t *value);
int option_purposes(struct run *run, uint32_t *purposes);
int option_number(struct run *run, enum option_id option, uint32_t *value);
bool words_parse(enum uks_word set, const char *text, bool shift, uint64_t *bits);

/* ---- time.c ---- */

bool time_parse(const char *text, uint64_t *seconds);
bool duration_parse(const char *text, uint64_t *seconds);

/* ---- method.c ---- */

#define PARAMETER_MAX	2048	/* bytes of the longest parameter, a public key */

/**
 * struct method - how a key is used, and room for what it points to
 * @method: algorithm, digest, version, flags
 * @parameters: for @method
 * @bytes: for @parameters: label, salt, info, peer, context
 */
struct method {
	struct uks_method method;
	struct uks_parameters parameters;
	uint8_t bytes[5][PARAMETER_MAX];
};

int method_from_options(struct run *run, struct method *method);
int option_public_key(struct run *run, enum option_id option, uint8_t *data, size_t size,
		      size_t *len);
int option_bytes(struct run *run, enum option_id option, uint8_t *data, size_t size,
		 size_t *len);

/* ---- help.c, complete.c ---- */

void help_all(void);
void help_command(const struct command *command);
int complete(int argc, char **argv);

/* ---- fail.c ---- */

int fail(const struct run *run, const char *what, const char *name);
int fail_usage(const struct run *run, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int fail_text(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
int fail_errno(const char *what, const char *name);
int exit_status_of(int code);

/* ---- print.c ---- */

/**
 * struct column - a member of the objects that are printed
 * @key: its name in JSON
 * @title: its name for humans
 * @right: numbers stand at the right
 */
struct column {
	const char *key;
	const char *title;
	bool right;
};

int print_list(const struct run *run, const char *name, const struct column *columns,
	       size_t nr_columns, json_t *list);
int print_record(const struct run *run, const struct column *columns, size_t nr_columns,
		 json_t *object);
int print_json(json_t *value, size_t flags);
json_t *json_hex(const uint8_t *data, size_t len);
json_t *json_time(uint64_t seconds);
json_t *json_word(enum uks_word set, uint32_t value);
json_t *json_bits(enum uks_word set, uint64_t bits);
json_t *json_set(enum uks_word set, uint64_t numbers);
int print_lines(const struct column *columns, size_t nr_columns, const json_t *list,
		bool headings);

/* ---- file.c ---- */

/**
 * struct output - where a command writes
 * @fd: descriptor to write to
 * @path: the file, or NULL for standard output
 * @temporary: what is written until all is complete, or NULL
 */
struct output {
	int fd;
	const char *path;
	char *temporary;
};

extern atomic_int stop_signal;
void catch_signals(void);
int input_open(const struct run *run);
void input_close(int fd);
ssize_t input_read(int fd, void *data, size_t len);
int input_read_all(const char *path, uint8_t *data, size_t size, size_t *len);
int output_open(const struct run *run, struct output *output, mode_t mode, bool binary);
int output_write(const struct output *output, const void *data, size_t len);
int output_commit(const struct run *run, struct output *output);
void output_abandon(struct output *output);
int output_all(const struct run *run, const void *data, size_t len, bool binary);

/* ---- progress.c ---- */

/**
 * struct progress - a line on the terminal while long work goes on
 * @total: bytes expected, 0 if not known
 * @begun_ns: when the work began, CLOCK_MONOTONIC
 * @drawn_ns: when the line was drawn last
 * @visible: standard error is a terminal
 * @drawn: there is a line to take away
 */
struct progress {
	uint64_t total;
	uint64_t begun_ns;
	uint64_t drawn_ns;
	bool visible;
	bool drawn;
};

void progress_begin(struct progress *progress, int fd);
int progress_tell(void *progress, uint64_t done);
void progress_end(struct progress *progress);

/* ---- secret.c, passphrase.c ---- */

void secret_begin(void);
int passphrase_get(void *run, char *text, int size, struct uks_err *err);

/**
 * secret_line() - read a passphrase or PIN, from a descriptor or the terminal
 * @run: the command
 * @option: option that names the descriptor
 * @what: what it is called in errors
 * @prompt: what the terminal shows
 * @text: [out] the line, without its end; wipe it
 * @size: room at @text
 * @err: receives what is wrong
 *
 * Return: its length, or -1.
 */
int secret_line(const struct run *run, enum option_id option, const char *what,
		const char *prompt, char *text, int size, struct uks_err *err);

/* ---- pin.c ---- */

#define PIN_ROOM	66	/* the longest PIN, and more to see that one is too long */

void pin_wipe(void);
int pin_from_options(struct run *run);
int pin_for_new(struct run *run, bool pinned);
int pin_ahead(struct run *run);
int session_open(struct run *run, uint32_t purpose, const struct uks_method *method,
		 struct uks_session **session);

/* ---- hex.c ---- */

char *hex_encode(char *text, const uint8_t *data, size_t len);
bool hex_decode(const char *text, uint8_t *data, size_t size, size_t *len);

/* ---- the commands ---- */

int run_status(struct run *run);
int run_limits(struct run *run);
int run_key_generate(struct run *run);
int run_key_import(struct run *run);
int run_key_public(struct run *run);
int run_key_csr(struct run *run);
int run_key_certificate(struct run *run);
int run_key_wrap_for(struct run *run);
int run_key_list(struct run *run);
int run_key_show(struct run *run);
int run_key_rename(struct run *run);
int run_key_delete(struct run *run);
int run_key_rotate(struct run *run);
int run_key_versions(struct run *run);
int run_key_activate(struct run *run);
int run_key_suspend(struct run *run);
int run_key_resume(struct run *run);
int run_key_deactivate(struct run *run);
int run_key_compromise(struct run *run);
int run_key_restore(struct run *run);
int run_key_policy(struct run *run);
int run_key_agree(struct run *run);
int run_key_derive(struct run *run);
int run_key_wrap(struct run *run);
int run_key_unwrap(struct run *run);
int run_pin_check(struct run *run);
int run_pin_change(struct run *run);
int run_pin_unlock(struct run *run);
int run_agree(struct run *run);
int run_derive(struct run *run);
int run_matrix(struct run *run);
int run_encrypt(struct run *run);
int run_decrypt(struct run *run);
int run_sign(struct run *run);
int run_verify(struct run *run);
int run_mac(struct run *run);
int run_sessions(struct run *run);
int run_attest(struct run *run);
int run_tpm_ak(struct run *run);
int run_tpm_activate(struct run *run);
int run_stats(struct run *run);
int run_zeroize(struct run *run);
int run_monitor(struct run *run);
int run_audit_list(struct run *run);
int run_audit_export(struct run *run);
int run_audit_verify(struct run *run);
int run_explain(struct run *run);

json_t *json_key(const struct uks_key *key);
int print_key(const struct run *run, const struct uks_key *key);
int make_key(struct run *run, uint32_t type, const struct uks_material *material);
int key_options(struct run *run, struct uks_key_options *options, struct uks_policy **policy);
int confirm(struct run *run, const char *question);

#endif /* UKSCTL_H */
