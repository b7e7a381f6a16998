-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Schema of the SQLite store, from version 3 to version 4: what SKS provisions.
--
-- One row for each session, policy, PIN, key, certificate path, extension and
-- deferred operation. What it says is in the blob, sealed; the columns are what it is
-- found by, and are bound to the blob: daemon/sks/object.c.

CREATE TABLE sks (
  handle INTEGER PRIMARY KEY CHECK (handle BETWEEN 1 AND 4294967295),
  owner INTEGER NOT NULL CHECK (owner BETWEEN 0 AND 4294967294),
  kind INTEGER NOT NULL,
  open INTEGER NOT NULL CHECK (open IN (0, 1)), -- belongs to a session that is not closed
  parent INTEGER NOT NULL, -- the session, or the key, that it belongs to; 0 for none
  link INTEGER NOT NULL, -- what else it refers to; 0 for nothing
  generation INTEGER NOT NULL, -- how often it was written
  name BLOB NOT NULL, -- what the issuer calls it
  key BLOB NOT NULL, -- id of the key of UKS that it is, or empty
  digest BLOB NOT NULL, -- SHA-256 of the certificate or type that it is found by, or empty
  blob BLOB NOT NULL
) STRICT;

CREATE INDEX sks_owner ON sks (owner, kind, open, handle);
CREATE INDEX sks_parent ON sks (parent, kind, handle);
CREATE INDEX sks_link ON sks (link, kind, handle) WHERE link != 0;
CREATE INDEX sks_name ON sks (parent, name) WHERE name != x'';
CREATE INDEX sks_digest ON sks (digest, handle) WHERE digest != x'';
