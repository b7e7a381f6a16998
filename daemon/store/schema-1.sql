-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Schema of the SQLite store, from nothing to version 1.
--
-- Versions of a key have rows of their own, so that a new one can be made before
-- an old one goes. Numbers of the ABI's enums are stored as they are. What is in
-- a blob: daemon/seal.c.

CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  owner INTEGER NOT NULL CHECK (owner BETWEEN 0 AND 4294967294),
  name TEXT NOT NULL CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 255),
  type INTEGER NOT NULL,
  purposes INTEGER NOT NULL,
  policy BLOB NOT NULL,
  origin INTEGER NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0), -- the current one
  UNIQUE (owner, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE versions (
  key BLOB NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
  version INTEGER NOT NULL CHECK (version > 0),
  state INTEGER NOT NULL,
  created INTEGER NOT NULL,
  public_key BLOB NOT NULL,
  blob BLOB NOT NULL,
  PRIMARY KEY (key, version)
) STRICT, WITHOUT ROWID;
