# SPDX-License-Identifier: LGPL-2.1-or-later
"""PINs, PUKs, who may do what with a key, and other users, by `uksctl sks`."""

import subprocess
import time

from libcrypto import certificate_key
from sks_issuer import Refused, Session, URI, openssl, tell, uksctl
from sks_check import MESSAGE, enrol, gone, keys, refused, restart, sessions, show, sign


# ---- PINs ----

def pin_locks_and_stays_locked():
  """Rows 16, 18, 19, 20, 21, 33."""
  session = Session()
  policy = session.pin(session.puk(b"012355"), grouping=1)
  first = session.create("One", policy, b"1234")
  second = session.create("Two", policy, b"1234")
  for key in (first, second):
    session.certify(key)
  session.close()
  said = show(first)
  assert said["protectionStatus"] == ["pin-protected", "puk-protected"]
  assert (said["retryLimit"], said["grouping"], said["minLength"], said["maxLength"],
          said["pukRetryLimit"], said["userDefined"], said["userModifiable"]) == \
      (3, "shared", 4, 8, 3, False, True)
  assert b"shared" in uksctl("show", first)
  assert sign(first, pin_fd=b"1234")
  for _ in range(3):
    refused(1, sign, first, pin_fd=b"9999")
  said = show(second)
  assert said["pinErrorCount"] == 3 and "pin-blocked" in said["protectionStatus"]
  refused(1, sign, second, pin_fd=b"1234")
  restart()
  refused(1, sign, second, pin_fd=b"1234")
  assert show(first)["pinErrorCount"] == 3
  refused(1, uksctl, "unlock", first, puk_fd=b"000000")
  assert show(first)["pukErrorCount"] == 1 and show(first)["pinErrorCount"] == 3
  uksctl("unlock", first, puk_fd=b"012355")
  assert (show(second)["pinErrorCount"], show(second)["pukErrorCount"]) == (0, 0)
  assert sign(second, pin_fd=b"1234")
  uksctl("pin", "change", first, pin_fd=b"1234", new_pin_fd=b"567890")
  refused(1, sign, second, pin_fd=b"1234")
  uksctl("pin", "set", second, puk_fd=b"012355", new_pin_fd=b"4711")
  assert sign(first, pin_fd=b"4711")
  refused(9, uksctl, "pin", "change", first, pin_fd=b"4711", new_pin_fd=b"abc")
  assert sign(first, pin_fd=b"4711")
  for _ in range(3):
    refused(1, uksctl, "unlock", first, puk_fd=b"000000")
  refused(1, uksctl, "unlock", first, puk_fd=b"012355")
  assert "puk-blocked" in show(first)["protectionStatus"]
  for key in (first, second):
    uksctl("delete", key)


def pin_obeys_its_policy():
  """Rows 16, 17."""
  before = keys()
  for value, rules in ((b"123", {}), (b"12a4", {}), (b"1134", {"patterns": 1}),
                       (b"1234", {"patterns": 4})):
    session = Session()
    policy = session.pin(user=True, **rules)
    refused(9, session.create, "Key", policy, value)
    gone(session, before)


def pin_is_not_asked_of_a_key_without():
  """Rows 17, 33: redundant; and without a PIN or a terminal no try is spent."""
  key, _ = enrol()
  refused(9, sign, key, pin_fd=b"1234")
  uksctl("delete", key)
  key, _ = enrol(b"1234", pin={"user": True})
  try:
    sign(key)
    raise AssertionError("it signed without a PIN")
  except Refused as error:
    assert "--pin-fd" in error.text, error.text
  assert show(key)["pinErrorCount"] == 0
  uksctl("delete", key)


def puk_that_never_locks_takes_time():
  """Row 20; modification that the issuer forbids."""
  key, _ = enrol(b"1234", puk=(b"012355", 0), pin={"modifiable": False})
  begin = time.monotonic()
  refused(1, uksctl, "unlock", key, puk_fd=b"000000")
  assert time.monotonic() - begin >= 1
  assert show(key)["pukErrorCount"] == 0
  refused(2, uksctl, "pin", "change", key, pin_fd=b"1234", new_pin_fd=b"5678")
  assert sign(key, pin_fd=b"1234")
  uksctl("delete", key)


def protection_of_export_and_deletion():
  """Rows 22, 23, 24."""
  before, pin = tell("stats"), {"puk": (b"012355",), "value": b"1234"}
  key, certificate = enrol(export=1, delete=2, **pin)
  stats = tell("stats")
  assert stats["keys"] == before["keys"] + 1 and stats["pukProtected"] == before["pukProtected"] + 1
  assert stats["closedSessions"] == before["closedSessions"] + 1
  refused(1, uksctl, "export", key, pin_fd=b"9999")
  assert show(key)["keyBackup"] == []
  exported = uksctl("export", key, pin_fd=b"1234")
  assert openssl("pkey", "-inform", "DER", "-pubout", "-outform", "DER",
                 data=exported) == certificate_key(certificate)
  assert show(key)["keyBackup"] == ["exported"]
  refused(1, uksctl, "delete", key, puk_fd=b"000000")
  assert key in keys()
  uksctl("delete", key, puk_fd=b"012355")
  assert tell("stats") == before
  key, _ = enrol(export=3, delete=3)
  refused(2, uksctl, "export", key)
  refused(2, uksctl, "delete", key)
  assert key in keys() and show(key)["keyBackup"] == []
  key, _ = enrol(endorsed=[URI + "none"])
  refused(8, sign, key)
  uksctl("delete", key)


def biometric_proof_is_taken_only_where_it_is_meant():
  """Row 32."""
  plain, _ = enrol()
  alternative, _ = enrol(b"1234", pin={"user": True}, biometric=1)
  combined, _ = enrol(b"1234", pin={"user": True}, biometric=2)
  only, _ = enrol(biometric=3)
  bio = ("-u", "ecdsa-sha256", "--biometric")
  refused(9, uksctl, "sign", plain, *bio, data=MESSAGE)
  assert uksctl("sign", alternative, *bio, data=MESSAGE) and sign(alternative, pin_fd=b"1234")
  assert uksctl("sign", combined, *bio, data=MESSAGE, pin_fd=b"1234")
  for key, call in ((combined, {"pin_fd": b"1234"}), (only, {})):
    refused(1, sign, key, **call)
  assert show(combined)["pinErrorCount"] == 0
  assert uksctl("sign", only, *bio, data=MESSAGE)
  for key in (plain, alternative, combined, only):
    uksctl("delete", key)


# ---- others ----

def key_is_nobody_elses():
  """Row 36."""
  key, _ = enrol()
  refused(7, sign, key, user="bob")
  refused(7, uksctl, "delete", key, user="bob")
  refused(7, uksctl, "show", key, user="bob")
  assert tell("keys", user="bob")["keys"] == [] and sign(key)
  uksctl("delete", key)


def what_is_no_call_is_refused_before():
  """Row 33: what is wrong in the JSON is named; nothing is opened."""
  before = sessions()
  for data, word in ((b"{", "JSON"), (b"{}", "serverSessionId"), (b'{"other": 1}', "lacks"),
                     (b'{"serverSessionId": 1}', "a text")):
    try:
      uksctl("session", "open", data=data)
      raise AssertionError("it was opened")
    except Refused as error:
      assert error.status == 2 and word in error.text, error.text
  refused(7, uksctl, "show", 4294967295)
  assert sessions() == before
  offered = subprocess.run(["uksctl", "--complete", "sks", "s"], capture_output=True,
                           check=True).stdout.split()
  assert {b"session", b"sessions", b"show", b"sign", b"stats"} == set(offered)


TESTS = [
    pin_locks_and_stays_locked,
    pin_obeys_its_policy,
    pin_is_not_asked_of_a_key_without,
    puk_that_never_locks_takes_time,
    protection_of_export_and_deletion,
    biometric_proof_is_taken_only_where_it_is_meant,
    key_is_nobody_elses,
    what_is_no_call_is_refused_before,
]
