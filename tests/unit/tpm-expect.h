/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tests of tpm/ expect again and again, of a fixture with .error and .swtpm. */
#ifndef TPM_EXPECT_H
#define TPM_EXPECT_H

/* So that a failure shows its text. */
#define EXPECT_OK(call) EXPECT_STREQ((call) ? self->error.text : "", "")
#define ASSERT_OK(call) ASSERT_STREQ((call) ? self->error.text : "", "")

/* The call fails for that reason and says so in one line. */
#define EXPECT_CAUSE(call, why) do { \
	EXPECT_EQ(call, -1); \
	EXPECT_EQ(self->error.cause, why) { \
		TH_LOG("%s", self->error.text); \
	} \
	EXPECT_TRUE(strlen(self->error.text) > 40); \
	EXPECT_EQ(strchr(self->error.text, '\n'), NULL); \
} while (0)

/* Nothing but what is persistent may stay in the TPM. */
#define EXPECT_NOTHING_LEFT() do { \
	EXPECT_EQ(other_count(self->swtpm.tcti, TRANSIENT), 0); \
	EXPECT_EQ(other_count(self->swtpm.tcti, SESSIONS), 0); \
} while (0)

#endif /* TPM_EXPECT_H */
