# SPDX-License-Identifier: LGPL-2.1-or-later
"""The key that tests/system/marker.c imports, and the plaintext it encrypts."""

PLAINTEXT = b"the plaintext that no netlink socket carries"


def marker():
  state, key = 0x756b7331, bytearray()
  for _ in range(32):
    state = (state * 1664525 + 1013904223) & 0xffffffff
    key.append(state >> 24)
  return bytes(key)


def occurrences(data, needle, start=0):
  at = data.find(needle, start)
  while at >= 0:
    yield at
    at = data.find(needle, at + 1)
