/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels the module builds for (6.1 and later). All
 * tests of the kernel's version stand here and nowhere else.
 */
#ifndef _UKS_COMPAT_H
#define _UKS_COMPAT_H

#include <linux/security.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "UKS needs Linux 6.1 or later"
#endif

/* The LSM calls change after 6.13; their shape is hidden from the rest of the module. */
struct uks_secctx {
	char *text;
	u32 len;
};

static inline int uks_secctx_get(const struct cred *cred, struct uks_secctx *ctx,
				 const char **text, u32 *len)
{
	u32 secid = 0;
	int ret;

	security_cred_getsecid(cred, &secid);
	ret = security_secid_to_secctx(secid, &ctx->text, &ctx->len);
	if (ret)
		return ret;
	*text = ctx->text;
	*len = ctx->len;
	return 0;
}

static inline void uks_secctx_release(struct uks_secctx *ctx)
{
	security_release_secctx(ctx->text, ctx->len);
}

#endif /* _UKS_COMPAT_H */
