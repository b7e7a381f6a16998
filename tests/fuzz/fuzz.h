/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a fuzzer calls. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/** LLVMFuzzerTestOneInput() - try one input, and return 0; the name is the fuzzer's */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif /* TESTS_FUZZ_H */
