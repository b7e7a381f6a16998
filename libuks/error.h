/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to be said about each error. */
#ifndef UKS_ERROR_H
#define UKS_ERROR_H

/**
 * struct uks_error_text - words about one error
 * @code: enum uks_error
 * @name: name of the code without its prefix
 * @cause: what it is, in a few words
 * @cure: what to do about it in a few words, or ""
 * @more: whole lines of what else there is to tell, or ""
 */
struct uks_error_text {
	int code;
	const char *name;
	const char *cause;
	const char *cure;
	const char *more;
};

const struct uks_error_text *uks_error_find(int code);

#endif /* UKS_ERROR_H */
