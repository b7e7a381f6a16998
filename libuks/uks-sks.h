/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libuks: SKS, by which issuers provision keys. Included by <uks.h>. */
#ifndef UKS_SKS_H_PUBLIC
#define UKS_SKS_H_PUBLIC

#ifndef UKS_H
#error "include <uks.h>, which includes this"
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define UKS_SKS_MESSAGE_MAX	131072	/* bytes of arguments, and of an answer */
#define UKS_SKS_WHOLE_MESSAGE	0x02	/* signHashedData (100) is given the message itself */

/**
 * uks_sks_call() - call a method of SKS 1.07
 * @client: who calls; what is provisioned belongs to this user
 * @method: its number, such as 2 for createProvisioningSession
 * @arguments: serialised, in order; Documentation/sks.rst has the byte strings
 * @len: bytes of it, at most UKS_SKS_MESSAGE_MAX
 * @flags: 0 or UKS_SKS_WHOLE_MESSAGE
 * @answer: [out] the status, one byte, and the outputs; or, after another status than 0, a
 *	string that says why
 * @answer_len: [in] room at @answer, UKS_SKS_MESSAGE_MAX is enough; [out] bytes given
 * @err: [out] what went wrong; may be NULL
 *
 * A status other than 0 is an answer, not an error.
 *
 * Return: 0 or a negative errno value.
 */
int uks_sks_call(struct uks_client *client, uint8_t method, const void *arguments, size_t len,
		 uint32_t flags, void *answer, size_t *answer_len, struct uks_err *err);

#ifdef __cplusplus
}
#endif

#endif /* UKS_SKS_H_PUBLIC */
