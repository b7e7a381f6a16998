# SPDX-License-Identifier: LGPL-2.1-or-later
"""An issuer of SKS in another language than the store's, which only has `uksctl sks` to
reach it. It computes by Python's HMAC and by libcrypto, and believes nothing."""

import functools
import hashlib
import hmac
import json
import os
import pwd
import re
import subprocess
import time

from libcrypto import cbc, certificate_of, ec_key, verify

URI = "https://webpki.github.io/sks/algorithm#"
DSIG = "http://www.w3.org/2001/04/xmldsig-more#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
ISSUER = "https://issuer.example.com/enrol"


class Refused(Exception):
  """uksctl ended with another status than 0."""

  def __init__(self, status, text):
    super().__init__(f"status {status}: {text}")
    self.status = status
    self.text = text


def openssl(*words, data=None):
  return subprocess.run(["openssl", *words], input=data, capture_output=True, check=True).stdout


def as_user(user):
  entry = pwd.getpwnam(user)
  return {"user": entry.pw_uid, "group": entry.pw_gid,
          "extra_groups": os.getgrouplist(user, entry.pw_gid)}


def secret_fd(text):
  """A PIN or PUK goes through a pipe, never through an argument."""
  read, write = os.pipe()
  os.write(write, text + b"\n")
  os.close(write)
  return read


def uksctl(*words, data=b"", user="alice", **secrets):
  """Secrets: pin_fd=b"1234", puk_fd, new_pin_fd. Returns what uksctl writes."""
  words, fds = ["uksctl", "sks", *map(str, words)], []
  for name, value in secrets.items():
    fds.append(secret_fd(value))
    words += ["--" + name.replace("_", "-"), str(fds[-1])]
  done = subprocess.run(words, input=data, capture_output=True, pass_fds=fds, check=False,
                        **as_user(user))
  for fd in fds:
    os.close(fd)
  if done.returncode:
    raise Refused(done.returncode, done.stderr.decode())
  return done.stdout


def tell(*words, **options):
  """The same with --json."""
  return json.loads(uksctl(*words, "--json", **options))


def prefixed(data, size=2):
  data = data.encode() if isinstance(data, str) else data
  return len(data).to_bytes(size, "big") + data


def hexes(value):
  """Bytes as digits, wherever they are."""
  if isinstance(value, bytes):
    return value.hex()
  if isinstance(value, list):
    return [hexes(entry) for entry in value]
  return value


def mac(key, data):
  return hmac.new(key, data, hashlib.sha256).digest()


def subject(text):
  return re.search(r"CN ?= ?(\S+)", text).group(1)


# ---- a session ----

KEYS = {}


def own_key(name):
  """The issuer's keys, each made once; curves have a key of their name."""
  if name not in KEYS:
    KEYS[name] = ec_key(name if name.startswith(("P-", "secp")) else "P-256")
  return KEYS[name]


@functools.cache
def device_certificate():
  return openssl("x509", "-outform", "DER", data=uksctl("info", "--cert"))


class Session:
  """A provisioning session; each method is one of SKS, with the MACs it needs."""

  def __init__(self, privacy=False, curve="P-256", limit=1000, life=10000, kmk=None):
    self.server_id = "S-" + os.urandom(8).hex()
    self.privacy, self.counter, self.flip = privacy, 0, None
    self.own = own_key(curve).spki()
    self.kmk = own_key(kmk).spki() if kmk else b""
    self.limit, self.life = limit, life
    self.keys = {}
    self.time = int(time.time())
    device = device_certificate()
    self.device = b"Anonymous" if privacy else device
    opened = tell("session", "open", data=json.dumps({
        "privacyEnabled": privacy, "serverSessionId": self.server_id,
        "serverEphemeralKey": self.own.hex(), "issuerUri": ISSUER,
        "keyManagementKey": self.kmk.hex(), "clientTime": self.time, "sessionLifeTime": life,
        "sessionKeyLimit": limit, "serverCertificate": "010203"}).encode())
    self.handle = opened["provisioningHandle"]
    self.client_id = opened["clientSessionId"]
    self.agree(curve, bytes.fromhex(opened["clientEphemeralKey"]))
    attestation = bytes.fromhex(opened["attestation"])
    if privacy:
      assert attestation == mac(self.key, self.attested)
    else:
      assert verify(device, self.attested, attestation), "the attestation is wrong"

  def agree(self, curve, client):
    z = own_key(curve).agree(client)
    parties = b"".join(map(prefixed, (self.client_id, self.server_id, ISSUER, self.device)))
    self.key = mac(z, parties)
    self.attested = parties + prefixed(URI + "session.1") + bytes([self.privacy]) + \
        b"".join(map(prefixed, (self.own, client, self.kmk))) + \
        self.time.to_bytes(4, "big") + self.life.to_bytes(2, "big") + \
        self.limit.to_bytes(2, "big") + prefixed(b"\1\2\3")

  def next_mac(self, label, data):
    key = self.key + label.encode() + self.counter.to_bytes(2, "big")
    self.counter += 1
    return mac(key, data)

  def encrypt(self, data):
    vector = os.urandom(16)
    return vector + cbc(True, mac(self.key, b"EncryptionKey"), vector, data)

  def call(self, *words, args, label, data, **options):
    """A method whose arguments have a MAC; flip changes one bit of it."""
    code = bytearray(self.next_mac(label, data))
    if self.flip is not None:
      code[self.flip // 8] ^= 1 << self.flip % 8
    args = {name: hexes(value) for name, value in args.items()} | {"mac": code.hex()}
    written = uksctl(*words, data=json.dumps(args).encode(), **options)
    return json.loads(written) if written else None

  def puk(self, value, limit=3, name="PUK"):
    args = {"id": name, "encryptedPuk": self.encrypt(value), "format": "numeric",
            "retryLimit": limit}
    data = prefixed(name) + prefixed(args["encryptedPuk"]) + b"\0" + limit.to_bytes(2, "big")
    return self.call("puk", "create", self.handle, "--json", args=args, label="createPUKPolicy",
                     data=data)["pukPolicyHandle"]

  def pin(self, puk=0, user=False, modifiable=True, limit=3, grouping=0, patterns=0, low=4,
          high=8, form=0, name="PIN"):
    args = {"id": name, "pukPolicyHandle": puk, "userDefined": user,
            "userModifiable": modifiable, "format": form, "retryLimit": limit,
            "grouping": grouping, "patternRestrictions": patterns, "minLength": low,
            "maxLength": high, "inputMethod": "any"}
    data = prefixed(name) + prefixed("PUK" if puk else "") + \
        bytes([user, modifiable, form]) + limit.to_bytes(2, "big") + \
        bytes([grouping, patterns]) + low.to_bytes(2, "big") + high.to_bytes(2, "big") + b"\0"
    handle = self.call("pin", "create", self.handle, "--json", args=args,
                       label="createPINPolicy", data=data)["pinPolicyHandle"]
    return (handle, name, user)

  def create(self, name, pin=None, value=b"", biometric=0, export=3, delete=0, usage=1,
             algorithm="ec.nist.p256", endorsed=(), parameters=b""):
    handle, policy, user = pin or (0, "", True)
    sent = value if user else self.encrypt(value)
    args = {"id": name, "serverSeed": b"seed", "pinPolicyHandle": handle,
            "biometricProtection": biometric, "exportProtection": export,
            "deleteProtection": delete, "appUsage": usage, "friendlyName": "Key " + name,
            "keyAlgorithm": URI + algorithm, "keyParameters": parameters,
            "endorsedAlgorithms": list(endorsed)}
    options = {"new_pin_fd": value} if pin and user else {}
    if not options:
      args["pinValue"] = sent
    data = b"".join(map(prefixed, (name, URI + "key.1", b"seed", policy,
                                   b"" if user else sent))) + \
        bytes([0, 0, biometric, export, delete, usage]) + prefixed("Key " + name) + \
        prefixed(URI + algorithm) + prefixed(parameters) + b"".join(map(prefixed, endorsed))
    made = self.call("key", "create", self.handle, "--json", args=args, label="createKeyEntry",
                     data=data, **options)
    public = bytes.fromhex(made["publicKey"])
    said = self.last_mac_of(data)
    right = self.next_mac("DeviceAttestation", prefixed(public) + prefixed(said))
    assert made["attestation"] == right.hex(), "the attestation of the key is wrong"
    self.keys[made["keyHandle"]] = [name, public, None]
    return made["keyHandle"]

  def last_mac_of(self, data):
    return mac(self.key + b"createKeyEntry" + (self.counter - 1).to_bytes(2, "big"), data)

  def certify(self, key, certificate=None):
    name, public, _ = self.keys[key]
    certificate = certificate or certificate_of(own_key("ca"), public, name)
    self.keys[key][2] = certificate
    self.call("key", "certify", key, args={"certificatePath": [certificate]},
              label="setCertificatePath",
              data=prefixed(public) + prefixed(name) + prefixed(certificate))
    return certificate

  def bring(self, key, what, secret):
    sent = self.encrypt(secret)
    label = "importSymmetricKey" if what == "secret" else "importPrivateKey"
    self.call("key", "import-" + what, key, args={"encryptedKey": sent}, label=label,
              data=prefixed(self.keys[key][2]) + prefixed(sent))

  def extend(self, key, kind, content, tag, qualifier=""):
    sent = self.encrypt(content) if kind == 1 else content
    data = prefixed(self.keys[key][2]) + prefixed(tag) + bytes([kind]) + prefixed(qualifier) + \
        prefixed(sent, 4)
    self.call("key", "extend", key, label="addExtension", data=data,
              args={"type": tag, "subType": kind, "qualifier": qualifier,
                    "extensionData": sent})

  def post(self, what, target, certificate, kmk, new=None):
    """delete, unlock, update or clone a key of a closed session, which has a certificate."""
    reference = b"TargetKeyReference" + mac(self.key + self.device, certificate)
    signature = own_key(kmk).sign(reference)
    label = {"delete": "postDeleteKey", "unlock": "postUnlockKey", "update": "postUpdateKey",
             "clone": "postCloneKeyProtection"}[what]
    data = prefixed(self.keys[new][2]) if new else b""
    self.call("post", what, new or self.handle, target, args={"authorization": signature},
              label=label, data=data + prefixed(signature))

  def close(self):
    nonce = os.urandom(32)
    data = b"".join(map(prefixed, (self.client_id, self.server_id, ISSUER, nonce)))
    said = self.call("session", "close", self.handle, "--json", args={"nonce": nonce},
                     label="closeProvisioningSession", data=data)
    right = self.next_mac("DeviceAttestation", prefixed(nonce))
    assert said["attestation"] == right.hex(), "the attestation of the session is wrong"

