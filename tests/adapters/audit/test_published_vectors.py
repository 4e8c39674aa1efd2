"""A3: our hashes, proofs and signatures are those that the standards publish."""

from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.audit.merkle import TILE, Nodes, levels_above
from adapters.audit.verifier import Frontier, folded, is_consistent, is_signed

LEAVES = [
    bytes.fromhex(one)
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
"""The leaves of Certificate Transparency's reference tests, and the roots of 1, 2, … of them."""
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CONSISTENCY = {
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
PATH_OF_SIXTH_IN_8 = [
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]
SIGNED = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
            "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
            "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
            "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]
"""RFC 8032, 7.1: private key, message, signature."""


def hashed(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def grown(leaves: list[bytes]) -> Frontier:
    tree = Frontier()
    for leaf in leaves:
        tree.add(leaf)
    return tree


def nodes_over(leaves: list[bytes]) -> Nodes:
    tiles = [leaves[at : at + TILE] for at in range(0, len(leaves), TILE)]
    roots = [levels_above(tile)[-1][0] for tile in tiles if len(tile) == TILE]
    return Nodes(roots, lambda number: b"".join(tiles[number]))


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_the_published_ones(size: int) -> None:
    assert grown([hashed(leaf) for leaf in LEAVES[:size]]).root().hex() == ROOTS[size - 1]
    assert Frontier().root() == sha256().digest()


@pytest.mark.parametrize("sizes", CONSISTENCY)
def test_proofs_of_consistency_are_the_published_ones(sizes: tuple[int, int]) -> None:
    first, second = sizes
    proof = nodes_over([hashed(leaf) for leaf in LEAVES]).consistency(first, second)
    assert [one.hex() for one in proof] == CONSISTENCY[sizes]
    roots = [(size, bytes.fromhex(ROOTS[size - 1])) for size in sizes]
    assert is_consistent(roots[0], roots[1], proof)


def test_what_is_left_out_around_an_event_is_its_published_inclusion_path() -> None:
    nodes = nodes_over([hashed(leaf) for leaf in LEAVES])
    around = [*nodes.cover(0, 5), *nodes.cover(6, 8)]
    assert {one.hex() for one in around} == set(PATH_OF_SIXTH_IN_8)


@given(st.integers(1, 700), st.data())
@settings(max_examples=60, deadline=None)
def test_any_beginning_is_proved_and_nothing_else_is(second: int, data: st.DataObject) -> None:
    leaves = [hashed(f"{n}".encode()) for n in range(second)]
    first = data.draw(st.integers(1, second))
    nodes, old, new = nodes_over(leaves), grown(leaves[:first]).root(), grown(leaves).root()
    proof = nodes.consistency(first, second)
    assert is_consistent((first, old), (second, new), proof)
    assert not is_consistent((first, hashed(b"x")), (second, new), proof)
    assert not is_consistent((first, old), (second, hashed(b"x")), proof)
    if proof:
        assert not is_consistent((first, old), (second, new), proof[:-1])
    start = data.draw(st.integers(0, second - 1))
    tree = Frontier()
    for leaf in leaves[:start]:
        tree.add(leaf)
    assert folded([*tree.peaks]) == grown(leaves[:start]).root()
    assert nodes.root(0, second) == new


@pytest.mark.parametrize(("private", "message", "signature"), SIGNED)
def test_signatures_are_those_of_rfc_8032(private: str, message: str, signature: str) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private))
    public, told = key.public_key().public_bytes_raw(), bytes.fromhex(message)
    given_signature = bytes.fromhex(signature)
    assert key.sign(told) == given_signature
    assert is_signed(public, told, given_signature)
    assert not is_signed(public, told + b"x", given_signature)


@given(st.binary(max_size=80), st.integers(0, 511))
@settings(max_examples=25, deadline=None)
def test_a_signature_with_any_bit_changed_is_none(message: bytes, bit: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(b"7" * 32)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert is_signed(public, message, signature)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert not is_signed(public, message, bytes(changed))
