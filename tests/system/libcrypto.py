# SPDX-License-Identifier: LGPL-2.1-or-later
"""Of OpenSSL's libcrypto what an issuer needs, called in this process: to run the openssl
command for each step would take minutes in the VM."""

import base64
import ctypes
import os

_C = ctypes.CDLL("libcrypto.so.3")
_P, _I, _Z = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t


def _function(name, result, *arguments):
  found = getattr(_C, name)
  found.restype, found.argtypes = result, arguments or None
  return found


_keygen = _function("EVP_PKEY_Q_keygen", _P)
_d2i_public = _function("d2i_PUBKEY", _P, _P, _P, ctypes.c_long)
_i2d_public = _function("i2d_PUBKEY", _I, _P, _P)
_i2d_private = _function("i2d_PrivateKey", _I, _P, _P)
_to_pkcs8 = _function("EVP_PKEY2PKCS8", _P, _P)
_i2d_pkcs8 = _function("i2d_PKCS8_PRIV_KEY_INFO", _I, _P, _P)
_d2i_x509 = _function("d2i_X509", _P, _P, _P, ctypes.c_long)
_i2d_x509 = _function("i2d_X509", _I, _P, _P)
_x509_key = _function("X509_get_pubkey", _P, _P)
_is_a = _function("EVP_PKEY_is_a", _I, _P, ctypes.c_char_p)
_md = _function("EVP_get_digestbyname", _P, ctypes.c_char_p)
_ctx_new = _function("EVP_PKEY_CTX_new", _P, _P, _P)
_derive_init = _function("EVP_PKEY_derive_init", _I, _P)
_set_peer = _function("EVP_PKEY_derive_set_peer", _I, _P, _P)
_derive = _function("EVP_PKEY_derive", _I, _P, _P, _P)
_md_ctx = _function("EVP_MD_CTX_new", _P)
_sign_init = _function("EVP_DigestSignInit", _I, _P, _P, _P, _P, _P)
_sign = _function("EVP_DigestSign", _I, _P, _P, _P, _P, _Z)
_verify_init = _function("EVP_DigestVerifyInit", _I, _P, _P, _P, _P, _P)
_verify = _function("EVP_DigestVerify", _I, _P, _P, _Z, _P, _Z)
_cipher_ctx = _function("EVP_CIPHER_CTX_new", _P)
_aes = _function("EVP_aes_256_cbc", _P)
_crypt_init = _function("EVP_CipherInit_ex", _I, _P, _P, _P, _P, _P, _I)
_crypt = _function("EVP_CipherUpdate", _I, _P, _P, _P, _P, _I)
_crypt_final = _function("EVP_CipherFinal_ex", _I, _P, _P, _P)
_x509_new = _function("X509_new", _P)
_serial = _function("X509_get_serialNumber", _P, _P)
_set_number = _function("ASN1_INTEGER_set_uint64", _I, _P, ctypes.c_uint64)
_not_before = _function("X509_getm_notBefore", _P, _P)
_not_after = _function("X509_getm_notAfter", _P, _P)
_time = _function("X509_gmtime_adj", _P, _P, ctypes.c_long)
_subject = _function("X509_get_subject_name", _P, _P)
_set_issuer = _function("X509_set_issuer_name", _I, _P, _P)
_add_entry = _function("X509_NAME_add_entry_by_txt", _I, _P, ctypes.c_char_p, _I,
                       ctypes.c_char_p, _I, _I, _I)
_set_key = _function("X509_set_pubkey", _I, _P, _P)
_sign_x509 = _function("X509_sign", _I, _P, _P, _P)


def _must(done):
  if not done or (isinstance(done, int) and done < 0):
    raise RuntimeError("OpenSSL failed")
  return done


def _der(write, value):
  room = ctypes.create_string_buffer(_must(write(value, None)))
  at = ctypes.cast(room, _P)
  write(value, ctypes.byref(at))
  return room.raw


def _read(parse, der):
  room = ctypes.create_string_buffer(der, len(der))
  at = ctypes.cast(room, _P)
  return _must(parse(None, ctypes.byref(at), len(der)))


def _number(value):
  raw = value.to_bytes(value.bit_length() // 8 + 1, "big")
  return b"\x02" + bytes([len(raw)]) + raw


def to_der(raw):
  """r and s of ECDSA as OpenSSL wants them."""
  half = len(raw) // 2
  body = b"".join(_number(int.from_bytes(part, "big")) for part in (raw[:half], raw[half:]))
  return b"\x30" + (b"\x81" if len(body) > 127 else b"") + bytes([len(body)]) + body


def to_raw(der, size=32):
  at, parts = 3 if der[1] & 0x80 else 2, b""
  for _ in range(2):
    length = der[at + 1]
    parts += int.from_bytes(der[at + 2:at + 2 + length], "big").to_bytes(size, "big")
    at += 2 + length
  return parts


def to_pem(der, what="PUBLIC KEY"):
  text = base64.encodebytes(der).replace(b"\n", b"")
  lines = b"".join(text[i:i + 64] + b"\n" for i in range(0, len(text), 64))
  return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (what.encode(), lines, what.encode())


class Key:
  """A pair of keys."""

  def __init__(self, pkey):
    self.pkey = _must(pkey)

  def spki(self):
    return _der(_i2d_public, self.pkey)

  def pkcs8(self):
    return _der(_i2d_pkcs8, _must(_to_pkcs8(self.pkey)))

  def agree(self, peer):
    ctx = _must(_ctx_new(self.pkey, None))
    room, size = ctypes.create_string_buffer(128), _Z(128)
    _must(_derive_init(ctx) == 1 and _set_peer(ctx, _read(_d2i_public, peer)) == 1 and
          _derive(ctx, room, ctypes.byref(size)) == 1)
    return room.raw[:size.value]

  def sign(self, data):
    """ECDSA with SHA-256, r and s."""
    ctx = _must(_md_ctx())
    room, size = ctypes.create_string_buffer(512), _Z(512)
    _must(_sign_init(ctx, None, _md(b"sha256"), None, self.pkey) == 1 and
          _sign(ctx, room, ctypes.byref(size), data, len(data)) == 1)
    return to_raw(room.raw[:size.value])


def ec_key(curve):
  return Key(_keygen(None, None, b"EC", ctypes.c_char_p(curve.encode())))


def rsa_key(bits):
  return Key(_keygen(None, None, b"RSA", _Z(bits)))


def verify(certificate, data, signature, digest="sha256"):
  """Whether the certificate's key has signed; ECDSA as r and s."""
  pkey = _must(_x509_key(_read(_d2i_x509, certificate)))
  if _is_a(pkey, b"EC"):
    signature = to_der(signature)
  ctx = _must(_md_ctx())
  _must(_verify_init(ctx, None, _md(digest.encode()), None, pkey) == 1)
  return _verify(ctx, signature, len(signature), data, len(data)) == 1


def certificate_key(certificate):
  """The public key of a certificate, DER."""
  return _der(_i2d_public, _must(_x509_key(_read(_d2i_x509, certificate))))


def cbc(encrypt, key, vector, data):
  """AES-256-CBC with PKCS #7."""
  ctx, room = _must(_cipher_ctx()), ctypes.create_string_buffer(len(data) + 32)
  first, last = _I(), _I()
  _must(_crypt_init(ctx, _aes(), None, key, vector, encrypt) == 1 and
        _crypt(ctx, room, ctypes.byref(first), data, len(data)) == 1)
  _must(_crypt_final(ctx, ctypes.byref(room, first.value), ctypes.byref(last)) == 1)
  return room.raw[:first.value + last.value]


def certificate_of(ca, public, name):
  """A certificate of a public key (DER), by the key of an authority."""
  x509 = _must(_x509_new())
  _must(_set_number(_serial(x509), int.from_bytes(os.urandom(7), "big")))
  _must(_time(_not_before(x509), -3600) and _time(_not_after(x509), 30 * 86400))
  _must(_add_entry(_subject(x509), b"CN", 0x1000, name.encode(), -1, -1, 0))
  _must(_set_issuer(x509, _subject(x509)) and _set_key(x509, _read(_d2i_public, public)))
  _must(_sign_x509(x509, ca.pkey, _md(b"sha256")))
  return _der(_i2d_x509, x509)
