// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/parameter.h"
#include "daemon/pin/pin.h"
#include "daemon/session.h"

int session_job(const struct request *request, struct job *job, struct failure *failure)
{
	const struct uks_attr *attrs = request->attrs;
	const struct uks_attr *blob = &attrs[UKS_A_PARAMETERS], *nonce = &attrs[UKS_A_NONCE];
	uint32_t digest = 0;
	size_t head = sizeof(digest);

	*job = (struct job){
		.use.purpose = uks_attr_u32(&attrs[UKS_A_PURPOSES], 0),
		.use.algorithm = uks_attr_u32(&attrs[UKS_A_ALGORITHM], 0),
		.use.digest = uks_attr_u32(&attrs[UKS_A_DIGEST], 0),
		.hashed = attrs[UKS_A_DIGEST].type,
		.message = attrs[UKS_A_MESSAGE].value,
		.len = attrs[UKS_A_MESSAGE].len,
		.signature = attrs[UKS_A_SIGNATURE].value,
		.signature_len = attrs[UKS_A_SIGNATURE].len,
		.nonce_len = nonce->len,
	};
	if (nonce->type)
		memcpy(job->nonce, nonce->value, nonce->len);
	if (!blob->type)
		return 0;
	if (blob->len < sizeof(digest))
		return failure_set(failure, UKS_E_PROTOCOL,
				   "the session's parameters are malformed");
	memcpy(&digest, blob->value, sizeof(digest));
	if (digest & SESSION_TICKET) {
		job->ticket = blob->value + head;
		head += PIN_TICKET_LEN;
		digest &= ~SESSION_TICKET;
	}
	if (digest)
		job->use.digest = digest;
	if (blob->len < head)
		return failure_set(failure, UKS_E_PROTOCOL,
				   "the session's parameters are malformed");
	return parameters_parse(blob->value + head, blob->len - head, job->parameters, failure);
}
