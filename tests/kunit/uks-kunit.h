/* SPDX-License-Identifier: GPL-2.0 */
#ifndef UKS_KUNIT_H
#define UKS_KUNIT_H

/* Of block-kunit.h, part of kmod/block.c. */
extern struct kunit_suite uks_block_suite;

#endif /* UKS_KUNIT_H */
