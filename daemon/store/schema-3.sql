-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Schema of the SQLite store, from version 2 to version 3: keys inside the TPM, and
-- PINs.

ALTER TABLE keys ADD COLUMN provider INTEGER NOT NULL DEFAULT 1; -- 1: sealed
ALTER TABLE keys ADD COLUMN pin BLOB NOT NULL DEFAULT x'';
ALTER TABLE tombstones ADD COLUMN provider INTEGER NOT NULL DEFAULT 1;

-- NV indices of PINs in the TPM, noted before they are made, so that none is left there.
CREATE TABLE nv (
  handle INTEGER PRIMARY KEY,
  names BLOB NOT NULL, -- its name, and that before it was written
  key BLOB NOT NULL,
  state INTEGER NOT NULL -- 1: of that key; 2: to be removed; 3: is not ours
) STRICT;
CREATE INDEX nv_keys ON nv (key);
