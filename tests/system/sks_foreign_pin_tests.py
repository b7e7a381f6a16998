# SPDX-License-Identifier: LGPL-2.1-or-later
"""What users and issuers find at the same socket once keys are enrolled: PINs, PUKs,
biometric proof, and operations on keys that have an issuer's management key."""

import time

from sks_foreign import D, Session, array, arrays, certify, der_of, is_signed, raw_sign, uint
from sks_foreign_tests import digest, ends, own, refused


# ---- PINs ----

def pin_obeys_each_rule(store):
  """Format, rules, least and greatest length, one that is good, several that are not."""
  for form, patterns, low, high, good, bad in (
      (0, 0, 4, 8, b"1234", (b"123", b"123456789", b"12a4", b"")),
      (1, 0, 4, 8, b"A1B2", (b"a1B2", b"A1 2")),
      (2, 0, 1, 128, "\u00e9".encode() * 64, (b"\xff", b"x" * 129)),
      (3, 0, 1, 128, b"\0\xff", (b"",)),
      (0, 1, 4, 8, b"1212", (b"1123",)), (0, 2, 4, 8, b"1122", (b"1112",)),
      (0, 4, 1, 8, b"5", (b"1234", b"4321")), (0, 8, 4, 8, b"1357", (b"1231",)),
      (1, 16, 4, 8, b"AB12", (b"ABCD", b"1234")),
      (2, 16, 4, 8, b"aB1.", (b"aB12", b"AB1.", b"ab1.", b"aBc."))):
    rules = {"form": form, "patterns": patterns, "low": low, "high": high}
    for user in (False, True):
      session = Session(store)
      key = session.make("K", session.pin("P", user=user, **rules), good)
      session.close()
      told = store.protection(key.handle)
      assert told == [1, 0, 0, 0, user, 1, form, 3, 0, patterns, low, high, 0, 0, 0, 0, 3, 0, 0]
      store.sign(key.handle, good)
      for wrong in bad:
        refused(9, store.authorized, 83, key.handle, good, wrong)
        if user:
          session = Session(store)
          ends(9, session, session.create, "K", session.pin("P", user=True, **rules), wrong)
      store.authorized(83, key.handle, good, good)
      store.authorized(80, key.handle, b"")


def pin_is_shared_as_its_group_says(store):
  """The classes of usages by grouping; a wrong PIN counts for the whole class."""
  for group, classes in enumerate(((0, 1, 2, 3), (0, 0, 0, 0), (0, 1, 1, 1), (0, 1, 2, 3))):
    session = Session(store)
    policy = session.pin("P", session.puk("U", b"000"), group=group)
    pins = [b"135%d" % number for number in classes]
    keys = [session.make(f"K{usage}", policy, pins[usage], usage=usage) for usage in range(4)]
    session.close()
    for usage, key in enumerate(keys):
      refused(1, store.sign, key.handle, b"0000")
      counts = [store.protection(other.handle)[13] for other in keys]
      assert counts == [int(other == classes[usage]) for other in classes]
      store.sign(key.handle, pins[usage])
    if group > 1:
      refused(9, store.authorized, 83, keys[0].handle, pins[0], pins[1])
      session = Session(store)
      policy = session.pin("P", group=group)
      session.make("A", policy, b"1350", usage=0)
      ends(9, session, session.create, "B", policy, b"1350", usage=1)
    store.authorized(83, keys[3].handle, pins[3], b"2468")
    for usage, key in enumerate(keys):
      store.sign(key.handle, b"2468" if classes[usage] == classes[3] else pins[usage])
      store.authorized(80, key.handle, b"")
    assert session.handle not in store.sessions(False)


def pin_is_blocked_and_helped_by_its_puk(store):
  session = Session(store)
  policy = session.pin("P", session.puk("U", b"7777", limit=2), limit=2, way=2)
  key = session.make("K", policy, b"1234", cached=True)
  fixed = session.make("F", session.pin("Q", session.puk("V", b"A9", form=1, limit=0),
                                        change=False, way=1), b"1234")
  session.close()
  assert store.protection(key.handle) == [3, 0, 2, 0, 0, 1, 0, 2, 0, 0, 4, 8, 2, 0, 1, 0, 3, 0, 0]
  for wrong in (b"1235", b""):
    refused(1, store.sign, key.handle, wrong)
  refused(1, store.sign, key.handle, b"1234")
  assert store.protection(key.handle)[0] == 7 and store.protection(key.handle)[13] == 2
  refused(1, store.authorized, 82, key.handle, b"0")
  assert store.protection(key.handle)[3] == 1
  store.authorized(82, key.handle, b"7777")
  assert store.protection(key.handle)[0] == 3 and store.protection(key.handle)[3] == 0
  store.authorized(84, key.handle, b"7777", b"4321")
  store.sign(key.handle, b"4321")
  refused(1, store.authorized, 83, key.handle, b"1234", b"1111")
  for _ in range(2):
    refused(1, store.authorized, 82, key.handle, b"0")
  refused(1, store.authorized, 82, key.handle, b"7777")
  assert store.protection(key.handle)[0] == 11
  refused(2, store.authorized, 83, fixed.handle, b"1234", b"2345")
  refused(2, store.authorized, 84, fixed.handle, b"A9", b"2345")
  begin = time.monotonic()
  refused(1, store.authorized, 82, fixed.handle, b"A8")
  assert time.monotonic() - begin >= 1
  assert store.protection(fixed.handle)[:4] == [3, 1, 0, 0]
  store.authorized(82, fixed.handle, b"A9")
  for entry in (key, fixed):
    store.authorized(80, entry.handle, b"")


def pin_and_biometric_proof_go_together_as_asked(store):
  session = Session(store)
  policy = session.pin("P")
  keys = [session.make(f"K{kind}", biometric=kind, *([policy, b"1234"] if kind in (1, 2) else []))
          for kind in range(4)]
  session.close()
  pin = b"1234"
  for kind, (neither, only_pin, only_proof, both) in enumerate((
      (0, 9, 9, 9), (1, 0, 0, 9), (1, 1, 1, 0), (1, 1, 0, 9))):
    for status, given, proof in ((neither, b"", False), (only_pin, pin, False),
                                 (only_proof, b"", True), (both, pin, True)):
      if status:
        refused(status, store.sign, keys[kind].handle, given, biometric=proof)
      else:
        store.sign(keys[kind].handle, given, biometric=proof)
    assert store.protection(keys[kind].handle)[15] == kind
    store.authorized(80, keys[kind].handle, b"")


# ---- keys that are managed ----

def enrolled(store, kmk, privacy=False, **options):
  session = Session(store, privacy, kmk=kmk)
  policy = session.pin("P", session.puk("U", b"0000"), group=1, limit=1)
  keys = [session.make(f"K{n}", policy, b"1234", usage=0, **options) for n in range(2)]
  session.close()
  return session, keys


def key_is_managed_after_enrolment(store):
  """All four operations, in both modes, by an RSA and an EC key."""
  for privacy, kmk in ((False, own("rsa2048")), (True, own())):
    old, (first, second) = enrolled(store, kmk, privacy, delete=3)
    refused(1, store.sign, first.handle, b"0000")
    session = Session(store, privacy, kmk=kmk)
    new, twin = session.make("N", usage=0), session.make("T", usage=2)
    session.post(52, first, kmk, new)
    session.post(53, second, kmk, twin)
    session.post(51, second, kmk)
    refused(7, store.sign, new.handle)
    assert store.attributes(first.handle)[1] == [first.certificate]
    session.close()
    assert new.handle not in store.keys() and old.handle not in store.sessions(False)
    assert {first.handle: session.handle, second.handle: session.handle,
            twin.handle: session.handle}.items() <= store.keys().items()
    assert store.attributes(first.handle)[1] == [new.certificate]
    assert is_signed(new.public, digest(b"text"), store.sign(first.handle, b"1234"))
    assert is_signed(twin.public, digest(b"text"), store.sign(twin.handle, b"1234"))
    first.certificate = new.certificate
    last = Session(store, privacy)
    for key in (first, second, twin):
      last.post(50, key, kmk)
    last.close()
    assert not {first.handle, second.handle, twin.handle} & set(store.keys())
    assert session.handle not in store.sessions(False)
    assert last.handle not in store.sessions(False)


def key_is_managed_by_nobody_else(store):
  kmk, other = own(), own("other")
  old, (first, second) = enrolled(store, kmk)
  orphan_session = Session(store)
  orphan = orphan_session.make("O")
  orphan_session.close()

  def each(act, privacy=False):
    session = Session(store, privacy, kmk=kmk)
    ends(9, session, lambda: act(session))

  each(lambda s: s.post(50, first, other))
  each(lambda s: s.post(50, orphan, kmk))
  each(lambda s: s.post(50, first, kmk), privacy=True)
  each(lambda s: (s.post(50, first, kmk), s.post(51, first, kmk)))
  each(lambda s: (s.post(51, first, kmk), s.post(51, first, kmk)))
  each(lambda s: s.post(52, first, kmk, s.make("N", usage=1)))
  each(lambda s: s.post(52, first, kmk, s.make("N", s.pin("P"), b"1234", usage=0)))
  each(lambda s: (s.post(52, first, kmk, s.make("N", usage=0)),
                  s.post(52, first, kmk, s.make("M", usage=0))))
  each(lambda s: [s.post(53, key, kmk, new) for new in [s.make("N")] for key in (first, second)])
  session = Session(store)
  same = session.create("K")
  session.path(same, first.certificate)
  ends(9, session, session.close)
  assert {first.handle, second.handle, orphan.handle} <= set(store.keys())
  roll = b"RollOverAuthorization" + der_of(other)
  for proof in (raw_sign(other, roll), raw_sign(kmk, roll[:-1]), b""):
    refused(9, store.call, 7, uint(old.handle), arrays(der_of(other), proof))
  refused(2, store.call, 7, uint(orphan_session.handle), arrays(der_of(other), raw_sign(kmk, roll)))
  refused(6, store.call, 7, uint(Session(store).handle), arrays(der_of(other), raw_sign(kmk, roll)))
  store.call(7, uint(old.handle), arrays(der_of(other), raw_sign(kmk, roll))).end()
  assert store.sessions(False)[old.handle][2] == der_of(other)
  each(lambda s: s.post(50, first, kmk))
  last = Session(store)
  for key in (first, second):
    last.post(50, key, other)
  last.close()
  store.authorized(80, orphan.handle, b"")


TESTS = [
    pin_obeys_each_rule, pin_is_shared_as_its_group_says, pin_is_blocked_and_helped_by_its_puk,
    pin_and_biometric_proof_go_together_as_asked, key_is_managed_after_enrolment,
    key_is_managed_by_nobody_else]
