-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Schema of the SQLite store, from version 5 to version 6: keys that may have been
-- granted to others are found without those that were not.
--
-- 0c80 is the head of a "grant" (UKS_POLICY_A_GRANT, nested) in a policy. It may be
-- other bytes of it by chance: who finds a key so reads its policy.

CREATE INDEX keys_granted ON keys (owner, id)
  WHERE deleted = 0 AND instr(policy, x'0c80') > 0;
