#!/usr/bin/env python3
"""A second verifier of Lacre's evidence, written from audit/FORMAT.md alone.

    verify.py BUNDLE [TRUST [HEADS]]  one verdict as JSON; BUNDLE may be a file of head notes, too; exit 0 VALID, 1 INVALID, 2 usage, 3 could not read, 4 INCOMPLETE
    verify.py --vectors FOLDER    a verdict for each vector of FOLDER/index.json, one line of JSON each
    verify.py --clock FILE        the dates of each clock vector, one line of JSON each

Standard library and `cryptography` (Ed25519, X25519, ChaCha20-Poly1305). That package encapsulates with randomness of its own only,
so ML-KEM-768 encapsulation with given randomness (FIPS 203) is here: it is fast enough and holds no secret of this program.
"""
import base64, hashlib, hmac, ipaddress, json, re, sys
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

DATA = Path(__file__).resolve().parents[2] / "audit/evidence/src/clock/data"
SKEW, HOUR = timedelta(seconds=60), timedelta(hours=1)
FIRST_TIME, LAST_TIME = datetime(1970, 1, 1), datetime(9999, 12, 30, 22)
REMEMBERED = timedelta(days=730)
MAX_BUNDLE, MAX_TRUST, MAX_HEADS = 256 << 20, 1 << 16, 64 << 20


class Stop(Exception):
    def __init__(self, verdict, code, part=""):
        self.verdict, self.code, self.part = verdict, code, part


def invalid(code, part=""): return Stop("INVALID", code, part)
def incomplete(code, part=""): return Stop("INCOMPLETE", code, part)
def ensure(ok, code, part=""):
    if not ok: raise invalid(code, part)


# ---- 1. primitives ----
def sha(data): return hashlib.sha256(data).digest()
def be(n, size=4): return n.to_bytes(size, "big")
def msg(label, *parts): return bytes([len(label)]) + label.encode() + b"".join(be(len(p)) + p for p in parts)
def h(label, *parts): return sha(msg(label, *parts))
def hkdf_expand(key, info, n):
    out, block = b"", b""
    for i in range(1, -(-n // 32) + 1):
        block = hmac.digest(key, block + info + bytes([i]), "sha256")
        out += block
    return out[:n]
def expand(key, n, label, *parts): return hkdf_expand(key, msg(label, *parts), n)
def b64(text):
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text: raise ValueError
    return raw
def hexa(n): return lambda v: bytes.fromhex(v) if re.fullmatch(f"[0-9a-f]{{{2 * n}}}", v) else bad()
def bad(): raise ValueError
def number(v): return int(v) if re.fullmatch("0|[1-9][0-9]{0,19}", v) and int(v) < 2 ** 64 else bad()
def when(v):
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z", v): bad()
    t = datetime.strptime(v, "%Y-%m-%dT%H:%M:%S.%fZ")
    return t if FIRST_TIME <= t <= LAST_TIME else bad()
def white(c): return c.isspace() and not "\x1c" <= c <= "\x1f"
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
def text(n): return lambda v: v if len(v.encode()) <= n and not white(v[0]) and not white(v[-1]) else bad()
def code(v): return v if re.fullmatch("[A-Z0-9-]{2,16}", v) else bad()
P = 2 ** 255 - 19
D = -121665 * pow(121666, -1, P) % P
ORDER_8 = int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little")
SMALL = (0, 1, P - 1, ORDER_8, P - ORDER_8)
def y_of(point): return int.from_bytes(point, "little") & 2 ** 255 - 1
def good_point(point):
    y = y_of(point)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P)
    return y < P and y not in SMALL and pow(square, (P - 1) // 2, P) == 1
def ed25519(v):
    key = hexa(32)(v.removeprefix("ed25519 ")) if v.startswith("ed25519 ") else bad()
    return key if good_point(key) else bad()
def address(v):
    m = re.fullmatch(r"lacre://([a-z0-9.-]{1,253}|\[([0-9a-f:.]+)\]):([1-9][0-9]{0,4})/([A-Za-z0-9_-]{43})", v) or bad()
    if m[2]: ipaddress.IPv6Address(m[2])
    identity = base64.urlsafe_b64decode(m[4] + "=")
    if int(m[3]) > 65535 or base64.urlsafe_b64encode(identity).decode().rstrip("=") != m[4]: bad()
    return v, identity
def run(v):
    m = re.fullmatch("([1-9][0-9]{0,8})-([0-9K])", v) or bad()
    total = sum(int(d) * (2 + i % 6) for i, d in enumerate(reversed(m[1])))
    return v if "0123456789K0"[11 - total % 11] == m[2] else bad()
def place(v):
    zone, comuna = v.split(" ")
    if zone not in ("America/Santiago", "America/Coyhaique", "America/Punta_Arenas", "Pacific/Easter"): bad()
    if comuna != "none" and f"\ncomuna {comuna} " not in COMUNAS: bad()
    return zone, None if comuna == "none" else comuna
def xwing_key(v):
    key = b64(v.removeprefix("0001 ")) if v.startswith("0001 ") else bad()
    return key if len(key) == 1216 and all(x < Q for i in range(3) for x in unpack(key[384 * i:384 * i + 384], 12)) else bad()
def one_of(*values): return lambda v: v if v in values else bad()
def or_none(form): return lambda v: None if v == "none" else form(v)
def pair(*forms):
    def read(v):
        words = v.split(" ", len(forms) - 1)
        return tuple(f(w) for f, w in zip(forms, words, strict=True))
    return read


class Lines:
    """The lines of a text, one after the other."""
    def __init__(self, body, first):
        self.rest = body.split("\n")
        if self.rest.pop() != "" or self.rest.pop(0) != first: bad()
    def has(self, key): return bool(self.rest) and self.rest[0].startswith(key + " ")
    def get(self, key, form):
        if not self.has(key): bad()
        return form(self.rest.pop(0)[len(key) + 1:])
    def many(self, key, form, most):
        out = []
        while self.has(key) and len(out) < most: out.append(self.get(key, form))
        return out
    def fields(self, **forms): return {k: self.get(k.rstrip("_"), f) for k, f in forms.items()}
    def end(self):
        if self.rest: bad()


class Note:
    def __init__(self, raw, part):
        self.raw, self.part = raw, part
        body, _, tail = raw.rpartition("\n\n")
        self.text, lines = body + "\n", tail.split("\n")
        self.signatures = []
        try:
            if not body or len(raw.encode()) > 1_000_000 or lines.pop() != "" or not 1 <= len(lines) <= 100: bad()
            if CONTROL.search(self.text.replace("\n", "")): bad()
            for line in lines:
                m = re.fullmatch("\u2014 ([^ +]+) ([A-Za-z0-9+/=]+)", line) or bad()
                if CONTROL.search(m[1]) or any(white(c) for c in m[1]): bad()
                data = b64(m[2])
                if len(data) < 5: bad()
                if len(data) == 68: self.signatures.append((m[1], data[:4], data[4:]))
        except ValueError:
            raise invalid("note", part)
        self.hash = h("lacre note hash v1", self.text.encode())
    def signed_by(self, name, keys):
        good = set()
        for key in keys:
            key_id = sha(name.encode() + b"\n\x01" + key)[:4]
            for n, i, signature in self.signatures:
                if (n, i) == (name, key_id):
                    if y_of(signature[:32]) in SMALL: raise invalid("signature", self.part)
                    try: Ed25519PublicKey.from_public_bytes(key).verify(signature, self.text.encode())
                    except (InvalidSignature, ValueError): raise invalid("signature", self.part)
                    good.add(key)
        ensure(good, "signature", self.part)
        return good
    def read(self, reader): return form_of(self.part, reader, self.text)


def form_of(part, reader, body):
    try: return reader(body)
    except (ValueError, IndexError, TypeError): raise invalid("note", part)


# ---- 2. container ----
ORDER = ["keys", "certificate", "lookup", "opening", "designation", "state", "grant", "notice", "event", "later", "file",
         "register", "approval", "reply", "head", "ledger"]
NUMBERED = ("state", "event", "later", "file", "approval", "reply", "head", "ledger")
RESERVED = ("register", "head", "ledger")
def opened(data, kind, version, most, most_parts):
    """How many parts are announced, and each that is there: name, and bytes or None for one that was left out."""
    ensure(len(data) <= most, "container")
    if not data.startswith(f"{kind}{version}\n".encode()):
        other = re.match(kind.encode() + rb"([1-9][0-9]{0,9})\n", data)
        raise incomplete("version") if other and int(other[1]) < 2 ** 32 else invalid("container")
    body, tail = data[:-69], data[-69:]
    ensure(tail == b"end " + sha(body).hex().encode() + b"\n", "checksum")
    parts, at = [], body.index(b"\n") + 1
    def line():
        nonlocal at
        end = body.find(b"\n", at)
        ensure(0 <= end, "container")
        found, at = body[at:end], end + 1
        try: return found.decode()
        except UnicodeDecodeError: raise invalid("container")
    def form(pattern, found):
        m = re.fullmatch(pattern, found)
        ensure(m, "container")
        return m
    count = int(form("parts (0|[1-9][0-9]{0,4})", line())[1])
    ensure(line() == "" and count <= most_parts, "container")
    while at < len(body):
        m = form(r"part ([a-z]+(?:\.(?:0|[1-9][0-9]{0,4}))?) (0|[1-9][0-9]{0,8}|left-out)", line())
        content = None
        if m[2] != "left-out":
            content, at = body[at:at + int(m[2])], at + int(m[2]) + 1
            ensure(body[at - 1:at] == b"\n", "container")
        parts.append((m[1], content))
    return count, parts

def container(data):
    count, found = opened(data, "lacre evidence v", 2, MAX_BUNDLE, 512)
    parts, position, gap = {}, (0, 0), None
    for name, content in found:
        kind, _, index = name.partition(".")
        index = int(index) if index else None
        ensure(kind in ORDER and (kind in NUMBERED) == (index is not None) and (index or 0) <= 512, "container")
        expected = position[1] if ORDER.index(kind) == position[0] else 0
        ensure(ORDER.index(kind) >= position[0] and (index or 0) >= expected, "container")
        if (index or 0) > expected and gap is None: gap = f"{kind}.{expected}"
        position = (ORDER.index(kind), (index or 0) + 1)
        if content is None: ensure(kind == "file", "container")
        elif kind not in ("file", "approval", "reply") and kind not in RESERVED:
            try: content = content.decode()
            except UnicodeDecodeError: raise invalid("container")
        if kind in NUMBERED: parts.setdefault(kind, []).append(content)
        else: parts[kind] = content
    ensure(len(found) <= count, "container")
    if gap or len(found) < count: raise incomplete("missing", gap or "")
    return parts


# ---- 3, 4. texts ----
def key_lines(lines): return {o: lines.many(o, ed25519, 64) for o in ("registrar", "relay", "gateway")}
def read_trust(body):
    lines = Lines(body, "lacre trust v1")
    required = lines.get("ledger", one_of("optional", "required")) == "required"
    keys = key_lines(lines); lines.end()
    return required, keys
def read_keys(body):
    lines = Lines(body, "lacre keys v1"); keys = key_lines(lines); lines.end()
    return keys
def read_certificate(body):
    lines = Lines(body, "lacre agency v1")
    out = lines.fields(code=code, name=text(200), key=ed25519, place=place, from_=when, until=when); lines.end()
    return out
def read_lookup(body):
    lines = Lines(body, "lacre lookup v2")
    out = lines.fields(id=hexa(16), agency=code, certificate=hexa(32), person=hexa(32), answer=one_of("account", "exempt", "no account"))
    if out["answer"] == "account":
        out |= lines.fields(account=hexa(32), state=pair(number, hexa(32)), grant=hexa(32), designation=hexa(32))
    if out["answer"] == "exempt": out |= lines.fields(reason=one_of("law", "legal-person", "minor", "dead"))
    out |= lines.fields(register=or_none(hexa(32)), asked=when); lines.end()
    return out
def read_opening(body):
    lines = Lines(body, "lacre opening v2")
    out = lines.fields(run=run, salt=hexa(32), seed=or_none(hexa(32)), return_=or_none(hexa(32))); lines.end()
    return out
def read_designation(body):
    lines = Lines(body, "lacre designation v1")
    out = lines.fields(account=hexa(32), made=when, statement=text(1000)); lines.end()
    return out
def read_state(body):
    lines = Lines(body, "lacre account v1")
    out = lines.fields(number=number, previous=or_none(hexa(32)), made=when) | {"devices": {}}
    while lines.has("device"):
        d = lines.fields(device=hexa(16), sign=ed25519, inbox=pair(address, hexa(32)), seal=xwing_key, public=or_none(hexa(32)))
        if d["device"] in out["devices"] or d["sign"] in out["devices"].values(): bad()
        out["devices"][d["device"]] = d["sign"]
    lines.end()
    return out if 1 <= len(out["devices"]) <= 16 else bad()
def read_grant(body):
    lines = Lines(body, "lacre grant v1")
    out = lines.fields(id=hexa(16), account=hexa(32), kind=one_of("once", "last resort"), relay=address, channel=hexa(32),
                       append=hexa(32), key=xwing_key, from_=when, until=when); lines.end()
    return out
def standing(v): return v if v in ("original", "trial") or re.fullmatch("(copy|corrects) [0-9a-f]{64}", v) else bad()
def read_notice(body):
    lines = Lines(body, "lacre notice v2")
    ref = pair(text(64), hexa(32))
    out = lines.fields(id=hexa(16), agency=code, certificate=hexa(32), lookup=hexa(32), made=when, place=place, rule=or_none(ref),
                       calendar=ref, run=run, account=or_none(hexa(32)), state=or_none(pair(number, hexa(32))), grant=or_none(hexa(32)), standing=standing,
                       approvals=or_none(hexa(32)), return_=or_none(hexa(32)), case=text(64), procedure=text(64), type=one_of("NT start", "NT inquiry", "NT end", "CP", "CI"), term=or_none(number),
                       subject=text(400), description=text(4000))
    out["uris"] = lines.many("uri", text(1000), 8)
    out["files"] = lines.many("file", pair(hexa(32), number, hexa(32), text(100), text(255)), 32); lines.end()
    term_good = out["term"] is None or 1 <= out["term"] <= 1000 and out["type"].startswith("NT")
    if len({out[k] is None for k in ("rule", "account", "state", "grant")}) != 1: bad()
    return out if out["files"] and term_good and all(f[1] <= 104857600 for f in out["files"]) else bad()

EVENTS = {  # name: (who signs, after what); a negative event has a "-" before it
    "SubmissionAcceptance": ("relay", None), "-SubmissionRejection": ("relay", None),
    "RelayAcceptance": ("relay", "SubmissionAcceptance"), "-RelayRejection": ("relay", None),
    "-RelayFailure": ("relay", None), "NotificationForAcceptance": ("", None),
    "-NotificationForAcceptanceFailure": ("", None), "ConsignmentAcceptance": ("device", "SubmissionAcceptance"),
    "-ConsignmentRejection": ("device", "SubmissionAcceptance"), "-AcceptanceRejectionExpiry": ("", None),
    "ContentConsignment": ("", None), "-ContentConsignmentFailure": ("", None),
    "ConsignmentNotification": ("gateway", "SubmissionAcceptance"),
    "-ConsignmentNotificationFailure": ("gateway", "SubmissionAcceptance"),
    "NotificationDelivered": ("gateway", "ConsignmentNotification"),
    "NotificationAccessTracking": ("gateway", "ConsignmentNotification"),
    "ContentAccessTracking": ("device", "ContentHandover by device"), "ContentHandover": ("device officer", "SubmissionAcceptance"),
    "-ContentHandoverFailure": ("device", "SubmissionAcceptance"), "RelayToNonERDS": ("agency", None),
    "-RelayToNonERDSFailure": ("agency", None), "ReceivedFromNonERDS": ("agency", None)}
TAKEN_BACK, PAPER = {"SubmissionRejection", "RelayRejection", "RelayFailure"}, ("RelayToNonERDS", "ReceivedFromNonERDS")
RULES = {k.lstrip("-"): v for k, v in EVENTS.items()}
REASONS = ("not-permitted over-limit outage does-not-open does-not-match no-alert-address alert-refused person-refuses "
           "not-me in-person post-office letter-returned").split()
ISSUERS = {"relay": address, "device": pair(hexa(32), hexa(16)), "agency": code, "officer": pair(code, text(200)), "gateway": text(200)}
PARTIES = {"agency": code, "account": hexa(32), "channel": hexa(32)}
def kinds(forms):
    def read(v):
        kind, _, who = v.partition(" ")
        return kind, forms[kind](who) if kind in forms else bad()
    return read
def party(v): return ("unknown", None) if v == "unknown" else kinds(PARTIES)(v)
def read_event(body):
    lines = Lines(body, "lacre event v2")
    name = lines.get("event", lambda v: v.removeprefix("http://uri.etsi.org/19522/Event/") if v.startswith("http://uri.etsi.org/19522/Event/") else bad())
    if name not in RULES: bad()
    out = {"event": name} | lines.fields(id=hexa(16), time=when, issuer=kinds(ISSUERS), envelope=hexa(32), sender=party, recipient=party)
    out["reasons"] = lines.many("reason", one_of(*REASONS), 8)
    if "-" + name in EVENTS and not out["reasons"]: bad()
    out["reference"] = lines.get("reference", text(200)) if lines.has("reference") else None
    if lines.has("scan") and out["issuer"][0] in ("agency", "officer"): lines.get("scan", hexa(32))
    if name == "SubmissionAcceptance":
        out |= lines.fields(generation=hexa(16), channel=hexa(32), entry=hexa(16), checkpoint=or_none(hexa(32)))
    lines.end()
    return out

def read_receipt(body):
    lines = Lines(body, "lacre receipt v1")
    out = lines.fields(generation=hexa(16), channel=hexa(32), seq=number, entry=hexa(16), kind=one_of("entry", "seal"), sha256=hexa(32), accepted=when); lines.end()
    return out if 1 <= out["seq"] < 2 ** 53 else bad()
def read_reply(body):
    lines = Lines(body, "lacre reply v1")
    out = lines.fields(id=hexa(16), notice=hexa(32), account=hexa(32), device=hexa(16), made=when, text=pair(hexa(32), number))
    out["files"] = lines.many("file", pair(hexa(32), number, text(100), text(255)), 8); lines.end()
    return out


# ---- 4a. head notes ----
def read_head(body):
    lines = Lines(body, "lacre head v1")
    out = lines.fields(relay=address, channel=hexa(32), generation=hexa(16), count=number, ids=hexa(32), time=when); lines.end()
    return out if good_point(out["relay"][1]) else bad()
def read_ids(body):
    ids = [hexa(16)(line) for line in body.split("\n")[:-1]]
    return ids if body[-1:] in ("", "\n") and ids == sorted(set(ids)) else bad()
def heads(data, trust):
    count, found = opened(data, "lacre heads v", 1, MAX_HEADS, 65536)
    out = []
    for name, content in found:
        ensure(content is not None, "container")
        try: content = content.decode()
        except UnicodeDecodeError: raise invalid("container")
        if name == f"head.{len(out)}": out.append([content, None])
        else:
            ensure(name == f"ids.{len(out) - 1}" and out[-1][1] is None, "container")
            out[-1][1] = content
    ensure(len(found) <= count, "container")
    if not out or len(found) < count: raise incomplete("missing", "head.0")
    for i, (raw, listed) in enumerate(out):
        note = Note(raw, f"head.{i}")
        head = note.read(read_head); note.signed_by("lacre-relay", [head["relay"][1]])
        if trust: ensure(head["relay"][1] in trust[1]["relay"], "keys", note.part)
        if listed is None: ids = None if head["count"] else []
        else: ids = form_of(f"ids.{i}", read_ids, listed)
        if ids is not None: ensure(len(ids) == head["count"] and h("lacre head ids v1", b"".join(ids)) == head["ids"], "ids", f"ids.{i}")
        out[i] = head | {"list": ids}
    lists = {(x["count"], x["ids"]): x["list"] for x in out if x["list"] is not None}
    return [x | {"list": lists.get((x["count"], x["ids"]))} for x in out]
def says(given, receipt):
    here = [x for x in given if x["relay"][1] == receipt["issuer"][1][1] and x["channel"] == receipt["channel"]]
    store = [x for x in here if x["generation"] == receipt["generation"]]
    times = [x for x in store if SKEW < x["time"] - receipt["time"] <= REMEMBERED]
    lists = [x for x in times if x["list"] is not None]
    for i, x in enumerate(given):
        if x in lists and receipt["entry"] not in x["list"]: return f"withheld head.{i}"
    return "other-casilla" if not here else "other-store" if not store else "other-time" if not times else "holds" if lists else "no-list"


# ---- 4b. batches and approvals ----
def handle(v): return v if re.fullmatch("[a-z0-9_.-]{3,32}", v) else bad()
def read_batch(body):
    lines = Lines(body, "lacre batch v1")
    out = lines.fields(id=hexa(16), agency=code, made=when, drafter=or_none(hexa(32)), rule=pair(text(64), hexa(32)), calendar=pair(text(64), hexa(32)),
                       **{"not-before": when, "not-after": when}, rows=pair(number, hexa(32))); lines.end()
    return out if 1 <= out["rows"][0] <= 1_000_000 else bad()
def read_office(body):
    lines = Lines(body, "lacre office v1")
    out = lines.fields(agency=code, account=hexa(32), handle=handle, state=pair(number, hexa(32)), post=one_of("administrator", "official"),
                       from_=when, until=when); lines.end()
    return out
def read_roles(body):
    lines = Lines(body, "lacre roles v1")
    out = lines.fields(agency=code, number=number, previous=or_none(hexa(32)), made=when)
    out["officials"] = lines.many("official", pair(hexa(32), one_of("administrator", "approver", "drafter")), 512); lines.end()
    if out["officials"] != sorted(set(out["officials"])): bad()
    return out if sum(role == "administrator" for _, role in out["officials"]) >= 2 else bad()
def read_approval(body):
    lines = Lines(body, "lacre approval v1")
    out = lines.fields(id=hexa(16), agency=code, batch=hexa(32), roles=hexa(32), as_=one_of("drafter", "approver"), account=hexa(32), device=hexa(16),
                       made=when); lines.end()
    return out
def read_approvals(parts):
    """The batch's text, index and path; lists of roles; officials, each an office note and states; approvals."""
    found = [parts_of(data, "lacre approval part v1") for data in parts]
    kinds = b"".join(p[0] + b" " for p in found)
    if not re.fullmatch(b"batch (roles )+(official )*(approval )*", kinds): bad()
    of = lambda kind: [p[1:] for p in found if p[0] == kind]
    (batch, index, *path), = of(b"batch")
    if len(index) != 4: bad()
    if any(len(x) != 32 for x in path): bad()
    lists, given = [raw.decode() for raw, in of(b"roles")], [raw.decode() for raw, in of(b"approval")]
    officials = [[office.decode(), first.decode(), *(x.decode() for x in rest)] for office, first, *rest in of(b"official")]
    return batch.decode(), int.from_bytes(index, "big"), path, lists, officials, given
def leaf_of(n, index, answers):
    plain = [n["run"], n["standing"], answers, n["type"], str(n["term"] or "none"), n["case"], n["procedure"], n["subject"], n["description"]]
    files = [x for sha256, size, _, media, name in n["files"] for x in (sha256, be(size, 8), media.encode(), name.encode())]
    return h("lacre batch row v1", be(index), n["id"], *(x.encode() for x in plain), be(len(n["uris"])), *(x.encode() for x in n["uris"]), *files)
def root_of(leaf, i, size, path):
    if size == 1: return leaf if not path else None
    if not path: return None
    k, join = 1 << (size - 1).bit_length() - 1, lambda left, right: h("lacre batch node v1", left or b"", right or b"")
    return join(root_of(leaf, i, k, path[:-1]), path[-1]) if i < k else join(path[-1], root_of(leaf, i - k, size - k, path[:-1]))


# ---- X-Wing, HPKE (ML-KEM-768: FIPS 203) ----
Q = 3329
def brv7(i): return int(f"{i:07b}"[::-1], 2)
ZETAS, GAMMAS = [pow(17, brv7(i), Q) for i in range(128)], [pow(17, 2 * brv7(i) + 1, Q) for i in range(128)]
def ntt(f):
    f, k, size = f[:], 1, 128
    while size >= 2:
        for start in range(0, 256, 2 * size):
            z, k = ZETAS[k], k + 1
            for j in range(start, start + size):
                t = z * f[j + size] % Q
                f[j + size], f[j] = (f[j] - t) % Q, (f[j] + t) % Q
        size //= 2
    return f
def inverse_ntt(f):
    f, k, size = f[:], 127, 2
    while size <= 128:
        for start in range(0, 256, 2 * size):
            z, k = ZETAS[k], k - 1
            for j in range(start, start + size):
                t = f[j]
                f[j], f[j + size] = (t + f[j + size]) % Q, z * (f[j + size] - t) % Q
        size *= 2
    return [x * 3303 % Q for x in f]
def multiply(f, g):
    out = []
    for i in range(128):
        a, b, c, d = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        out += [(a * c + b * d * GAMMAS[i]) % Q, (a * d + b * c) % Q]
    return out
def add(*fs): return [sum(xs) % Q for xs in zip(*fs)]
def sample_ntt(seed):
    stream, out, i = hashlib.shake_128(seed).digest(3 * 1024), [], 0
    while len(out) < 256:
        a, b, c = stream[i:i + 3]
        out += [d for d in (a + 256 * (b % 16), b // 16 + 16 * c) if d < Q]
        i += 3
    return out[:256]
def cbd2(seed, n):
    bits = int.from_bytes(hashlib.shake_256(seed + bytes([n])).digest(128), "little")
    return [((bits >> 4 * i & 1) + (bits >> 4 * i + 1 & 1) - (bits >> 4 * i + 2 & 1) - (bits >> 4 * i + 3 & 1)) % Q for i in range(256)]
def pack(f, d): return sum(x << d * i for i, x in enumerate(f)).to_bytes(32 * d, "little")
def unpack(data, d): return [int.from_bytes(data, "little") >> d * i & (1 << d) - 1 for i in range(256)]
def compress(f, d): return [((x << d) + Q // 2) // Q % (1 << d) for x in f]
def ml_kem_encapsulate(key, m):
    t = [unpack(key[384 * i:384 * i + 384], 12) for i in range(3)]
    if len(key) != 1184 or any(x >= Q for f in t for x in f): raise ValueError
    rho, g = key[1152:], hashlib.sha3_512(m + hashlib.sha3_256(key).digest()).digest()
    shared, r = g[:32], g[32:]
    y = [ntt(cbd2(r, i)) for i in range(3)]
    u = [add(inverse_ntt(add(*(multiply(sample_ntt(rho + bytes([i, j])), y[j]) for j in range(3)))), cbd2(r, 3 + i)) for i in range(3)]
    mu = [(Q + 1) // 2 * x for x in unpack(m, 1)]
    v = add(inverse_ntt(add(*(multiply(t[j], y[j]) for j in range(3)))), cbd2(r, 6), mu)
    return shared, b"".join(pack(compress(f, 10), 10) for f in u) + pack(compress(v, 4), 4)
def seal(key, purpose, aad, plain, seed):
    randomness = expand(seed, 64, "lacre seal randomness v1", be(0))
    ss_m, ct_m = ml_kem_encapsulate(key[:1184], randomness[:32])
    ephemeral = X25519PrivateKey.from_private_bytes(randomness[32:])
    ct_x = ephemeral.public_key().public_bytes_raw()
    try: ss_x = ephemeral.exchange(X25519PublicKey.from_public_bytes(key[1184:]))
    except ValueError: ss_x = bytes(32)  # a key of small order: the library refuses what RFC 7748 computes
    shared = hashlib.sha3_256(ss_m + ss_x + ct_x + key[1184:] + b"\\.//^\\").digest()
    suite, info = b"HPKE" + be(0x647a, 2) + be(1, 2) + be(3, 2), msg(purpose, be(1, 2))
    extract = lambda salt, label, ikm: hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")
    context = b"\0" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared, b"secret", b"")
    labeled = lambda label, n: hkdf_expand(secret, be(n, 2) + b"HPKE-v1" + suite + label + context, n)
    return be(1, 2) + ct_m + ct_x + ChaCha20Poly1305(labeled(b"key", 32)).encrypt(labeled(b"base_nonce", 12), plain, aad)


# ---- 5. envelope ----
def pad(data):
    data += b"\x80"
    size = max(len(data), 512)
    e = size.bit_length() - 1
    unit = 1 << e - e.bit_length()
    return data + bytes(-(-size // unit) * unit - len(data))
def seal_file(seed, i, data): return ChaCha20Poly1305(expand(seed, 32, "lacre notice file v1", be(i))).encrypt(bytes(12), pad(data), None)


# ---- 5b. what devices answer: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha), which the library does not have ----
def hchacha20(key, nonce):
    words = lambda data: [int.from_bytes(data[i:i + 4], "little") for i in range(0, len(data), 4)]
    x = words(b"expand 32-byte k") + words(key) + words(nonce)
    def turn(a, b, c, d):
        for a, b, d, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[a] = x[a] + x[b] & 0xffffffff
            v = x[d] ^ x[a]
            x[d] = (v << n | v >> 32 - n) & 0xffffffff
    for _ in range(10):
        for i in range(4): turn(i, 4 + i, 8 + i, 12 + i)
        for i in range(4): turn(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return b"".join(w.to_bytes(4, "little") for w in x[:4] + x[12:])
RETURN = "lacre notice return v1"
def parts_of(data, label=RETURN):
    out, rest = [], data[len(msg(label)):] if data.startswith(msg(label)) else bad()
    while rest:
        size = int.from_bytes(rest[:4], "big")
        if len(rest) < 4 + size: bad()
        out, rest = out + [rest[4:4 + size]], rest[4 + size:]
    return out
def read_taken(data):
    kind, receipt, entry = parts_of(data)
    return (receipt.decode(), entry) if kind == b"taken" else bad()
def opened_entry(seed, channel, place, entry):
    key, aad = hchacha20(expand(seed, 32, RETURN, b"key"), entry[:16]), msg("lacre notice return entry v1", channel, place)
    try: plain = ChaCha20Poly1305(key).decrypt(bytes(4) + entry[16:24], entry[24:], aad).rstrip(b"\0")
    except InvalidTag: bad()
    return plain[:-1] if plain.endswith(b"\x80") else bad()
def open_reply(seed, channel, place, entry):
    kind, note, states, words, *files = parts_of(opened_entry(seed, channel, place, entry))
    for state in parts_of(states): state.decode()
    words.decode()
    return (note.decode(), words, files) if kind == b"reply" else bad()
def open_note(seed, channel, place, entry):
    kind, note, states = parts_of(opened_entry(seed, channel, place, entry))
    return (note.decode(), [state.decode() for state in parts_of(states)]) if kind == b"note" else bad()


# ---- 7. law ----
def easter(y):
    a, b, c = y % 19, y // 100, y % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    n = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(y, n // 31, n % 31 + 1)
class Calendar:
    def __init__(self, name):
        raw = (DATA / f"{name}.txt").read_bytes()
        self.sha256, self.days = sha(raw), {}
        lines = Lines(raw.decode(), "lacre calendar v1")
        head = lines.fields(id=str, from_=date.fromisoformat, through=date.fromisoformat)
        self.first, self.last, twenty = head["from_"], head["through"], lines.get("solstice-20", lambda v: v.split(" "))
        for line in lines.rest:
            what, years, where, *_ = line.removeprefix("day ").split(" | ")
            kind, arg, *more = what.split(" ")
            for year in range(int(years[:4]), int(years[5:]) + 1):
                day = self.day(kind, arg, more, year, twenty)
                if day: self.days.setdefault(day, []).append(where)
    def day(self, kind, arg, more, year, twenty):
        if kind == "once": return date.fromisoformat(arg)
        if kind == "easter": return easter(year) + timedelta(int(arg))
        if kind == "solstice": return date(year, int(arg), 20 if str(year) in twenty else 21)
        day = date.fromisoformat(f"{year}-{arg}")
        w = day.weekday()
        if kind == "weekday": return day if ["Mon", "Tue", "Wed", "Thu", "Fri"].index(more[0]) == w else None
        if kind == "monday": return day + timedelta({1: -1, 2: -2, 3: -3, 4: 3}.get(w, 0))
        if kind == "evangelical": return day + timedelta({1: -4, 2: 2}.get(w, 0))
        return day
    def after(self, day, n, comuna):
        while n:
            day += timedelta(1)
            holiday = any(w == "CL" or comuna and comuna.startswith(tuple(w.split(","))) for w in self.days.get(day, []))
            n -= day.weekday() < 5 and not holiday
        if day > self.last: raise incomplete("calendar-range")
        return day
CALENDAR, CALENDAR_ID = Calendar("CL-2026.1"), "CL-2026.1"
COMUNAS = (DATA / "CL-CUT-2023.txt").read_text()
RULES_OF_LAW = {  # how it is called, business days, first day in force; those that count from dispatch
    "CL-46-2026": ("third_day", 3, date(2026, 7, 1)), "CL-D4-27": ("elapsed", 4, date(2021, 12, 11)), "CL-letter": None, "CL-counter": None}
def local_date(instant, zone): return instant.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(zone)).date()
def ensure_day(day):
    if not CALENDAR.first <= day: raise incomplete("calendar-range")
def dates(instant, zone, comuna, term, in_force_only=False):
    day, out = local_date(instant, zone), {}
    for name, n, first in filter(None, RULES_OF_LAW.values()):
        if in_force_only and day < first: continue
        if not CALENDAR.first <= day: raise incomplete("calendar-range")
        deemed = CALENDAR.after(day, n, comuna)
        out["deemed_" + name] = deemed.isoformat()
        out["last_day_" + name] = CALENDAR.after(deemed, term, comuna).isoformat() if term else None
    return out


# ---- 6. checks ----
def verify(data, trust, beside=None):
    if data.startswith(b"lacre heads v"):
        given = heads(data, trust)
        if not trust: raise incomplete("trust")
        return {"heads": [[x["channel"].hex(), x["count"], iso(x["time"]), x["list"] is not None] for x in given]}
    parts = container(data)
    for name in ("keys", "certificate", "lookup", "opening"):
        if name not in parts: raise incomplete("missing", name)
    keys = form_of("keys", read_keys, parts["keys"])
    if trust:
        ensure(all(k in trust[1][o] for o in keys for k in keys[o]), "keys", "keys")
    result, kept = check(parts, keys, trust, beside)
    if kept or any(parts.get(k) is not None for k in RESERVED): raise incomplete("reserved")
    if trust and trust[0]: raise incomplete("ledger", "ledger.0")
    if not trust: raise incomplete("trust")
    return result

def chain(raws, part, wanted):
    """The account, its last state with that one's hash, and the keys of all devices that it had."""
    state = before = None
    devices = []
    for i, raw in enumerate(raws):
        note = Note(raw, part.format(i))
        if state is None:
            state = note.read(read_state); note.signed_by("lacre-device", state["devices"].values())
            ensure(state["number"] == 0 and state["previous"] is None, "account-chain", note.part)
            account = h("lacre account id v1", note.text.encode())
            ensure(account == wanted, "other-account", note.part)
        else:
            note.signed_by("lacre-device", state["devices"].values())
            following = note.read(read_state)
            ensure(following["number"] == state["number"] + 1 and following["previous"] == before, "account-chain", note.part)
            state = following
        before = h("lacre state hash v1", note.text.encode())
        devices += state["devices"].values()
    return account, state, before, devices

def four_eyes(parts, n, certificate, keys):
    """Who approved the batch of which N is a row."""
    part = "approval.0"
    try: batch, index, path, lists, officials, given = read_approvals(parts)
    except (ValueError, IndexError): raise invalid("approval", part)
    digest = h("lacre batch digest v1", batch.encode())
    batch = form_of(part, read_batch, batch)
    ensure(batch["agency"] == certificate["code"], "approval", part)
    known, at = [], 1 + len(lists)
    for raw, *states in officials:
        note = Note(raw, f"approval.{at}"); note.signed_by("lacre-registrar", keys["registrar"])
        office = note.read(read_office)
        ensure(office["agency"] == certificate["code"], "approval", note.part)
        _, state, last, _ = chain(states, note.part, office["account"])
        ensure((state["number"], last) == office["state"], "other-state", note.part)
        known, at = known + [office | {"devices": state["devices"]}], at + 1
    def posts(time): return [o for o in known if o["from_"] <= time + SKEW and time <= o["until"]]

    in_force = in_force_hash = None
    for i, raw in enumerate(lists, 1):
        note = Note(raw, f"approval.{i}")
        roles = note.read(read_roles)
        may = [o for o in known if roles["made"] <= o["until"]]
        if in_force is None: may = [o for o in may if o["post"] == "administrator"]
        else: may = [o for o in may if (o["account"], "administrator") in in_force["officials"]]
        good = note.signed_by("lacre-device", {k for o in may for k in o["devices"].values()})
        signers = {(o["account"], k) for o in may for k in o["devices"].values() if k in good}
        ensure(any(a != b and k != l for a, k in signers for b, l in signers), "signature", note.part)
        ensure(roles["number"] == (0 if in_force is None else in_force["number"] + 1), "approval", note.part)
        ensure(roles["previous"] == in_force_hash, "approval", note.part)
        ensure(roles["agency"] == certificate["code"], "approval", note.part)
        in_force, in_force_hash = roles, note.hash

    signed, hashes = {}, [digest, in_force_hash]
    for raw in given:
        note = Note(raw, f"approval.{at}")
        word = note.read(read_approval)
        here = [o for o in posts(word["made"]) if o["account"] == word["account"]]
        ensure(here, "approval", note.part)
        note.signed_by("lacre-device", [k for o in here for d, k in o["devices"].items() if d == word["device"]])
        ensure(word["batch"] == digest, "approval", note.part)
        ensure(word["agency"] == certificate["code"], "approval", note.part)
        ensure(word["roles"] == in_force_hash, "approval", note.part)
        ensure((word["account"] == batch["drafter"]) == (word["as_"] == "drafter"), "approval", note.part)
        ensure((word["account"], word["as_"]) in in_force["officials"], "approval", note.part)
        ensure(batch["made"] <= word["made"] + SKEW, "approval", note.part)
        ensure(in_force["made"] <= word["made"] + SKEW, "approval", note.part)
        ensure(word["account"] not in signed, "approval", note.part)
        signed[word["account"]] = word | {"handle": here[0]["handle"]}
        hashes, at = hashes + [note.hash], at + 1
    ensure(batch["drafter"] is None or batch["drafter"] in signed, "approval-few", part)
    approvers = [w for w in signed.values() if w["as_"] == "approver"]
    ensure(len(approvers) >= (1 if batch["rows"][0] <= 1000 else 2), "approval-few", part)

    ensure(n["approvals"] == h("lacre approvals v1", *hashes), "approval", part)
    ensure(n["rule"] in (None, batch["rule"]), "approval-row", part)
    ensure(n["calendar"] == batch["calendar"], "approval-row", part)
    ensure(batch["not-before"] <= n["made"], "approval-row", part)
    ensure(n["made"] <= batch["not-after"], "approval-row", part)
    ensure(all(w["made"] <= n["made"] + SKEW for w in signed.values()), "approval-row", part)
    ensure(index < batch["rows"][0], "approval-row", part)
    answers = {"yes" if n["return_"] else "no"} | ({"no"} if n["account"] is None else set())
    ensure(any(root_of(leaf_of(n, index, a), index, batch["rows"][0], path) == batch["rows"][1] for a in answers), "approval-row", part)
    who = lambda w: [w["handle"], w["account"].hex()]
    drafters = [who(w) for w in signed.values() if w["as_"] == "drafter"]
    return {"rows": batch["rows"][0], "drafter": drafters[0] if drafters else None, "approvers": [who(w) for w in approvers]}

def approved_by(parts, n, certificate, keys):
    if n["approvals"] is None: return ensure("approval" not in parts, "approval", "approval.0")
    if "approval" not in parts: raise incomplete("missing", "approval.0")
    return four_eyes(parts["approval"], n, certificate, keys)

# ---- 4c. where nothing goes electronically ----
def on_paper(parts, keys, certificate, certificate_hash, lookup, lookup_hash, opening, result):
    ensure(not any(parts.get(k) is not None for k in ("designation", "state", "grant", "later")), "exempt")
    note = Note(parts["notice"], "notice"); note.signed_by("lacre-agency", [certificate["key"]])
    n, notice_hash = note.read(read_notice), note.hash
    ensure(n["account"] is None, "exempt", "notice")
    seed = opening["seed"]
    if not seed: raise incomplete("missing", "seed")
    links = {"agency": certificate["code"], "certificate": certificate_hash, "lookup": lookup_hash, "place": certificate["place"], "run": opening["run"]}
    for name, expected in links.items(): ensure(n[name] == expected, "notice-link", "notice")
    ensure((n["return_"] is None) == (opening["return_"] is None), "notice-link", "notice")
    ensure(certificate["from_"] <= n["made"] <= certificate["until"], "certificate-period", "notice")
    ensure(lookup["asked"] <= n["made"] + SKEW, "lookup-stale", "lookup")
    ensure(n["made"] <= lookup["asked"] + HOUR, "lookup-stale", "lookup")
    calendar_of(n)
    approved = approved_by(parts, n, certificate, keys)
    files = files_of(parts, n, seed)
    steps, texts, places = [], [], []
    receipts = parts.get("reply", [])
    for i, raw in enumerate(parts.get("event", [])):
        note = Note(raw, f"event.{i}")
        record = note.read(read_event)
        kind, who = record["issuer"]
        note.signed_by("lacre-agency", [certificate["key"]] if certificate["code"] == (who if kind == "agency" else who[0] if kind == "officer" else None) else [])
        step, reference = step_of(record), record["reference"]
        ensure(step, "event", note.part)
        ensure(record["envelope"] == notice_hash, "event", note.part)
        ensure(record["sender"] in (("unknown", None), ("agency", certificate["code"])), "event", note.part)
        ensure(record["recipient"] == ("unknown", None), "event", note.part)
        ensure(n["made"] <= record["time"] + SKEW, "event", note.part)
        ensure(note.text not in texts, "event", note.part)
        if step == "handed over": ensure(all(s["step"] != step for s in steps), "event", note.part)
        if step in ("posted", "received", "returned"): ensure(all((s["step"], s["reference"]) != (step, reference) for s in steps), "event", note.part)
        if step in ("received", "returned"):
            posted = [s["time"] for s in steps if (s["step"], s["reference"]) == ("posted", reference)]
            ensure(posted, "event", note.part)
            ensure(posted[0] <= record["time"] + SKEW, "event", note.part)
        texts.append(note.text)
        if i >= len(receipts): raise incomplete("missing", f"reply.{i}")
        part = f"reply.{i}"
        def form(reader, *data):
            try: return reader(*data)
            except (ValueError, IndexError): raise invalid("reply", part)
        taken, entry = form(read_taken, receipts[i])
        receipt = Note(taken, part); receipt.signed_by("lacre-relay", keys["relay"])
        taken = receipt.read(read_receipt)
        ensure(taken["channel"] == n["return_"], "reply", part)
        ensure(taken["entry"] in [expand(seed, 16, RETURN, b"entry", be(k)) for k in range(64)], "reply", part)
        ensure(taken["entry"] not in places, "reply", part)
        places.append(taken["entry"])
        ensure(taken["kind"] == "entry", "reply", part)
        ensure(taken["sha256"] == sha(entry), "reply", part)
        ensure(record["time"] <= taken["accepted"] + SKEW, "reply", part)
        told, states = form(open_note, seed, taken["channel"], taken["entry"], entry)
        ensure(told == raw, "reply", part)
        ensure(not states, "reply", part)
        day, shown = (local_date(t, n["place"][0]) for t in (record["time"], taken["accepted"]))
        ensure_day(day)
        steps.append(record | {"step": step, "late": shown > CALENDAR.after(day, 1, n["place"][1])})
    ensure(len(receipts) == len(steps), "reply", "reply")
    returned = [s["reference"] for s in steps if s["step"] == "returned"]
    effects = []
    for i, s in enumerate(steps):
        law = {"handed over": ("CL-counter", 0), "received": ("CL-letter", 3)}.get(s["step"])
        if not law or s["step"] == "received" and s["reference"] in returned: continue
        if lookup.get("reason") == "dead" or not n["type"].startswith("NT") or not n["standing"].startswith(("original", "corrects")): continue
        day = local_date(s["time"], n["place"][0])
        deemed = CALENDAR.after(day, law[1], n["place"][1])
        effects.append([i, law[0], deemed.isoformat(), CALENDAR.after(deemed, n["term"], n["place"][1]).isoformat() if n["term"] else None])
    result |= {"standing": n["standing"], "files": files, "records": [[s["event"], s["issuer"][0], s["reasons"], s["late"]] for s in steps],
               "against": [s["event"] for s in steps if s["step"] in ("returned", "not posted", "came")],
               "effects": sorted(effects, key=lambda e: e[2])}
    if approved: result["approved"] = approved
def step_of(record):
    event, kind, reasons, named = record["event"], record["issuer"][0], record["reasons"], record["reference"] is not None
    if (event, kind, reasons) == ("ContentHandover", "officer", ["in-person"]): return "handed over"
    if kind != "agency": return None
    if event == "RelayToNonERDS" and named: return {(): "posted", ("post-office",): "received"}.get(tuple(reasons))
    if event == "RelayToNonERDSFailure" and "letter-returned" in reasons: return "returned" if named else None
    if event == "RelayToNonERDSFailure": return None if "post-office" in reasons else "not posted"
    return "came" if event == "ReceivedFromNonERDS" and not reasons else None

def calendar_of(n):
    if n["calendar"][0] != CALENDAR_ID: raise incomplete("rule-unknown", "notice")
    ensure(CALENDAR.sha256 == n["calendar"][1], "rule", "notice")
def files_of(parts, n, seed):
    files = parts.get("file", [])
    ensure(len(files) <= len(n["files"]), "file")
    if len(files) < len(n["files"]): raise incomplete("missing", "file")
    for i, (data, entry) in enumerate(zip(files, n["files"])):
        if data is not None:
            ensure((sha(data), len(data)) == entry[:2] and sha(seal_file(seed, i, data)) == entry[2], "file", f"file.{i}")
    return [f is not None for f in files]

def check(parts, keys, trust, beside):
    note = Note(parts["certificate"], "certificate"); note.signed_by("lacre-registrar", keys["registrar"])
    certificate, certificate_hash = note.read(read_certificate), note.hash
    within = lambda t, period: period["from_"] <= t <= period["until"]
    note = Note(parts["lookup"], "lookup"); note.signed_by("lacre-registrar", keys["registrar"])
    lookup, lookup_hash = note.read(read_lookup), note.hash
    ensure(lookup["agency"] == certificate["code"], "other-agency", "lookup")
    ensure(lookup["certificate"] == certificate_hash, "other-agency", "lookup")
    ensure(within(lookup["asked"], certificate), "certificate-period", "lookup")
    opening = form_of("opening", read_opening, parts["opening"])
    ensure(h("lacre run commitment v1", opening["salt"], opening["run"].encode()) == lookup["person"], "commitment", "opening")
    if lookup["answer"] != "account":
        result = {"outcome": lookup["answer"]} | ({"reason": lookup["reason"]} if "reason" in lookup else {})
        if parts.get("notice") is None:
            ensure(not (opening["seed"] or opening["return_"]), "exempt", "opening")
            ensure(not any(parts.get(k) is not None for k in ORDER[4:11] + ["approval", "reply"]), "exempt")
        else: on_paper(parts, keys, certificate, certificate_hash, lookup, lookup_hash, opening, result)
        return result, lookup["register"]
    for name in ("designation", "grant", "notice", "event"):
        if parts.get(name) is None: raise incomplete("missing", name)
    if not opening["seed"]: raise incomplete("missing", "seed")
    if not parts.get("state"): raise incomplete("missing", "state.0")

    account, state, before, devices = chain(parts["state"], "state.{}", lookup["account"])
    if state["number"] < lookup["state"][0]: raise incomplete("missing", "state")
    ensure((state["number"], before) == lookup["state"] and state["made"] <= lookup["asked"] + SKEW, "other-state")

    note = Note(parts["designation"], "designation"); note.signed_by("lacre-device", devices)
    designation = note.read(read_designation)
    ensure(designation["account"] == account, "other-account", "designation")
    ensure(note.hash == lookup["designation"], "other-designation", "designation")
    ensure(designation["made"] <= lookup["asked"] + SKEW, "other-designation", "designation")

    note = Note(parts["grant"], "grant"); note.signed_by("lacre-device", state["devices"].values())
    grant, grant_hash = note.read(read_grant), note.hash
    ensure(grant["account"] == account, "other-account", "grant")
    ensure(grant_hash == lookup["grant"], "other-grant", "grant")

    note = Note(parts["notice"], "notice"); note.signed_by("lacre-agency", [certificate["key"]])
    n, notice_hash = note.read(read_notice), note.hash
    links = {"agency": certificate["code"], "certificate": certificate_hash, "lookup": lookup_hash, "place": certificate["place"],
             "run": opening["run"], "account": account, "state": (state["number"], before), "grant": grant_hash}
    for name, expected in links.items(): ensure(n[name] == expected, "notice-link", "notice")
    ensure((n["return_"] is None) == (opening["return_"] is None), "notice-link", "notice")
    ensure(within(n["made"], certificate), "certificate-period", "notice")

    if n["rule"][0] not in RULES_OF_LAW: raise incomplete("rule-unknown", "notice")
    calendar_of(n)
    ensure(sha((DATA / f"{n['rule'][0]}.txt").read_bytes()) == n["rule"][1], "rule", "notice")
    law = RULES_OF_LAW[n["rule"][0]]
    ensure(law, "rule", "notice")

    approved = approved_by(parts, n, certificate, keys)

    def relay_keys(issuer): return [k for k in keys["relay"] if issuer[0] == "relay" and issuer[1][1] == k]
    note = Note(parts["event"][0], "event.0")
    receipt = note.read(read_event); note.signed_by("lacre-relay", relay_keys(receipt["issuer"]))
    ensure(receipt["event"] == "SubmissionAcceptance", "no-receipt", "event.0")
    ensure(receipt["issuer"][1] == grant["relay"], "other-relay", "event.0")
    ensure(receipt["channel"] == grant["channel"], "other-channel", "event.0")
    def parties(record, part):
        ensure(record["sender"] in (("unknown", None), ("agency", certificate["code"])), "event", part)
        ensure(record["recipient"] in (("unknown", None), ("account", account), ("channel", grant["channel"])), "event", part)
    parties(receipt, "event.0")
    asked, made, accepted = lookup["asked"], n["made"], receipt["time"]
    ensure(asked <= made + SKEW and made <= accepted + SKEW and asked <= accepted + SKEW, "receipt-early", "event.0")
    ensure(accepted <= asked + HOUR, "lookup-stale", "lookup")
    ensure(within(accepted, grant), "grant-period", "grant")
    ensure(within(accepted, certificate), "certificate-period", "event.0")

    seed = opening["seed"]
    files = files_of(parts, n, seed)
    plain = msg("lacre notice header v2", parts["notice"].encode(), seed, parts["certificate"].encode(), parts["lookup"].encode(),
                parts["designation"].encode(), opening["salt"], opening["return_"] or b"")
    header = seal(grant["key"], "lacre notice seal v1", grant["channel"], pad(plain), seed)
    ensure(h("lacre notice digest v1", sha(header), *(f[2] for f in n["files"])) == receipt["envelope"], "envelope", "event.0")
    ensure(receipt["entry"] == expand(seed, 16, "lacre notice entry v1"), "envelope", "event.0")

    states, last = [state], before
    for i, raw in enumerate(parts.get("later", [])):
        note = Note(raw, f"later.{i}"); note.signed_by("lacre-device", states[-1]["devices"].values())
        following = note.read(read_state)
        ensure(following["number"] == states[-1]["number"] + 1 and following["previous"] == last, "account-chain", note.part)
        states, last = states + [following], h("lacre state hash v1", note.text.encode())

    seen, told, texts = {"SubmissionAcceptance"}, [receipt], []
    names = {"relay": "lacre-relay", "device": "lacre-device", "agency": "lacre-agency", "officer": "lacre-agency", "gateway": "lacre-gateway"}
    for i, raw in enumerate(parts["event"][1:], 1):
        note = Note(raw, f"event.{i}")
        record = note.read(read_event)
        kind, who = record["issuer"]
        if kind == "relay": signers = relay_keys(record["issuer"])
        elif kind == "device": signers = [k for s in states for d, k in s["devices"].items() if who == (account, d)]
        elif kind == "gateway": signers = keys["gateway"]
        else: signers = [certificate["key"]] if certificate["code"] == (who if kind == "agency" else who[0]) else []
        note.signed_by(names[kind], signers)
        ensure(kind in RULES[record["event"]][0].split() and record["event"] != "SubmissionAcceptance", "event", note.part)
        ensure("post-office" not in record["reasons"], "event", note.part)
        ensure(("in-person" in record["reasons"]) == ((record["event"], kind) == ("ContentHandover", "officer")), "event", note.part)
        ensure(record["envelope"] == receipt["envelope"] and accepted <= record["time"] + SKEW, "event", note.part)
        parties(record, note.part)
        ensure(note.text not in texts, "event", note.part)
        texts.append(note.text)
        seen |= {record["event"], f"{record['event']} by {kind}"}
        told.append(record)
    ensure(not seen & TAKEN_BACK, "contradiction", "events")
    ensure(all(RULES[r["event"]][1] in seen | {None} for r in told), "event", "events")
    # whoever made the bundle may have left later records out: nothing here says that there are no others
    result = {"outcome": "sent", "standing": n["standing"], "consigned": iso(accepted),
              "files": files, "records": [[r["event"], r["issuer"][0], r["reasons"]] for r in told],
              "against": [r["event"] for r in told if "-" + r["event"] in EVENTS or r["event"] in PAPER]}
    if approved: result["approved"] = approved
    for i, raw in enumerate(parts.get("reply", [])):
        part = f"reply.{i}"
        def form(reader, *data):
            try: return reader(*data)
            except (ValueError, IndexError): raise invalid("reply", part)
        taken, entry = form(read_taken, raw)
        note = Note(taken, part); note.signed_by("lacre-relay", relay_keys(("relay", grant["relay"])))
        taken = note.read(read_receipt)
        ensure(taken["channel"] == n["return_"], "reply", part)
        ensure(taken["entry"] in [expand(seed, 16, RETURN, b"entry", be(i)) for i in range(64)], "reply", part)
        ensure(taken["kind"] == "entry", "reply", part)
        ensure(taken["sha256"] == sha(entry), "reply", part)
        ensure(accepted <= taken["accepted"] + SKEW, "reply", part)
        note, words, files = form(open_reply, seed, taken["channel"], taken["entry"], entry)
        note = Note(note, part)
        reply = note.read(read_reply); note.signed_by("lacre-device", [k for s in states for d, k in s["devices"].items() if d == reply["device"]])
        ensure(reply["account"] == account, "reply", part)
        ensure(reply["notice"] == notice_hash, "reply", part)
        ensure(reply["text"] == (sha(words), len(words)), "reply", part)
        ensure([f[:2] for f in reply["files"]] == [(sha(f), len(f)) for f in files], "reply", part)
        result.setdefault("replies", []).append([taken["accepted"].isoformat(timespec="milliseconds") + "Z", reply["device"].hex(), sha(words).hex(), len(files)])
    ensure(law[2] <= local_date(accepted, n["place"][0]), "rule", "notice")
    if n["type"].startswith("NT") and n["standing"].startswith(("original", "corrects")):
        result |= dates(accepted, *n["place"], n["term"], in_force_only=True)
    if beside is not None:
        try: given = heads(beside, trust)
        except Stop as s: told = f"{s.verdict} {s.code}"
        else: told = says(given, receipt)
        ensure(not told.startswith("withheld"), "withheld", told.rpartition(" ")[2])
        result["heads"] = told
    return result, receipt["checkpoint"] or lookup["register"]


def iso(time): return time.isoformat(timespec="milliseconds") + "Z"
def answer(data, trust, beside=None):
    try: return {"verdict": "VALID", "code": "", "proves": verify(data, trust, beside)}
    except Stop as s: return {"verdict": s.verdict, "code": s.code, "part": s.part}

def bounded(path, most):
    """One byte more than may be there, and no more: longer is refused by its length."""
    with open(path, "rb") as file: return file.read(most + 1)

def main(arguments):
    if arguments[:1] == ["--vectors"]:
        folder = Path(arguments[1])
        for v in json.loads((folder / "index.json").read_text()):
            trust = read_trust((folder / v["trust"]).read_bytes().decode()) if v["trust"] else None
            beside = (folder / v["heads"]).read_bytes() if v.get("heads") else None
            print(json.dumps({"name": v["name"]} | answer((folder / v["file"]).read_bytes(), trust, beside)))
        return 0
    if arguments[:1] == ["--clock"]:
        for v in json.loads(Path(arguments[1]).read_text()):
            try: print(json.dumps(dates(datetime.fromisoformat(v["dispatch"].rstrip("Z")), v["zone"], v["comuna"], v["term"])))
            except Stop as s: print(json.dumps({"error": s.code}))
        return 0
    if not 1 <= len(arguments) <= 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        data = bounded(arguments[0], MAX_BUNDLE)
        trust = bounded(arguments[1], MAX_TRUST) if len(arguments) > 1 else None
        beside = bounded(arguments[2], MAX_HEADS) if len(arguments) > 2 else None
    except OSError as e:
        print(e, file=sys.stderr)
        return 3
    try: trust = trust and read_trust(trust.decode())
    except ValueError:
        print(f"{arguments[1]}: not a trust file", file=sys.stderr)
        return 2
    result = answer(data, trust, beside)
    print(json.dumps(result))
    return {"VALID": 0, "INVALID": 1, "INCOMPLETE": 4}[result["verdict"]]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
