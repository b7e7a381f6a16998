-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Schema of the SQLite store, from version 4 to version 5: the ledger, which tells the
-- latest copy of a row from older ones; daemon/ledger.h.

CREATE TABLE leaves (
  key BLOB NOT NULL CHECK (length(key) = 16),
  version INTEGER NOT NULL CHECK (version >= 0), -- 0: counters of the key
  leaf INTEGER NOT NULL,
  PRIMARY KEY (key, version)
) STRICT, WITHOUT ROWID;
