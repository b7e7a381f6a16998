# SPDX-License-Identifier: LGPL-2.1-or-later
"""The side of an issuer, and of a user, as somebody writes it who has only the description
of SKS and a socket: bytes are put together here, and each attestation is computed again.
It shares nothing with the store, nor with uks-issuer, nor with sks_issuer.py."""

import datetime
import hashlib
import hmac
import os
import socket
import time

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.x509.oid import NameOID

W = "https://webpki.github.io/sks/algorithm#"
D = "http://www.w3.org/2001/04/xmldsig-more#"
X = "http://www.w3.org/2001/04/xmlenc#"
CURVES = {"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1}


class Refused(Exception):
  """An answer with another status than 0."""

  def __init__(self, status, text):
    super().__init__(f"status {status}: {text}")
    self.status = status


# ---- bytes ----

def byte(number):
  return number.to_bytes(1, "big")


def short(number):
  return number.to_bytes(2, "big")


def uint(number):
  return number.to_bytes(4, "big")


def array(data):
  data = data.encode() if isinstance(data, str) else data
  return short(len(data)) + data


def arrays(*many):
  return b"".join(map(array, many))


def listed(many):
  return byte(len(many)) + arrays(*many)


def blob(data):
  return uint(len(data)) + data


class Answer:
  """Outputs, read from the front; end() wants that nothing is left."""

  def __init__(self, data):
    self.data = data

  def take(self, count):
    assert count <= len(self.data), "the answer is too short"
    taken, self.data = self.data[:count], self.data[count:]
    return taken

  def number(self, size):
    return int.from_bytes(self.take(size), "big")

  def flag(self):
    value = self.number(1)
    assert value < 2, "a bool is 0 or 1"
    return bool(value)

  def array(self):
    return self.take(self.number(2))

  def text(self):
    return self.array().decode()

  def blob(self):
    return self.take(self.number(4))

  def listed(self):
    return [self.array() for _ in range(self.number(1))]

  def end(self, value=None):
    assert not self.data, "the answer is too long"
    return value


class Store:
  """A connection to the bridge."""

  def __init__(self, path):
    self.socket = socket.socket(socket.AF_UNIX)
    self.socket.connect(path)

  def receive(self, count):
    data = b""
    while len(data) < count:
      more = self.socket.recv(count - len(data))
      assert more, "the connection was closed"
      data += more
    return data

  def call(self, method, *arguments):
    message = byte(method) + b"".join(arguments)
    self.socket.sendall(uint(len(message)) + message)
    answer = Answer(self.receive(int.from_bytes(self.receive(4), "big")))
    status = answer.number(1)
    if not status:
      return answer
    text = answer.text()
    assert 1 <= status <= 13 and 0 < len(text.encode()) <= 2000
    answer.end()
    raise Refused(status, text)

  def device(self):
    """Method 1."""
    out = self.call(1)
    info = {"level": out.number(2), "type": out.number(1), "url": out.text(),
            "vendor": out.text(), "description": out.text(), "path": out.listed(),
            "algorithms": [uri.decode() for uri in out.listed()], "data": out.number(4),
            "extension": out.number(4), "pin": out.flag(), "biometric": out.flag()}
    return out.end(info)

  def sessions(self, is_open):
    """Method 4, to its end."""
    found, handle = {}, 0
    while True:
      out = self.call(4, uint(handle), byte(is_open))
      handle = out.number(4)
      if not handle:
        return out.end(found)
      found[handle] = (out.text(), out.flag(), out.array(), out.number(4), out.number(4),
                       out.text(), out.text(), out.text())
      out.end()

  def keys(self):
    """Method 70, to its end: sessions by keys."""
    found, handle = {}, 0
    while True:
      out = self.call(70, uint(handle))
      handle, session = out.number(4), out.number(4)
      out.end()
      if not handle:
        return found
      found[handle] = session

  def attributes(self, key):
    """Method 71."""
    out = self.call(71, uint(key))
    return out.end([out.number(2), out.listed(), out.number(1), out.text(), out.listed(),
                    out.listed()])

  def protection(self, key):
    """Method 72: 19 numbers."""
    out = self.call(72, uint(key))
    return out.end([out.number(size) for size in
                    (1, 1, 2, 2, 1, 1, 1, 2, 1, 1, 2, 2, 1, 2, 1, 1, 1, 1, 1)])

  def extension(self, key, uri):
    """Method 73."""
    out = self.call(73, uint(key), array(uri))
    return out.end((out.number(1), out.text(), out.blob()))

  def use(self, method, key, uri, data, pin=b"", parameters=b"", biometric=False, mode=None):
    """Methods 100 to 104."""
    middle = b"" if mode is None else byte(mode)
    wide = method > 102
    out = self.call(method, uint(key), array(uri), middle, array(parameters), byte(biometric),
                    array(pin), blob(data) if wide else array(data))
    return out.end(out.blob() if method == 104 else out.array())

  def sign(self, key, pin=b"", **options):
    return self.use(100, key, D + "ecdsa-sha256", hashlib.sha256(b"text").digest(), pin, **options)

  def authorized(self, method, key, *secrets):
    """Methods 80 to 84."""
    out = self.call(method, uint(key), arrays(*secrets))
    return out.end(out.array() if method == 81 else None)


# ---- keys and certificates ----

def der_of(key):
  key = key.public_key() if hasattr(key, "public_key") else key
  return key.public_bytes(serialization.Encoding.DER,
                          serialization.PublicFormat.SubjectPublicKeyInfo)


def pkcs8(key):
  return key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
                           serialization.NoEncryption())


def raw_sign(key, data):
  """PKCS #1 with SHA-256, or ECDSA as r and s of fixed size."""
  if isinstance(key, rsa.RSAPrivateKey):
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
  size = (key.curve.key_size + 7) // 8
  return b"".join(number.to_bytes(size, "big") for number in
                  utils.decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256()))))


def is_signed(public, digest, signature, kind=hashes.SHA256):
  """Whether a hash is signed; a signature of another size is none."""
  try:
    if isinstance(public, rsa.RSAPublicKey):
      public.verify(signature, digest, padding.PKCS1v15(), utils.Prehashed(kind()))
      return True
    size = (public.curve.key_size + 7) // 8
    assert len(signature) == 2 * size, "r and s have a fixed size"
    r, s = (int.from_bytes(part, "big") for part in (signature[:size], signature[size:]))
    public.verify(utils.encode_dss_signature(r, s), digest, ec.ECDSA(utils.Prehashed(kind())))
    return True
  except InvalidSignature:
    return False


CA = ec.generate_private_key(ec.SECP256R1())


def certify(public, name="user", fill=0):
  """A certificate of a public key, DER; with @fill bytes more in it."""
  now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
  builder = x509.CertificateBuilder(
      x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer")]),
      x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), public,
      x509.random_serial_number(), now, now + datetime.timedelta(days=30))
  if fill:
    builder = builder.add_extension(x509.UnrecognizedExtension(
        x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), bytes(fill)), False)
  return builder.sign(CA, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def mac(key, data):
  return hmac.new(key, data, hashlib.sha256).digest()


class Key:
  """A key of an open session."""

  def __init__(self, handle, name, public):
    self.handle, self.name, self.der = handle, name, public
    self.public = serialization.load_der_public_key(public)
    assert der_of(self.public) == public, "the public key has no strict DER"
    self.certificate = b""


class Session:
  """Method 2, and those that need what it agreed on."""

  URI = "https://issuer.example.com/\u00e9"

  def __init__(self, store, privacy=False, curve="p256", limit=200, life=9000, kmk=None,
               certificate=b"\1\2\3"):
    self.store, self.privacy, self.counter, self.spoil = store, privacy, 0, None
    self.kmk = der_of(kmk) if kmk else b""
    server_id, own = "S-" + os.urandom(8).hex(), ec.generate_private_key(CURVES[curve]())
    now, path = int(time.time()), store.device()["path"]
    out = store.call(2, array(W + "session.1"), byte(privacy), arrays(server_id, der_of(own),
                     self.URI, self.kmk), uint(now), short(life), short(limit), array(certificate))
    client_id, client, attestation = out.text(), out.array(), out.array()
    self.handle = out.end(out.number(4))
    assert self.handle and 0 < len(client_id) <= 32
    self.device = b"Anonymous" if privacy else path[0]
    self.parties = arrays(client_id, server_id, self.URI)
    self.listed = (W + "session.1", privacy, self.kmk, now, life, server_id, client_id, self.URI)
    peer = serialization.load_der_public_key(client)
    parties = self.parties + array(self.device)
    self.key = mac(own.exchange(ec.ECDH(), peer), parties)
    text = parties + array(W + "session.1") + byte(privacy) + \
        arrays(der_of(own), client, self.kmk) + uint(now) + short(life) + short(limit) + \
        array(certificate)
    if privacy:
      assert attestation == mac(self.key, text)
    else:
      public = x509.load_der_x509_certificate(path[0]).public_key()
      assert is_signed(public, hashlib.sha256(text).digest(), attestation)

  def next(self, label, data):
    value = mac(self.key + label.encode() + short(self.counter), data)
    self.counter += 1
    return value

  def encrypt(self, data):
    vector, more = os.urandom(16), 16 - len(data) % 16
    cipher = Cipher(algorithms.AES(mac(self.key, b"EncryptionKey")), modes.CBC(vector)).encryptor()
    return vector + cipher.update(data + byte(more) * more) + cipher.finalize()

  def method(self, number, label, head, data, before=b"", sent=None):
    """Arguments are @head, @data (or what is @sent in its place) and the MAC, which covers
    @before and @data."""
    value = self.next(label, before + data)
    if self.spoil is not None:
      value = bytes([value[0] ^ self.spoil]) + value[1:]
    out = self.store.call(number, head, data if sent is None else sent, array(value))
    return out, value

  def puk(self, name, value, form=0, limit=3):
    data = arrays(name, self.encrypt(value)) + byte(form) + short(limit)
    out, _ = self.method(8, "createPUKPolicy", uint(self.handle), data)
    return (out.end(out.number(4)), name)

  def pin(self, name, puk=(0, ""), user=False, change=True, form=0, limit=3, group=0, patterns=0,
          low=4, high=8, way=0):
    tail = bytes([user, change, form]) + short(limit) + bytes([group, patterns]) + short(low) + \
        short(high) + byte(way)
    out, _ = self.method(9, "createPINPolicy", uint(self.handle), arrays(name, puk[1]) + tail,
                         sent=array(name) + uint(puk[0]) + tail)
    return (out.end(out.number(4)), name, user)

  def create(self, name, pin=(0, "", True), value=b"", algorithm="ec.nist.p256", parameters=b"",
             seed=b"", cached=False, biometric=0, export=3, delete=0, usage=3, friendly="",
             endorsed=(), entry=W + "key.1", device_pin=False):
    sent = value if pin[2] else self.encrypt(value)
    tail = bytes([biometric, export, delete, usage]) + arrays(friendly, W + algorithm, parameters)
    data = arrays(name, entry, seed, pin[1], b"" if pin[2] else sent) + \
        byte(device_pin) + byte(cached) + tail + arrays(*endorsed)
    wire = arrays(name, entry, seed) + byte(device_pin) + uint(pin[0]) + array(sent) + \
        byte(cached) + tail + listed(endorsed)
    out, value = self.method(10, "createKeyEntry", uint(self.handle), data, sent=wire)
    key = Key(out.number(4), name, out.array())
    attestation = out.end(out.array())
    assert attestation == self.next("DeviceAttestation", arrays(key.der, value))
    return key

  def path(self, key, *certificates):
    key.certificate = certificates[0] if certificates else b""
    out, _ = self.method(12, "setCertificatePath", uint(key.handle), arrays(*certificates),
                         arrays(key.der, key.name), listed(certificates))
    return out.end(key)

  def make(self, name, *pin, **options):
    """A key with its certificate."""
    key = self.create(name, *pin, **options)
    return self.path(key, certify(key.public))

  def bring(self, number, key, plain):
    """Methods 13 and 14."""
    label = {13: "importSymmetricKey", 14: "importPrivateKey"}[number]
    out, _ = self.method(number, label, uint(key.handle), array(self.encrypt(plain)),
                         array(key.certificate))
    out.end()

  def extend(self, key, uri, kind, content, qualifier=""):
    data = array(uri) + byte(kind) + array(qualifier) + \
        blob(self.encrypt(content) if kind == 1 else content)
    out, _ = self.method(15, "addExtension", uint(key.handle), data, array(key.certificate))
    out.end()

  def post(self, number, target, kmk, new=None):
    """Methods 50 to 53; @target is a key of a closed session."""
    label = {50: "postDeleteKey", 51: "postUnlockKey", 52: "postUpdateKey",
             53: "postCloneKeyProtection"}[number]
    proof = raw_sign(kmk, b"TargetKeyReference" + mac(self.key + self.device, target.certificate))
    out, _ = self.method(number, label, uint(new.handle if new else self.handle) +
                         uint(target.handle), array(proof), array(new.certificate) if new else b"")
    out.end()

  def close(self, nonce=None):
    nonce = os.urandom(32) if nonce is None else nonce
    out, _ = self.method(3, "closeProvisioningSession", uint(self.handle), array(nonce),
                         self.parties)
    assert out.end(out.array()) == self.next("DeviceAttestation", array(nonce))
