# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of `uksctl sks` share."""

import os
import subprocess

from libcrypto import to_pem
from sks_issuer import DSIG, Refused, Session, tell, uksctl

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ECDSA = DSIG + "ecdsa-sha256"
MESSAGE = b"a message"


def restart():
  subprocess.run([TOP + "/tests/vm/uksd", "restart"], check=True)


def refused(status, call, *words, **options):
  """The call ends with this status of SKS, and says which it is."""
  try:
    call(*words, **options)
  except Refused as error:
    assert error.status == status, f"{status} was expected, not {error}"
    assert f"(SKS-{status}, ERROR_" in error.text, error.text
    return error.text
  raise AssertionError(f"{status} was expected, not success")


def sessions(state="--open"):
  return [entry["provisioningHandle"] for entry in tell("sessions", state)["sessions"]]


def keys():
  return [entry["keyHandle"] for entry in tell("keys")["keys"]]


def show(key):
  return tell("show", key)


def sign(key, user="alice", **secrets):
  return uksctl("sign", key, "-u", "ecdsa-sha256", data=MESSAGE, user=user, **secrets)


def enrol(value=b"", pin=None, puk=None, kmk=None, privacy=False, **key):
  """A session with one key: its handle and its certificate."""
  session = Session(kmk=kmk, privacy=privacy)
  if puk is not None:
    pin = {"puk": session.puk(*puk)} | (pin or {})
  policy = session.pin(**pin) if pin is not None else None
  made = session.create("Key", policy, value, **key)
  certificate = session.certify(made)
  session.close()
  return made, certificate


def gone(session, before):
  """Nothing remains of a session that failed."""
  assert session.handle not in sessions() and keys() == before


def public(name, key):
  """A public key as a file; its path."""
  with open(name, "wb") as file:
    file.write(to_pem(key.spki()))
  return os.path.abspath(name)
