-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Schema of the SQLite store, from version 1 to version 2: deleted keys that can be
-- brought back, traces of erased ones, counters, and what is due.
--
-- Rows are copied, versions before their keys go: to drop a table that others refer
-- to deletes what refers to it.

CREATE TABLE keys_2 (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  owner INTEGER NOT NULL CHECK (owner BETWEEN 0 AND 4294967294),
  name TEXT NOT NULL CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 255),
  type INTEGER NOT NULL,
  purposes INTEGER NOT NULL,
  policy BLOB NOT NULL,
  origin INTEGER NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0), -- the newest one
  deleted INTEGER NOT NULL CHECK (deleted >= 0), -- when; 0 for a key that is there
  erase INTEGER NOT NULL CHECK (erase >= deleted), -- when it goes for good; 0 for never
  due INTEGER NOT NULL CHECK (due >= 0) -- when something is to be done; 0 for never
) STRICT, WITHOUT ROWID;

CREATE TABLE versions_2 (
  key BLOB NOT NULL REFERENCES keys_2 (id) ON DELETE CASCADE,
  version INTEGER NOT NULL CHECK (version > 0),
  state INTEGER NOT NULL,
  created INTEGER NOT NULL,
  public_key BLOB NOT NULL,
  blob BLOB NOT NULL,
  PRIMARY KEY (key, version)
) STRICT, WITHOUT ROWID;

INSERT INTO keys_2 SELECT id, owner, name, type, purposes, policy, origin, version, 0, 0, 0
  FROM keys;
INSERT INTO versions_2 SELECT key, version, state, created, public_key, blob FROM versions;
DROP TABLE versions;
DROP TABLE keys;
ALTER TABLE keys_2 RENAME TO keys;
ALTER TABLE versions_2 RENAME TO versions;

CREATE UNIQUE INDEX keys_there ON keys (owner, name) WHERE deleted = 0;
CREATE INDEX keys_deleted ON keys (owner, id) WHERE deleted != 0;
CREATE INDEX keys_deleted_names ON keys (owner, name, id) WHERE deleted != 0;
CREATE INDEX keys_due ON keys (due) WHERE due != 0;

-- How many keys that are not deleted an owner has, so that nobody counts them.
CREATE TABLE counts (
  owner INTEGER PRIMARY KEY,
  keys INTEGER NOT NULL CHECK (keys >= 0)
) STRICT;

INSERT INTO counts SELECT owner, count(*) FROM keys GROUP BY owner;

-- How often a key was used, for those whose policy bounds it.
CREATE TABLE uses (
  key BLOB PRIMARY KEY REFERENCES keys (id) ON DELETE CASCADE,
  total INTEGER NOT NULL CHECK (total >= 0),
  boot BLOB NOT NULL CHECK (length(boot) = 16), -- which boot the others are about
  in_boot INTEGER NOT NULL CHECK (in_boot >= 0),
  since INTEGER NOT NULL CHECK (since >= 0), -- when the rate's time began, s since boot
  in_rate INTEGER NOT NULL CHECK (in_rate >= 0),
  tag BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What is left of erased keys.
CREATE TABLE tombstones (
  key BLOB NOT NULL CHECK (length(key) = 16),
  version INTEGER NOT NULL CHECK (version > 0),
  owner INTEGER NOT NULL,
  name TEXT NOT NULL,
  type INTEGER NOT NULL,
  purposes INTEGER NOT NULL,
  origin INTEGER NOT NULL,
  state INTEGER NOT NULL,
  created INTEGER NOT NULL,
  erased INTEGER NOT NULL,
  check_value BLOB NOT NULL,
  PRIMARY KEY (key, version)
) STRICT, WITHOUT ROWID;
