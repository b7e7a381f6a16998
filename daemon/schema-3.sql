-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Schema of the SQLite store, from version 2 to version 3: keys inside the TPM, and
-- PINs.

ALTER TABLE keys ADD COLUMN provider INTEGER NOT NULL DEFAULT 1; -- 1: sealed
ALTER TABLE keys ADD COLUMN pin BLOB NOT NULL DEFAULT x'';
ALTER TABLE tombstones ADD COLUMN provider INTEGER NOT NULL DEFAULT 1;
