# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sessions and keys, as issuers make and manage them, by `uksctl sks`."""

import hashlib
import hmac
import json
import time

from libcrypto import cbc, certificate_of, ec_key, rsa_key, to_raw, verify
from sks_issuer import (DSIG, Session, URI, XENC, device_certificate, openssl, own_key, prefixed,
                        subject, tell, uksctl)
from sks_check import (ECDSA, MESSAGE, enrol, gone, keys, public, refused, restart, sessions, show,
                       sign)


# ---- the device and sessions ----

def info_tells_what_the_store_is():
  """Row 1."""
  said = tell("info")
  assert said["apiLevel"] >= 106 and said["vendorName"] and said["vendorDescription"]
  assert said["cryptoDataSize"] >= 16384 and said["extensionDataSize"] >= 65536
  wanted = {XENC + f"aes{bits}-cbc" for bits in (128, 192, 256)} | \
      {DSIG + f"{kind}-sha{bits}" for kind in ("hmac", "rsa", "ecdsa") for bits in (256, 384, 512)} | \
      {URI + name for name in ("aes.cbc", "aes.ecb.nopad", "rsa.es.pkcs1_5", "rsa.oaep.sha256",
                               "ecdh.raw", "session.1", "key.1", "none", "rsa2048",
                               "ec.nist.p256", "ec.nist.p384", "ec.nist.p521")}
  assert wanted <= set(said["supportedAlgorithms"])
  pem = uksctl("info", "--cert")
  assert subject(openssl("x509", "-noout", "-subject", data=pem).decode()) in said["subject"]
  assert device_certificate().hex() == said["certificatePath"][0]
  assert b"Algorithms" in uksctl("info")


def session_is_attested_on_each_curve_and_in_private():
  """Rows 2, 3, 4, 10, 11: Session() verifies the attestation."""
  before = sessions()
  made = [Session(curve=curve).handle for curve in ("P-256", "P-384", "P-521")]
  made.append(Session(privacy=True).handle)
  assert sessions() == before + made
  assert [entry["privacyEnabled"] for entry in tell("sessions")["sessions"]
          if entry["provisioningHandle"] in made] == [False, False, False, True]
  for handle in made:
    uksctl("session", "abort", handle)
  refused(6, uksctl, "session", "abort", made[0])
  refused(9, Session, curve="secp256k1")
  assert sessions() == before


def session_ends_when_a_mac_is_wrong():
  """Row 5: a bit, the order, a repetition."""
  before, failed = keys(), [Session(), Session(), Session()]
  failed[0].flip = 7
  failed[1].counter = 1
  failed[2].pin()
  failed[2].counter = 0
  for session in failed:
    refused(4, session.pin, name="PIN.2")
    gone(session, before)


def session_key_is_used_as_often_as_the_issuer_allows():
  """Row 6."""
  before = keys()
  for limit in (6, 5):
    session = Session(limit=limit)
    key = session.create("Key", session.pin(user=True), b"1234")
    session.certify(key)
    if limit == 5:
      refused(9, session.close)
      gone(session, before)
    else:
      session.close()
      uksctl("delete", key)


def session_is_over_after_its_time():
  """Row 7; only time can pass."""
  before = keys()
  session = Session(life=1)
  time.sleep(max(0, session.time + 2.1 - time.time()))
  refused(6, session.close)
  gone(session, before)


def session_goes_on_after_a_restart_and_dies_whole():
  """Rows 8 and 9."""
  before = keys()
  session, other = Session(), Session()
  for entry in (session, other):
    entry.certify(entry.create("Key"))
  restart()
  assert {session.handle, other.handle} <= set(sessions()) and keys() == before
  other.flip = 0
  refused(4, other.close)
  gone(other, before)
  session.close()
  assert session.handle in sessions("--closed") and len(keys()) == len(before) + 1
  refused(6, uksctl, "session", "abort", session.handle)
  uksctl("delete", list(session.keys)[0])
  assert session.handle not in sessions("--closed")


# ---- keys ----

def key_is_made_attested_and_signs():
  """Rows 12, 26: create() verifies the attestation."""
  session, made = Session(), {}
  for algorithm, uri in (("ec.nist.p256", "ecdsa-sha256"), ("ec.nist.p384", "ecdsa-sha384"),
                         ("ec.nist.p521", "ecdsa-sha512"), ("rsa2048", "rsa-sha256")):
    key = session.create(algorithm, algorithm=algorithm, usage=0)
    assert tell("key", "find", session.handle, algorithm)["keyHandle"] == key
    refused(7, uksctl, "sign", key, "-u", uri, data=MESSAGE)
    made[key] = (uri, session.certify(key))
  refused(7, uksctl, "key", "find", session.handle, "Other")
  session.close()
  for key, (uri, certificate) in made.items():
    digest = uri.split("-")[1]
    raw = uksctl("sign", key, "-u", DSIG + uri, data=MESSAGE)
    assert verify(certificate, MESSAGE, raw, digest)
    assert not verify(certificate, MESSAGE + b".", raw, digest)
  ec = next(iter(made))
  pem = uksctl("show", ec, "--cert")
  assert openssl("x509", "-outform", "DER", data=pem) == made[ec][1]
  hashed = hashlib.sha256(MESSAGE).digest()
  assert verify(made[ec][1], MESSAGE, uksctl("sign", ec, "-u", ECDSA, "--hashed", data=hashed))
  der = uksctl("sign", ec, "-u", ECDSA, "--format", "der", data=MESSAGE)
  assert verify(made[ec][1], MESSAGE, to_raw(der))
  refused(8, uksctl, "sign", ec, "-u", "rsa-sha256", data=MESSAGE)
  for key in made:
    uksctl("delete", key)


def key_needs_its_own_certificate():
  """Row 13."""
  _, taken = enrol()
  before = keys()
  session = Session()
  key = session.create("Key")
  session.certify(key, certificate_of(own_key("ca"), own_key("other").spki(), "Foreign"))
  refused(9, session.close)
  gone(session, before)
  session = Session()
  session.certify(session.create("Key"), taken)
  refused(9, session.close)
  gone(session, before)
  session = Session()
  refused(9, session.certify, session.create("Key"), b"\x30\x82\x50\x00" + bytes(0x5000))
  gone(session, before)
  uksctl("delete", before[-1])


def secret_that_is_imported_computes():
  """Rows 14, 25, 27."""
  secret, before = bytes(range(32)), keys()
  session = Session()
  cipher = session.create("Cipher", export=0, usage=2)
  session.certify(cipher)
  session.bring(cipher, "secret", secret)
  key = session.create("Mac", usage=3, endorsed=[DSIG + "hmac-sha256"])
  session.certify(key)
  session.bring(key, "secret", secret)
  session.close()
  assert show(cipher)["keyBackup"] == ["imported"] and show(cipher)["symmetricKeyLength"] == 32
  made = uksctl("hmac", key, "-u", "hmac-sha256", data=MESSAGE)
  assert made == hmac.new(secret, MESSAGE, "sha256").digest()
  refused(8, uksctl, "hmac", key, "-u", "hmac-sha512", data=MESSAGE)
  crypt = ("-u", XENC + "aes256-cbc")
  sealed = uksctl("encrypt", cipher, *crypt, data=MESSAGE)
  assert cbc(False, secret, sealed[:16], sealed[16:]) == MESSAGE
  assert uksctl("decrypt", cipher, *crypt, data=sealed) == MESSAGE
  vector = ("-u", "aes.cbc", "--vector", "hex:" + "00" * 16)
  assert uksctl("encrypt", cipher, *vector, data=MESSAGE) == cbc(True, secret, bytes(16), MESSAGE)
  refused(9, uksctl, "encrypt", cipher, "-u", "aes.cbc", data=MESSAGE)
  refused(9, uksctl, "encrypt", cipher, "-u", "aes.ecb.nopad", data=MESSAGE)
  refused(9, uksctl, "encrypt", cipher, *crypt, data=bytes(16385))
  assert len(uksctl("encrypt", cipher, *crypt, data=bytes(16384))) == 16416
  assert uksctl("export", cipher) == secret
  assert show(cipher)["keyBackup"] == ["imported", "exported"]
  twice = Session()
  key2 = twice.create("Key")
  twice.certify(key2)
  twice.bring(key2, "secret", secret)
  refused(9, twice.bring, key2, "secret", secret)
  gone(twice, before + [cipher, key])
  long = Session()
  key2 = long.create("Key")
  long.certify(key2)
  refused(9, long.bring, key2, "secret", bytes(129))
  gone(long, before + [cipher, key])
  for entry in (cipher, key):
    uksctl("delete", entry)


def private_key_that_is_imported_decrypts_and_agrees():
  """Rows 15, 27."""
  before, made, session = keys(), [], Session()
  for pair in (rsa_key(2048), own_key("other")):
    key = session.create(f"Key.{len(made)}", usage=2)
    session.certify(key, certificate_of(own_key("ca"), pair.spki(), "Brought"))
    session.bring(key, "private", pair.pkcs8())
    made.append(key)
    public(f"{key}.pub", pair)
  session.close()
  rsa, ec = made
  assert show(rsa)["keyBackup"] == ["imported"]
  for uri, padding in (("rsa.es.pkcs1_5", ("rsa_padding_mode:pkcs1",)),
                       ("rsa.oaep.sha256", ("rsa_padding_mode:oaep", "rsa_oaep_md:sha256",
                                            "rsa_mgf1_md:sha256"))):
    words = [word for entry in padding for word in ("-pkeyopt", entry)]
    sealed = openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", f"{rsa}.pub", *words,
                     data=MESSAGE)
    assert uksctl("decrypt", rsa, "-u", uri, data=sealed) == MESSAGE
  peer = ec_key("P-256")
  shared = uksctl("agree", ec, "-u", "ecdh.raw", "--peer", public("peer.pub", peer))
  assert shared == peer.agree(own_key("other").spki())
  far = public("far.pub", own_key("P-384"))
  refused(9, uksctl, "agree", ec, "-u", "ecdh.raw", "--peer", far)
  session = Session()
  key = session.create("Key")
  session.certify(key)
  session.bring(key, "private", peer.pkcs8())
  refused(9, session.close)
  gone(session, before + made)
  for entry in made:
    uksctl("delete", entry)


# ---- extensions ----

def extension_is_read_and_a_property_written():
  """Rows 28; firmware."""
  before = keys()
  bag = prefixed("Counter") + b"\1" + prefixed("1") + prefixed("Fixed") + b"\0" + prefixed("2")
  session = Session()
  key = session.create("Key")
  session.certify(key)
  session.extend(key, 0, b"plain", "urn:plain")
  session.extend(key, 1, b"encrypted", "urn:encrypted")
  session.extend(key, 2, bag, "urn:bag")
  session.extend(key, 3, b"\x89PNG" + bytes(40000), "urn:logo", "image/png")
  session.close()
  assert show(key)["extensionTypes"] == ["urn:plain", "urn:encrypted", "urn:bag", "urn:logo"]
  assert tell("extension", key, "urn:encrypted") == {
      "subType": "encryptedExtension", "qualifier": "", "extensionData": b"encrypted".hex()}
  assert tell("extension", key, "urn:logo")["qualifier"] == "image/png"
  assert len(uksctl("extension", key, "urn:logo", "-o", "-")) == 40004
  refused(9, uksctl, "extension", key, "urn:other")
  uksctl("property", key, "urn:bag", "Counter", "17")
  refused(2, uksctl, "property", key, "urn:bag", "Fixed", "17")
  assert uksctl("extension", key, "urn:bag", "-o", "-") == bag.replace(b"\0\0011", b"\0\00217")
  uksctl("delete", key)
  session = Session()
  key = session.create("Key")
  session.certify(key)
  session.extend(key, 0, b"plain", "urn:plain")
  refused(9, session.extend, key, 0, b"plain", "urn:plain")
  gone(session, before)
  refused(2, uksctl, "firmware", data=b"new")


# ---- key management keys ----

def post_operations_obey_the_key_that_manages():
  """Rows 29, 31: issuer B cannot; delete and unlock wait for the close."""
  key, certificate = enrol(b"1234", pin={"limit": 1, "user": True}, kmk="kmk")
  refused(1, sign, key, pin_fd=b"9999")
  for what in ("delete", "unlock"):
    session = Session(kmk="other")
    refused(9, session.post, what, key, certificate, "other")
    assert session.handle not in sessions() and key in keys()
  session = Session(kmk="kmk", privacy=True)
  refused(9, session.post, "delete", key, certificate, "kmk")
  assert show(key)["pinErrorCount"] == 1
  session = Session(kmk="kmk")
  session.post("unlock", key, certificate, "kmk")
  assert show(key)["pinErrorCount"] == 1
  session.close()
  assert show(key)["pinErrorCount"] == 0 and sign(key, pin_fd=b"1234")
  session = Session(kmk="kmk")
  new = session.create("New")
  latest = session.certify(new)
  session.post("update", key, certificate, "kmk", new)
  assert verify(certificate, MESSAGE, sign(key, pin_fd=b"1234"))
  session.close()
  assert key in keys() and new not in keys()
  assert verify(latest, MESSAGE, sign(key, pin_fd=b"1234"))
  session = Session(kmk="kmk")
  session.post("delete", key, latest, "kmk")
  assert key in keys()
  session.close()
  assert key not in keys()


def post_clone_shares_the_pin():
  """Row 29."""
  key, certificate = enrol(b"1234", pin={"grouping": 1, "user": True}, kmk="kmk")
  session = Session(kmk="kmk")
  clone = session.create("Clone")
  session.certify(clone)
  session.post("clone", key, certificate, "kmk", clone)
  session.close()
  refused(1, sign, clone, pin_fd=b"9999")
  assert show(key)["pinErrorCount"] == 1 and sign(clone, pin_fd=b"1234")
  for entry in (key, clone):
    uksctl("delete", entry)


def management_key_is_replaced_by_the_old_one_only():
  """Row 30."""
  key, certificate = enrol(kmk="kmk")
  owner = [entry["provisioningHandle"] for entry in tell("keys")["keys"]
           if entry["keyHandle"] == key][0]
  new = own_key("other").spki()

  def roll_over(signer):
    signature = own_key(signer).sign(b"RollOverAuthorization" + new)
    uksctl("session", "kmk", owner, data=json.dumps({
        "keyManagementKey": new.hex(), "authorization": signature.hex()}).encode())

  def managed():
    return [entry["keyManagementKey"] for entry in tell("sessions", "--closed")["sessions"]
            if entry["provisioningHandle"] == owner][0]

  before = managed()
  refused(9, roll_over, "other")
  assert managed() == before == own_key("kmk").spki().hex()
  roll_over("kmk")
  assert managed() == new.hex()
  session = Session(kmk="other")
  session.post("delete", key, certificate, "other")
  session.close()
  assert key not in keys()


TESTS = [
    info_tells_what_the_store_is,
    session_is_attested_on_each_curve_and_in_private,
    session_ends_when_a_mac_is_wrong,
    session_key_is_used_as_often_as_the_issuer_allows,
    session_is_over_after_its_time,
    session_goes_on_after_a_restart_and_dies_whole,
    key_is_made_attested_and_signs,
    key_needs_its_own_certificate,
    secret_that_is_imported_computes,
    private_key_that_is_imported_decrypts_and_agrees,
    extension_is_read_and_a_property_written,
    post_operations_obey_the_key_that_manages,
    post_clone_shares_the_pin,
    management_key_is_replaced_by_the_old_one_only,
]
