# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an issuer of somebody else's finds at the socket of uks-sksd. Each test is given a
Store; a second one, if there is any, takes whole messages by method 100."""

import hashlib
import hmac
import itertools
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from sks_foreign import (D, W, X, Refused, Session, array, arrays, blob, byte, certify, der_of,
                         is_signed, pkcs8, short, uint)

SHA1 = "http://www.w3.org/2000/09/xmldsig#hmac-sha1"
MANDATORY = [X + f"aes{bits}-cbc" for bits in (128, 192, 256)] + [SHA1] + \
    [D + f"{kind}-sha{bits}" for kind in ("hmac", "rsa", "ecdsa") for bits in (256, 384, 512)] + \
    [W + name for name in (
        "aes.cbc", "aes.ecb.nopad", "rsa.es.pkcs1_5", "rsa.oaep.sha1", "rsa.oaep.sha256",
        "ecdh.raw", "rsa.pkcs1.none", "ecdsa.none", "rsa1024", "rsa2048", "ec.nist.p256",
        "ec.nist.p384", "ec.nist.p521", "session.1", "key.1", "none")]
SHAS = {"sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}


def refused(status, call, *arguments, **options):
  try:
    call(*arguments, **options)
  except Refused as error:
    assert error.status == status, f"{status} was expected, not {error}"
    return
  raise AssertionError(f"{status} was expected, not success")


def ends(status, session, call, *arguments, **options):
  """The call is refused, and the session is gone with all it had."""
  before = session.store.keys()
  refused(status, call, *arguments, **options)
  assert session.handle not in session.store.sessions(True)
  assert session.handle not in session.store.sessions(False)
  assert session.store.keys() == before
  refused(6, session.close)


def own(kind="ec", made={}):
  """A pair of the issuer's, each made once."""
  if kind not in made:
    made[kind] = rsa.generate_private_key(65537, int(kind[3:])) if kind.startswith("rsa") else \
        ec.generate_private_key(ec.SECP256R1())
  return made[kind]


def digest(data, name="sha256"):
  return hashlib.new(name, data).digest()


# ---- device, sessions ----

def device_tells_all_fields(store):
  info = store.device()
  assert info["level"] == 106 and info["type"] == 1 and not info["pin"]
  assert 1 <= len(info["vendor"]) <= 128 and 1 <= len(info["description"]) <= 1000
  assert info["data"] >= 16384 and info["extension"] >= 65536
  assert set(MANDATORY) <= set(info["algorithms"])
  device, issuer = map(x509.load_der_x509_certificate, info["path"])
  assert isinstance(device.public_key(), ec.EllipticCurvePublicKey)
  assert device.issuer == issuer.subject and store.device() == info


def session_is_attested_and_listed(store):
  """Curves, both modes, the extremes of what is attested, key management keys."""
  made = [Session(store, privacy, curve) for privacy in (False, True)
          for curve in ("p256", "p384", "p521")]
  made += [Session(store, True, kmk=own("rsa2048"), limit=65535, life=65535, certificate=b""),
           Session(store, kmk=own(), certificate=bytes(16384))]
  is_open = store.sessions(True)
  for session in made:
    assert is_open[session.handle] == session.listed
    store.call(5, uint(session.handle)).end()
    refused(6, store.call, 5, uint(session.handle))
  assert not {session.handle for session in made} & set(store.sessions(True))


def session_is_refused_without_a_trace(store):
  good = [array(W + "session.1"), byte(0), array("S-1"), array(der_of(own())), array("urn:x"),
          array(b""), uint(1), short(9), short(9), array(b"")]
  before = store.sessions(True)
  other = der_of(ec.generate_private_key(ec.SECP256K1()))
  point = serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
  short_key = der_of(own())[:26] + own().public_key().public_bytes(*point)
  for at, bad in ((0, array(W + "session.2")), (1, byte(2)), (2, array("")), (2, array("a b")),
                  (2, array("x" * 33)), (3, array(other)), (3, array(short_key)),
                  (3, array(der_of(own()) + b"\0")), (4, array("")), (4, array(b"\xff")),
                  (4, array("x" * 1001)), (5, array(b"\x30\0")), (9, array(b"") + b"\0"),
                  (9, b"")):
    refused(9, store.call, 2, *good[:at], bad, *good[at + 1:])
  for number in (0, 6, 16, 99, 255):
    refused(9, store.call, number)
  assert store.sessions(True) == before


def session_ends_with_each_mistake(store):
  def each(status, change, **options):
    session = Session(store, **options)
    ends(status, session, lambda: change(session))

  def spoil(session):
    session.spoil = 1
    session.pin("P")

  each(4, spoil)
  each(9, lambda s: s.close(b""))
  each(9, lambda s: s.close(bytes(33)))
  each(9, lambda s: (s.puk("U", b"1"), s.close()))
  each(9, lambda s: (s.pin("P"), s.close()))
  each(9, lambda s: (s.create("K"), s.close()))
  each(9, lambda s: (s.pin("P"), s.make("P")))
  each(9, lambda s: s.path(s.create("K"), certify(own().public_key())) and s.close())
  each(9, lambda s: s.path(s.create("K")))
  each(9, lambda s: s.path(s.make("K"), b"\x30\0"))
  each(9, lambda s: s.bring(13, s.create("K"), bytes(16)))
  each(9, lambda s: s.bring(13, s.make("K"), bytes(129)))
  each(9, lambda s: s.bring(14, s.make("K"), b"\x30\0"))
  each(9, lambda s: s.extend(s.create("K"), "urn:x", 0, b""))
  each(9, lambda s: (s.pin("P", user=True), s.create("K", (0, "", True), b"1234")))
  each(9, lambda s: s.create("K", device_pin=True))
  each(9, lambda s: s.create("K", biometric=1))
  each(9, lambda s: s.create("K", s.pin("P"), b"1234", biometric=3))
  each(9, lambda s: s.create("K", s.pin("P"), b"1234", cached=True))
  each(9, lambda s: s.create("K", export=1))
  each(9, lambda s: s.create("K", s.pin("P"), b"1234", delete=2))
  each(9, lambda s: s.create("K", seed=bytes(65)))
  each(9, lambda s: s.create("K", friendly="\u00e9" * 101))
  each(9, lambda s: s.create("K", algorithm="rsa2048", parameters=b"\3"))
  each(9, lambda s: s.create("K", algorithm="no.such"))
  each(8, lambda s: s.create("K", entry=W + "key.2"))
  each(9, lambda s: s.create("K", endorsed=[W + "none", W + "ecdsa.none"]))
  each(9, lambda s: s.create("K", endorsed=[D + "hmac-sha512", D + "hmac-sha256"]))
  each(9, lambda s: s.create("K", endorsed=["urn:x"]))
  each(9, lambda s: (s.make("K", endorsed=[D + "rsa-sha256"]), s.close()))
  each(9, lambda s: [s.pin("P") for _ in range(3)], limit=9)
  each(9, lambda s: s.make("K") and s.close(), limit=4)
  for field, value in (("form", 4), ("limit", 0), ("limit", 10001), ("group", 4), ("way", 3),
                       ("patterns", 32), ("patterns", 16), ("low", 0), ("low", 9), ("high", 129)):
    each(9, lambda s, name=field, bad=value: s.pin("P", **{name: bad}))
  each(9, lambda s: s.puk("U", b"12a"))
  each(9, lambda s: s.puk("U", b"1", limit=10001))
  each(9, lambda s: s.puk("U", b"1" * 129))


def session_key_is_used_as_often_as_counted(store):
  """6 uses for PIN policy, key, certificate and end; 7 when the issuer gives the PIN."""
  for limit, user in ((6, True), (7, False)):
    session = Session(store, limit=limit)
    key = session.make("K", session.pin("P", user=user), b"1234")
    session.close()
    store.authorized(80, key.handle, b"")


def malformed_calls_are_refused_and_the_connection_lives(store):
  session = Session(store)
  key = session.make("K")
  session.close()
  for number, arguments in ((1, b"\0"), (4, uint(0)), (4, uint(0) + byte(2)), (70, b""),
                            (71, uint(key.handle) + b"\0"), (72, b"\0"), (73, uint(key.handle)),
                            (80, uint(key.handle)), (80, uint(key.handle) + short(9) + b"x"),
                            (103, uint(key.handle) + array("u") + array("") + byte(0) +
                             array("") + uint(2 ** 32 - 1))):
    refused(9, store.call, number, arguments)
  for number in (71, 72, 73, 80):
    refused(7, store.call, number, uint(0), array("") if number > 72 else b"")
  refused(2, store.call, 90, blob(b"x"))
  assert key.handle in store.keys()
  store.authorized(80, key.handle, b"")


# ---- keys ----

def key_signs_with_each_algorithm(store, whole):
  session, made = Session(store), []
  for name in ("ec.nist.p256", "ec.nist.p384", "ec.nist.p521", "rsa2048"):
    made.append(session.make(name, algorithm=name))
    assert store.call(11, uint(session.handle), array(name)).number(4) == made[-1].handle
    refused(7, store.sign, made[-1].handle)
  refused(7, store.call, 11, uint(session.handle), array("None"))
  session.close()
  for key, (name, kind) in itertools.product(made, SHAS.items()):
    is_rsa, hashed = key.name == "rsa2048", digest(b"text", name)
    uri = D + ("rsa-" if is_rsa else "ecdsa-") + name
    signed = store.use(100, key.handle, uri, hashed)
    assert is_signed(key.public, hashed, signed, kind)
    assert not is_signed(key.public, digest(b"", name), signed, kind)
    if whole:
      assert is_signed(key.public, hashed, whole.use(100, key.handle, uri, b"text"), kind)
    refused(9, store.use, 100, key.handle, uri, hashed + b"\0")
    refused(9, store.use, 100, key.handle, uri, hashed, parameters=b"\0")
    refused(8, store.use, 100, key.handle, D + ("ecdsa-" if is_rsa else "rsa-") + name, hashed)
  hashed = digest(b"text")
  info = bytes.fromhex("3031300d060960864801650304020105000420") + hashed
  for key, uri, data in ((made[0], "ecdsa.none", hashed), (made[3], "rsa.pkcs1.none", info)):
    assert is_signed(key.public, hashed, store.use(100, key.handle, W + uri, data))
  for uri, sha in (("rsa.es.pkcs1_5", None), ("rsa.oaep.sha1", hashes.SHA1),
                   ("rsa.oaep.sha256", hashes.SHA256)):
    pad = padding.OAEP(padding.MGF1(sha()), sha(), None) if sha else padding.PKCS1v15()
    sealed = made[3].public.encrypt(b"secret", pad)
    assert store.use(101, made[3].handle, W + uri, sealed) == b"secret"
    refused(5, store.use, 101, made[3].handle, W + uri, sealed[:-1])
  refused(8, store.use, 101, made[0].handle, W + "rsa.oaep.sha256", bytes(256))
  for key in made[:3]:
    peer = ec.generate_private_key(key.public.curve)
    agreed = store.use(102, key.handle, W + "ecdh.raw", der_of(peer))
    assert agreed == peer.exchange(ec.ECDH(), key.public)
  refused(9, store.use, 102, made[0].handle, W + "ecdh.raw", der_of(made[1].public))
  refused(8, store.use, 102, made[3].handle, W + "ecdh.raw", der_of(own()))
  for key in made:
    store.authorized(80, key.handle, b"")


def key_has_the_attributes_that_it_was_given(store):
  """Each at its extremes: names of 100 characters and ids of 32, long paths, all algorithms."""
  session = Session(store)
  uris = sorted([D + f"ecdsa-sha{bits}" for bits in (256, 384, 512)] +
                [W + "ecdh.raw", W + "ecdsa.none"])
  key = session.create("!" + "~" * 31, seed=bytes(64), friendly="\u20ac" * 100, usage=2,
                       endorsed=uris)
  path = [certify(key.public)] + [certify(own().public_key(), f"CA {n}", 9000) for n in range(3)]
  session.path(key, *path)
  plain = session.make("plain", usage=1)
  for kind, content in ((0, b""), (1, bytes(65536)), (2, arrays("n") + byte(0) + arrays("v") +
                        arrays("w" * 255) + byte(1) + arrays("")), (3, b"\x89PNG")):
    session.extend(key, f"urn:{kind}", kind, content, "i" * 128 if kind == 3 else "")
  session.close()
  assert store.keys()[key.handle] == session.handle and session.handle in store.sessions(False)
  types = [f"urn:{kind}".encode() for kind in range(4)]
  assert store.attributes(key.handle) == [0, path, 2, "\u20ac" * 100, [u.encode() for u in uris],
                                          types]
  assert store.attributes(plain.handle) == [0, [plain.certificate], 1, "", [], []]
  assert store.extension(key.handle, "urn:0") == (0, "", b"")
  assert store.extension(key.handle, "urn:1") == (1, "", bytes(65536))
  assert store.extension(key.handle, "urn:3") == (3, "i" * 128, b"\x89PNG")
  refused(9, store.extension, key.handle, "urn:4")
  refused(2, store.call, 74, uint(key.handle), arrays("urn:2", "n", "x"))
  refused(9, store.call, 74, uint(key.handle), arrays("urn:2", "m", "x"))
  store.call(74, uint(key.handle), arrays("urn:2", "w" * 255, "new")).end()
  assert store.extension(key.handle, "urn:2")[2].endswith(byte(1) + array("new"))
  refused(8, store.use, 101, key.handle, W + "ecdsa.none", b"")
  assert store.protection(plain.handle) == [0] * 16 + [3, 0, 0]
  for entry in (key, plain):
    store.authorized(80, entry.handle, b"")
  assert session.handle not in store.sessions(False)


def extension_must_be_well_formed(store):
  bag = arrays("n") + byte(1) + arrays("v")
  for kind, content, qualifier in ((0, b"", "q"), (3, b"", ""), (3, b"", "q" * 129), (4, b"", ""),
                                   (2, b"", ""), (2, bag + b"\0", ""),
                                   (2, bag[:3] + byte(2) + bag[4:], ""),
                                   (2, array("") + bag[3:], ""), (0, bytes(65537), "")):
    session = Session(store)
    ends(9, session, session.extend, session.make("K"), "urn:x", kind, content, qualifier)
  session = Session(store)
  key = session.make("K")
  session.extend(key, "urn:x", 0, b"")
  ends(9, session, session.extend, key, "urn:x", 0, b"")


def lists_end_where_their_count_does(store):
  """255 certificates, 255 extensions; one more is refused, and so is more than an answer holds."""
  session = Session(store, limit=300)
  key = session.create("many")
  path = [certify(key.public)] + [certify(own().public_key())] * 254
  session.path(key, *path)
  types = [f"urn:{number:03}" for number in range(255)]
  for uri in types:
    session.extend(key, uri, 0, b"")
  session.close()
  told = store.attributes(key.handle)
  assert told[1] == path and told[5] == [uri.encode() for uri in types]
  store.authorized(80, key.handle, b"")
  session = Session(store, limit=300)
  key = session.make("more")
  for uri in types:
    session.extend(key, uri, 0, b"")
  ends(9, session, session.extend, key, "urn:x", 0, b"")
  session = Session(store)
  key = session.create("long")
  ends(3, session, session.path, key, certify(key.public),
       *[certify(own().public_key(), fill=15700)] * 8)
  session = Session(store)
  key = session.create("long")
  session.path(key, certify(key.public), *[certify(own().public_key(), fill=15000)] * 7)
  for number in range(15):
    session.extend(key, "urn:" + f"{number:x}" * 900, 0, b"")
  ends(3, session, lambda: [session.extend(key, "urn:" + "x" * 900 + str(number), 0, b"")
                            for number in range(9)])


def secret_is_imported_and_computes(store):
  session, made = Session(store), {}
  for size in (1, 16, 24, 32, 128):
    secret = os.urandom(size)
    made[size] = (session.make(f"K{size}", export=0), secret)
    session.bring(13, made[size][0], secret)
  vault = session.make("vault", export=0, endorsed=[W + "none"])
  session.bring(13, vault, b"password")
  session.close()
  for size, (key, secret) in made.items():
    assert store.attributes(key.handle)[0] == size and store.protection(key.handle)[18] == 1
    for name, uri in (("sha1", SHA1), *((name, D + "hmac-" + name) for name in SHAS)):
      for data in (b"", bytes(16384)):
        assert store.use(103, key.handle, uri, data) == hmac.new(secret, data, name).digest()
    refused(9, store.use, 103, key.handle, SHA1, bytes(16385))
    if 16 <= size <= 32:
      encrypts(store, key.handle, secret)
    else:
      refused(8, store.use, 104, key.handle, W + "aes.cbc", b"", parameters=bytes(16), mode=1)
    refused(8, store.sign, key.handle)
    assert store.authorized(81, key.handle, b"") == secret
    assert store.protection(key.handle)[18] == 3
    store.authorized(80, key.handle, b"")
  refused(8, store.use, 103, vault.handle, SHA1, b"")
  assert store.authorized(81, vault.handle, b"") == b"password"
  store.authorized(80, vault.handle, b"")


def encrypts(store, handle, secret):
  inside, bits = X + f"aes{8 * len(secret)}-cbc", 8 * len(secret)
  for size in (0, 1, 16, 16384):
    data = os.urandom(size)
    more = 16 - size % 16
    sealed = store.use(104, handle, inside, data, mode=1)
    cipher = Cipher(algorithms.AES(secret), modes.CBC(sealed[:16])).decryptor()
    assert cipher.update(sealed[16:]) + cipher.finalize() == data + byte(more) * more
    assert store.use(104, handle, inside, sealed, mode=0) == data
    given = store.use(104, handle, W + "aes.cbc", data, parameters=sealed[:16], mode=1)
    assert given == sealed[16:]
    assert store.use(104, handle, W + "aes.cbc", given, parameters=sealed[:16], mode=0) == data
  cipher = Cipher(algorithms.AES(secret), modes.ECB()).encryptor()
  assert store.use(104, handle, W + "aes.ecb.nopad", bytes(32), mode=1) == cipher.update(bytes(32))
  refused(9, store.use, 104, handle, W + "aes.ecb.nopad", bytes(15), mode=1)
  refused(9, store.use, 104, handle, W + "aes.cbc", b"", mode=1)
  refused(9, store.use, 104, handle, inside, b"", parameters=bytes(16), mode=1)
  refused(8, store.use, 104, handle, X + f"aes{128 if bits > 128 else 256}-cbc", b"", mode=1)


def private_key_is_imported_and_exported(store):
  session, made = Session(store), []
  for kind in ("rsa1024", "rsa2048", "ec"):
    key = session.path(session.create(kind, export=0), certify(own(kind).public_key()))
    session.bring(14, key, pkcs8(own(kind)))
    made.append(key)
  session.close()
  for key in made:
    uri = D + ("ecdsa-sha256" if key.name == "ec" else "rsa-sha256")
    signed = store.use(100, key.handle, uri, digest(b"text"))
    assert is_signed(own(key.name).public_key(), digest(b"text"), signed)
    exported = serialization.load_der_private_key(store.authorized(81, key.handle, b""), None)
    assert exported.private_numbers() == own(key.name).private_numbers()
    store.authorized(80, key.handle, b"")
  session = Session(store)
  key = session.make("K")
  session.bring(14, key, pkcs8(own()))
  ends(9, session, session.close)


def key_is_exported_and_deleted_as_it_is_protected(store):
  session = Session(store)
  policy = session.pin("P", session.puk("U", b"0000"))
  keys = [session.make(f"K{n}", policy, b"1234", export=n, delete=n) for n in range(4)]
  session.close()
  for number, key in enumerate(keys):
    right = [b"", b"1234", b"0000", b""][number]
    for method in (81, 80):
      assert store.protection(key.handle)[16:18] == [number] * 2
      if number == 3:
        refused(2, store.authorized, method, key.handle, right)
      else:
        refused(9 if not number else 1, store.authorized, method, key.handle, b"wrong")
        store.authorized(method, key.handle, right)
  assert list(store.keys().values()).count(session.handle) == 1


TESTS = [
    device_tells_all_fields, session_is_attested_and_listed, session_is_refused_without_a_trace,
    session_ends_with_each_mistake, session_key_is_used_as_often_as_counted,
    malformed_calls_are_refused_and_the_connection_lives, key_signs_with_each_algorithm,
    key_has_the_attributes_that_it_was_given, extension_must_be_well_formed,
    lists_end_where_their_count_does,
    secret_is_imported_and_computes, private_key_is_imported_and_exported,
    key_is_exported_and_deleted_as_it_is_protected]
