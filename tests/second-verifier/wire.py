#!/usr/bin/env python3
"""The wire vectors once more, computed from PROTOCOL.md alone (sections 1 to 4, 8, 9, 10, 12, 13, 15, 17).

    wire.py FOLDER    `what` and `agrees` for each value of FOLDER/protocol.json and FOLDER/crypt.json, one line of JSON each

Standard library and `cryptography` (Ed25519, ChaCha20-Poly1305). HChaCha20 (draft-irtf-cfrg-xchacha) is here. Not computed: the sealed
envelope and the X-Wing key, for that package has no X-Wing; of the envelope the info and the padding are.
"""
import base64, hashlib, hmac, json, struct, sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

BYTES = bytes.fromhex
LOG, INBOX, VERSION = b"\1", b"\2", b"\1"


def tell(what, computed, vector): print(json.dumps({"what": what, "agrees": computed == vector}))
def sha256(data): return hashlib.sha256(data).digest()
def msg(label, *parts): return bytes([len(label)]) + label.encode() + b"".join(struct.pack(">I", len(p)) + p for p in parts)
def h(label, *parts): return sha256(msg(label, *parts))
def mac(key, label, *parts): return hmac.new(key, msg(label, *parts), hashlib.sha256).digest()
def signer(seed): return Ed25519PrivateKey.from_private_bytes(BYTES(seed))


def text_of(note): return note[: note.rindex("\n\n") + 1].encode()


def signed(text, name, seed):
    key = signer(seed)
    key_id = sha256(name.encode() + b"\n\1" + key.public_key().public_bytes_raw())[:4]
    return f"{text.decode()}\n— {name} {base64.b64encode(key_id + key.sign(text)).decode()}\n"


def hchacha20(key, nonce):
    s = list(struct.unpack("<16I", b"expand 32-byte k" + key + nonce))

    def step(a, b, c, by):
        s[a] = (s[a] + s[b]) & 0xFFFFFFFF
        x = s[c] ^ s[a]
        s[c] = ((x << by) | (x >> (32 - by))) & 0xFFFFFFFF

    rounds = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]
    for _ in range(10):
        for a, b, c, d in rounds:
            step(a, b, d, 16), step(c, d, b, 12), step(a, b, d, 8), step(c, d, b, 7)
    return struct.pack("<8I", *s[:4], *s[12:])


def xchacha(key, nonce, aad, plain):
    return ChaCha20Poly1305(hchacha20(key, nonce[:16])).encrypt(bytes(4) + nonce[16:], plain, aad)


def padme(length):
    if length <= 512: return 512
    e = length.bit_length() - 1
    step = 1 << (e - e.bit_length())
    return -(-length // step) * step


def fill(plain): return plain + bytes(padme(len(plain)) - len(plain))


def protocol(v):
    e, a, c = v["encoding"], v["accounts"], v["channels"]
    parts = [BYTES(p) for p in e["parts"]]
    tell("msg", msg(e["label"], *parts).hex(), e["msg"])
    tell("h", h(e["label"], *parts).hex(), e["h"])
    for name, pair in v["hashes"].items():
        tell(f"hash of a {name}", h(f"lacre {name} v1", BYTES(pair["value"])).hex(), pair["hash"])
    append, read = (h("lacre token v1", BYTES(c[k])) for k in ("append_token", "read_token"))
    tell("log", h("lacre log v1", LOG, append, read).hex(), c["log"])
    tell("inbox", h("lacre inbox v1", INBOX, read).hex(), c["inbox"])

    state_0, state_1 = text_of(a["state_0"]), text_of(a["state_1"])
    before = h("lacre state hash v1", state_0).hex()
    seal = state_0.decode().split("seal 0001 ")[1].split("\n")[0]
    tell("state 0", signed(state_0, "lacre-device", a["device_seed"]), a["state_0"])
    tell("account", h("lacre account id v1", state_0).hex(), a["account"])
    tell("hash of state 0", before, a["hash_of_state_0"])
    tell("previous", state_1.decode().split("\n")[2], f"previous {before}")
    tell("seal line", base64.b64decode(seal, validate=True).hex(), a["seal_public"])
    tell("binding", signed(text_of(a["binding"]), "lacre-registrar", a["registrar_seed"]), a["binding"])
    r = v["receipt"]
    tell("receipt", signed(text_of(r["receipt"]), "lacre-relay", r["relay_seed"]), r["receipt"])

    to = v["addresses"]
    identity = base64.urlsafe_b64encode(BYTES(to["identity"])).decode().rstrip("=")
    code = base64.b32encode(BYTES(to["code"])).decode().rstrip("=").lower()
    tell("relay", f"lacre://relay.example.org:7443/{identity}", to["relay"])
    tell("invitation", f"{to['relay']}/{code}", to["invitation"])
    run, own = v["run"], v["own_entries"]
    tell("run", mac(BYTES(run["key"]), "lacre run v1", run["canonical"].encode()).hex(), run["hash"])
    for n, entry_id in enumerate(own["ids_from_0"]):
        id_ = mac(BYTES(own["profile_secret"]), "lacre entry id v1", BYTES(own["channel"]), struct.pack(">Q", n))[:16]
        tell(f"own entry {n}", id_.hex(), entry_id)

    s, sealed = v["statements"], v["envelope_seal"]
    for name, fields, body in (
        ("login", ("identity", "account", "device", "challenge"), None),
        ("envelope", ("recipient_account", "recipient_device", "envelope"), "body"),
        ("content", ("account", "device", "group_id", "channel", "entry_id"), "content"),
    ):
        parts = [BYTES(s[name][f]) for f in fields] + ([sha256(BYTES(s[name][body]))] if body else [])
        statement = msg(f"lacre {name} v1", *parts)
        tell(f"{name} statement", statement.hex(), s[name]["statement"])
        tell(f"{name} signature", signer(s["device_seed"]).sign(statement).hex(), s[name]["signature"])
    tell("envelope info", msg("lacre envelope seal v1", struct.pack(">H", 1)).hex(), sealed["info"])
    tell("envelope padding", padme(4 + len(BYTES(sealed["message"]))), sealed["padded_length"])
    tell("envelope size", len(BYTES(sealed["sealed"])), 2 + 1120 + sealed["padded_length"] + 16)


def crypt(v):
    for p in v["padme"]:
        tell(f"padme of {p['length']}", padme(p["length"]), p["class"])
    e, b = v["entry"], v["blob"]
    secret, entry_id = BYTES(e["export_secret"]), BYTES(e["entry_id"])
    append, read, key = secret[:32], secret[32:64], secret[64:]
    channel = h("lacre log v1", LOG, h("lacre token v1", append), h("lacre token v1", read))
    tell("channel of an epoch", channel.hex(), e["channel"])
    for one in e["entries"]:
        message, seal = BYTES(one["message"]), bytes([one["seal"]])
        nonce = mac(key, "lacre nonce v1", bytes(range(32)), channel, entry_id, seal, message)[:24]
        aad = msg("lacre entry v1", channel, entry_id, seal)
        entry = VERSION + nonce + xchacha(key, nonce, aad, fill(struct.pack(">I", len(message)) + message))
        tell(f"entry of {len(message)} bytes", entry.hex(), one["entry"])
    for one in b["blobs"]:
        length = one["content_length"]
        plain = fill(struct.pack(">Q", length) + bytes(n % 251 for n in range(length)))
        chunks = [plain[i : i + 65536] for i in range(0, len(plain), 65536)]
        blob = VERSION + (prefix := BYTES(b["nonce_prefix"]))
        for i, chunk in enumerate(chunks):
            nonce = prefix + struct.pack(">Q", 2 * i + (i == len(chunks) - 1))
            blob += xchacha(BYTES(b["key"]), nonce, msg("lacre blob v1", VERSION), chunk)
        tell(f"blob of {length} bytes", [len(blob), sha256(blob).hex()], [one["size"], one["sha256"]])


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    protocol(json.loads((folder / "protocol.json").read_text(encoding="utf-8")))
    crypt(json.loads((folder / "crypt.json").read_text(encoding="utf-8")))
