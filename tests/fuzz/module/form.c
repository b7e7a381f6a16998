// SPDX-License-Identifier: LGPL-2.1-or-later
/* Structs of ioctls: valid ones, and what the patches of an operation make of them. */
#include <sys/mman.h>

#include "world.h"

#define P(name)		UKS_PURPOSE_##name
#define ALG(name)	UKS_ALG_##name
#define IOC(name)	UKS_IOC_##name

const struct profile profiles[] = {
	{ IOC(ENCRYPT), P(ENCRYPT), ALG(AES_GCM), 32, 12, 0, false },
	{ IOC(DECRYPT), P(DECRYPT), ALG(AES_GCM), 32, 12, 0, false },
	{ IOC(ENCRYPT), P(ENCRYPT), ALG(CHACHA20_POLY1305), 32, 12, 0, false },
	{ IOC(DECRYPT), P(DECRYPT), ALG(CHACHA20_POLY1305), 32, 12, 0, false },
	{ IOC(ENCRYPT), P(ENCRYPT), ALG(AES_CCM), 16, 12, 0, false },
	{ IOC(DECRYPT), P(DECRYPT), ALG(AES_CCM), 16, 12, 0, false },
	{ IOC(ENCRYPT), P(ENCRYPT), ALG(AES_CBC), 24, 16, 0, false },
	{ IOC(DECRYPT), P(DECRYPT), ALG(AES_CBC), 24, 16, 0, false },
	{ IOC(ENCRYPT), P(ENCRYPT), ALG(AES_CBC_PKCS7), 32, 16, 0, false },
	{ IOC(DECRYPT), P(DECRYPT), ALG(AES_CBC_PKCS7), 32, 16, 0, false },
	{ IOC(ENCRYPT), P(ENCRYPT), ALG(AES_CTR), 32, 16, 0, false },
	{ IOC(DECRYPT), P(DECRYPT), ALG(AES_CTR), 32, 16, 0, false },
	{ IOC(ENCRYPT), P(ENCRYPT), ALG(AES_ECB), 32, 0, 0, false },
	{ IOC(DECRYPT), P(DECRYPT), ALG(AES_ECB), 32, 0, 0, false },
	{ IOC(MAC), P(MAC), ALG(HMAC), 32, 0, UKS_DIGEST_SHA256, false },
	{ IOC(MAC_VERIFY), P(MAC_VERIFY), ALG(HMAC), 32, 0, UKS_DIGEST_SHA256, false },
	{ IOC(MAC), P(MAC), ALG(AES_CMAC), 32, 0, 0, false },
	{ IOC(MAC_VERIFY), P(MAC_VERIFY), ALG(AES_CMAC), 32, 0, 0, false },
	{ IOC(SIGN), P(SIGN), ALG(ECDSA), 0, 0, UKS_DIGEST_SHA256, true },
	{ IOC(VERIFY), P(VERIFY), ALG(ECDSA), 0, 0, UKS_DIGEST_SHA512, true },
	{ IOC(SIGN), P(SIGN), ALG(ED25519), 0, 0, 0, true },
	{ IOC(SIGN), P(SIGN), ALG(RSA_PSS), 0, 0, 0, true },
	{ IOC(ENCRYPT), P(ENCRYPT), ALG(RSA_OAEP), 0, 0, 0, true },
	{ IOC(DECRYPT), P(DECRYPT), ALG(RSA_OAEP), 0, 0, 0, true },
	{ IOC(ENCRYPT), P(ENCRYPT), ALG(SM4_CBC_PKCS7), 0, 16, 0, true },
	{ IOC(DECRYPT), P(DECRYPT), ALG(SM4_CBC_PKCS7), 0, 16, 0, true },
	{ IOC(ENCRYPT), P(ENCRYPT), ALG(SM4_CTR), 0, 16, 0, true },
	{ IOC(MAC), P(MAC), ALG(HMAC), 0, 0, 0, true },
	{ IOC(AGREE), P(AGREE), ALG(ECDH), 0, 0, 0, true },
	{ IOC(DERIVE), P(DERIVE), ALG(HKDF), 0, 0, 0, true },
	{ IOC(VERIFY), P(VERIFY), ALG(SM2_SIGN), 0, 0, 0, true },
};

const unsigned int profile_count = ARRAY_SIZE(profiles);

static uint8_t *guarded(size_t size)
{
	uint8_t *at = mmap(NULL, size + GUARD_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED || mprotect(at + size, GUARD_SIZE, PROT_NONE))
		return NULL;
	return at;
}

/**
 * arena_init() - get the memory of a thread
 * @arena: filled in
 *
 * Return: 0 or -ENOMEM.
 */
int arena_init(struct arena *arena)
{
	arena->arg = guarded(ARG_SIZE);
	arena->in = guarded(IN_SIZE);
	arena->out = guarded(OUT_SIZE);
	arena->aad = guarded(IN_SIZE);
	arena->nonce = guarded(SMALL_SIZE);
	arena->text = guarded(SMALL_SIZE);
	arena->last = guarded(OUT_SIZE);
	return arena->arg && arena->in && arena->out && arena->aad && arena->nonce &&
	       arena->text && arena->last ? 0 : -ENOMEM;
}

/**
 * patch_bytes() - write the patches of an operation over something
 * @op: the operation
 * @where: what it is, struct patch.where
 * @at: the bytes
 * @len: how many
 *
 * Pointers are left to patch_pointers().
 */
void patch_bytes(const struct op *op, uint8_t where, void *at, size_t len)
{
	unsigned int i;
	size_t width;

	for (i = 0; i < PATCHES; i++) {
		const struct patch *patch = &op->patch[i];

		width = 1 << patch->width % 4;
		if (patch->where % 3 != where || width > 4 || len < width)
			continue;
		memcpy((uint8_t *)at + patch->at % (len - width + 1), &patch->value, width);
	}
}

/* What lies there a caller could have named; nothing of the fuzzer's own does. */
static uint64_t bad_pointer(uint32_t value, const struct arena *arena)
{
	const uint64_t bad[] = {
		0, 1, ptr(arena->in) + IN_SIZE, ptr(arena->in) + IN_SIZE - 1,
		ptr(arena->out) + OUT_SIZE - 16, ptr(arena->aad) + IN_SIZE - 8,
		0x7ffffffff000, 0x8000000000000000, 0xffffffff80000000, ~0ULL,
	};

	return bad[value % ARRAY_SIZE(bad)];
}

/* Where the pointers of a struct are: the rest may become anything. */
static void patch_struct(struct run *run, size_t size, const size_t *pointers, unsigned int count)
{
	uint64_t saved[8];
	unsigned int i;

	for (i = 0; i < count; i++)
		memcpy(&saved[i], run->arena->arg + pointers[i], sizeof(saved[i]));
	patch_bytes(run->op, 1, run->arena->arg, size + 8);
	for (i = 0; i < PATCHES && count; i++) {
		const struct patch *patch = &run->op->patch[i];

		if (patch->where % 3 == 1 && patch->width % 4 == 3)
			saved[patch->at % count] = bad_pointer(patch->value, run->arena);
	}
	for (i = 0; i < count; i++)
		memcpy(run->arena->arg + pointers[i], &saved[i], sizeof(saved[i]));
}

#define PATCH(run, type, ...)								\
	patch_struct(run, sizeof(struct type), (const size_t[]){ __VA_ARGS__ },	\
		     sizeof((const size_t[]){ __VA_ARGS__ }) / sizeof(size_t))
#define AT(type, member) offsetof(struct type, member)

static uint64_t deadline(const struct op *op)
{
	return now_ns() + (op->how & HOW_SHORT ? SHORT_NS : PATIENCE_NS);
}

/* A patch may make a deadline earlier, not later: each call has to end. */
static void cap_deadline(const struct op *op, __u64 *at)
{
	uint64_t most = deadline(op);

	if (!*at || *at > most)
		*at = most;
}

static struct uks_outcome outcome(const struct arena *arena)
{
	return (struct uks_outcome){ .text = ptr(arena->text), .text_len = UKS_TEXT_MAX };
}

static uint32_t room(const struct op *op, uint32_t usual)
{
	return op->how & HOW_ROOM ? input_len(op->room) : usual;
}

static uint8_t *out_at(const struct run *run)
{
	return run->op->how & HOW_IN_PLACE ? run->arena->in + run->op->room % 32 :
					     run->arena->out;
}

/**
 * form_call() - fill in struct uks_call
 * @run: its command is one of a client
 */
void form_call(struct run *run)
{
	struct uks_call *call = (struct uks_call *)run->arena->arg;
	struct caller caller;

	memset(call, 0, ARG_SIZE);
	caller_init(&caller, run->fd, run->cmd);
	memcpy(run->arena->in, caller.in, caller.call.in_len);
	*call = (struct uks_call){
		.size = sizeof(*call), .in = ptr(run->arena->in), .out = ptr(run->arena->out),
		.in_len = run->op->how & HOW_NONE ? 0 : caller.call.in_len,
		.out_len = room(run->op, UKS_PAYLOAD_MAX), .fd = -1,
		.deadline_ns = deadline(run->op), .outcome = outcome(run->arena),
	};
	patch_bytes(run->op, 2, run->arena->in, call->in_len);
	PATCH(run, uks_call, AT(uks_call, in), AT(uks_call, out), AT(uks_call, outcome.text));
	cap_deadline(run->op, &call->deadline_ns);
}

/* The message, of bytes that are the same each time. */
static uint32_t message(const struct run *run)
{
	struct arena *arena = run->arena;
	uint32_t len = input_len(run->op->len);

	if (run->op->how & HOW_LAST) {
		memcpy(arena->nonce, arena->last_nonce, sizeof(arena->last_nonce));
		len = arena->last_len;
		memcpy(arena->in, arena->last, len);
	}
	patch_bytes(run->op, 2, arena->in, len ?: 16);
	return len;
}

static void form_cipher(struct run *run)
{
	struct uks_cipher *arg = (struct uks_cipher *)run->arena->arg;
	uint32_t len = message(run);

	*arg = (struct uks_cipher){
		.size = sizeof(*arg), .in = ptr(run->arena->in), .in_len = len,
		.flags = run->op->how & HOW_NONCE ? UKS_CIPHER_CALLER_NONCE : 0,
		.out = ptr(out_at(run)), .out_len = room(run->op, len + 32),
		.aad = ptr(run->arena->aad),
		.aad_len = run->op->how & HOW_NONE ? 0 : run->op->slot % 64,
		.nonce = run->profile->nonce_len ? ptr(run->arena->nonce) : 0,
		.nonce_len = run->profile->nonce_len,
		.deadline_ns = deadline(run->op), .outcome = outcome(run->arena),
	};
	if (run->profile->algorithm != UKS_ALG_AES_GCM &&
	    run->profile->algorithm != UKS_ALG_AES_CCM &&
	    run->profile->algorithm != UKS_ALG_CHACHA20_POLY1305)
		arg->aad_len = 0;
	if (!arg->aad_len)
		arg->aad = 0;
	PATCH(run, uks_cipher, AT(uks_cipher, in), AT(uks_cipher, out), AT(uks_cipher, aad),
	      AT(uks_cipher, nonce), AT(uks_cipher, outcome.text));
	cap_deadline(run->op, &arg->deadline_ns);
}

static void form_sign(struct run *run)
{
	struct uks_sign *arg = (struct uks_sign *)run->arena->arg;

	*arg = (struct uks_sign){
		.size = sizeof(*arg), .in = ptr(run->arena->in), .in_len = message(run),
		.out = ptr(run->arena->out), .out_len = room(run->op, UKS_PAYLOAD_MAX),
		.deadline_ns = deadline(run->op), .outcome = outcome(run->arena),
	};
	PATCH(run, uks_sign, AT(uks_sign, in), AT(uks_sign, out), AT(uks_sign, outcome.text));
	cap_deadline(run->op, &arg->deadline_ns);
}

static void form_verify(struct run *run)
{
	struct uks_verify *arg = (struct uks_verify *)run->arena->arg;

	/* What was made of the same message a moment ago. */
	*arg = (struct uks_verify){
		.size = sizeof(*arg), .in = ptr(run->arena->in),
		.in_len = input_len(run->op->len), .sig = ptr(run->arena->last),
		.sig_len = run->op->how & HOW_ROOM ? input_len(run->op->room) :
			   run->arena->last_len ?: 32,
		.deadline_ns = deadline(run->op), .outcome = outcome(run->arena),
	};
	patch_bytes(run->op, 2, run->arena->in, arg->in_len ?: 16);
	PATCH(run, uks_verify, AT(uks_verify, in), AT(uks_verify, sig),
	      AT(uks_verify, outcome.text));
	cap_deadline(run->op, &arg->deadline_ns);
}

static void form_begin(struct run *run)
{
	struct uks_begin *arg = (struct uks_begin *)run->arena->arg;

	*arg = (struct uks_begin){
		.size = sizeof(*arg), .flags = run->op->how & HOW_NONCE ? 1 : 0,
		.nonce = run->profile->nonce_len ? ptr(run->arena->nonce) : 0,
		.nonce_len = run->profile->nonce_len,
		.deadline_ns = deadline(run->op), .outcome = outcome(run->arena),
	};
	PATCH(run, uks_begin, AT(uks_begin, aad), AT(uks_begin, nonce),
	      AT(uks_begin, outcome.text));
	cap_deadline(run->op, &arg->deadline_ns);
}

static void form_update(struct run *run)
{
	struct uks_update *arg = (struct uks_update *)run->arena->arg;
	uint32_t len = message(run);

	*arg = (struct uks_update){
		.size = sizeof(*arg), .in = ptr(run->arena->in), .in_len = len,
		.out = ptr(out_at(run)), .out_len = room(run->op, len + 32),
		.deadline_ns = deadline(run->op), .outcome = outcome(run->arena),
	};
	PATCH(run, uks_update, AT(uks_update, in), AT(uks_update, out),
	      AT(uks_update, outcome.text));
	cap_deadline(run->op, &arg->deadline_ns);
}

static void form_finish(struct run *run)
{
	struct uks_finish *arg = (struct uks_finish *)run->arena->arg;
	bool verify = run->profile->cmd == UKS_IOC_VERIFY ||
		      run->profile->cmd == UKS_IOC_MAC_VERIFY;

	*arg = (struct uks_finish){
		.size = sizeof(*arg),
		.out = verify ? 0 : ptr(run->arena->out),
		.out_len = verify ? 0 : room(run->op, OUT_SIZE),
		.sig = verify ? ptr(run->arena->last) : 0,
		.sig_len = verify ? run->arena->last_len ?: 32 : 0,
		.deadline_ns = deadline(run->op), .outcome = outcome(run->arena),
	};
	PATCH(run, uks_finish, AT(uks_finish, out), AT(uks_finish, sig),
	      AT(uks_finish, outcome.text));
	cap_deadline(run->op, &arg->deadline_ns);
}

/* Structs with nothing but a size and flags to fill in. */
static void form_plain(struct run *run, uint32_t size)
{
	memcpy(run->arena->arg, &size, sizeof(size));
	patch_struct(run, size, NULL, 0);
}

/**
 * form_message() - fill in the struct of a command of a session
 * @run: its command is one of a session
 */
void form_message(struct run *run)
{
	memset(run->arena->arg, 0, ARG_SIZE);
	switch (run->cmd) {
	case UKS_IOC_ENCRYPT:
	case UKS_IOC_DECRYPT:
		form_cipher(run);
		break;
	case UKS_IOC_SIGN:
	case UKS_IOC_MAC:
	case UKS_IOC_AGREE:
	case UKS_IOC_DERIVE:
		form_sign(run);
		break;
	case UKS_IOC_VERIFY:
	case UKS_IOC_MAC_VERIFY:
		form_verify(run);
		break;
	case UKS_IOC_BEGIN:
		form_begin(run);
		break;
	case UKS_IOC_UPDATE:
		form_update(run);
		break;
	case UKS_IOC_FINISH:
		form_finish(run);
		break;
	case UKS_IOC_SESSION_INFO:
		form_plain(run, sizeof(struct uks_session_info));
		break;
	default:
		form_plain(run, sizeof(struct uks_abort));
	}
}
