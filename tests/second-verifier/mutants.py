#!/usr/bin/env python3
"""Are the vectors enough? Each check of verify.py is taken out in turn, and a vector must notice.

    mutants.py FOLDER    for each mutant the vector of FOLDER/index.json that notices it, or null: one line of JSON each

Made by themselves from the source: an `ensure`, a refusal, a signature that is not looked at; one part of a condition that has several; a bound that is one
off. IDEAS are wrong ideas that somebody could have of the page. All run in this one process; what only computes (ML-KEM, curve) is kept from one to the next.
"""
import ast, functools, json, sys, traceback
from pathlib import Path
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SOURCE = (Path(__file__).parent / "verify.py").read_text(encoding="utf-8")
# what computes and does not judge: the vectors notice a wrong computation at once, and it is not made again for each mutant
COMPUTES = {"brv7", "ntt", "inverse_ntt", "multiply", "add", "sample_ntt", "cbd2", "pack", "unpack", "compress", "ml_kem_encapsulate", "seal", "hkdf_expand",
            "expand", "msg", "h", "hchacha20", "turn", "sha", "be", "main", "bounded", "answer", "iso", "pad", "easter", "y_of", "white", "day", "square", "root_of", "leaf_of"}
IDEAS = [
    ("the local date is UTC's", ".astimezone(ZoneInfo(zone)).date()", ".date()"),
    ("everybody lives by Santiago's clock", "ZoneInfo(zone)", 'ZoneInfo("America/Santiago")'),
    ("there is no Easter", 'return easter(year) + timedelta(int(arg))', "return date(year, 1, 1)"),
    ("the solstice is always on the 21st", "20 if str(year) in twenty else 21", "21"),
    ("the solstice is always on the 20th", "20 if str(year) in twenty else 21", "20"),
    ("no holiday moves from a Tuesday to Monday", "{1: -1, 2: -2, 3: -3, 4: 3}", "{2: -2, 3: -3, 4: 3}"),
    ("none from a Wednesday", "{1: -1, 2: -2, 3: -3, 4: 3}", "{1: -1, 3: -3, 4: 3}"),
    ("none from a Thursday", "{1: -1, 2: -2, 3: -3, 4: 3}", "{1: -1, 2: -2, 4: 3}"),
    ("none from a Friday", "{1: -1, 2: -2, 3: -3, 4: 3}", "{1: -1, 2: -2, 3: -3}"),
    ("31 October never moves to a Friday before", "{1: -4, 2: 2}", "{2: 2}"),
    ("31 October never moves to a Friday after", "{1: -4, 2: 2}", "{1: -4}"),
    ("days between weekends are always holidays", 'return day if ["Mon", "Tue", "Wed", "Thu", "Fri"].index(more[0]) == w else None', "return day"),
    ("days between weekends are never holidays", 'return day if ["Mon", "Tue", "Wed", "Thu", "Fri"].index(more[0]) == w else None', "return None"),
    ("a day by law is no holiday", 'if kind == "once": return date.fromisoformat(arg)', 'if kind == "once": return None'),
    ("regional days are national", 'w == "CL" or comuna and comuna.startswith(tuple(w.split(",")))', "True"),
    ("there are no regional days", 'w == "CL" or comuna and comuna.startswith(tuple(w.split(",")))', 'w == "CL"'),
    ("a holiday of a region is one of its first comuna", 'comuna.startswith(tuple(w.split(",")))', 'comuna in w.split(",")'),
    ("a holiday of a comuna is one of its region", 'comuna.startswith(tuple(w.split(",")))', 'comuna.startswith(tuple(x[:2] for x in w.split(",")))'),
    ("Saturday is a business day", "day.weekday() < 5", "day.weekday() < 6"),
    ("Sunday is a business day", "day.weekday() < 5", "day.weekday() != 5"),
    ("holidays are business days", "day.weekday() < 5 and not holiday", "day.weekday() < 5"),
    ("the term counts from the dispatch", "CALENDAR.after(deemed, term, comuna)", "CALENDAR.after(day, term, comuna)"),
    ("a term includes the day of effect", "CALENDAR.after(deemed, term, comuna)", "CALENDAR.after(deemed, term - 1, comuna)"),
    ("both readings are the earlier", '("elapsed", 4,', '("elapsed", 3,'),
    ("both readings are the later", '("third_day", 3,', '("third_day", 4,'),
    ("clocks agree", "SKEW, HOUR = timedelta(seconds=60)", "SKEW, HOUR = timedelta(seconds=0)"),
    ("clocks may be an hour apart", "SKEW, HOUR = timedelta(seconds=60)", "SKEW, HOUR = timedelta(hours=1)"),
    ("an answer is good for a day", "timedelta(hours=1)\n", "timedelta(days=1)\n"),
    ("an answer is good for half an hour", "timedelta(hours=1)\n", "timedelta(minutes=30)\n"),
    ("the name before a signature says nothing", "if (n, i) == (name, key_id):", "if i == key_id:"),
    ("the key id says nothing", "if (n, i) == (name, key_id):", "if n == name:"),
    ("one good signature is enough", 'except (InvalidSignature, ValueError): raise invalid("signature", self.part)', "except (InvalidSignature, ValueError): continue"),
    ("a bad signature is a form", 'except (InvalidSignature, ValueError): raise invalid("signature", self.part)',
     'except (InvalidSignature, ValueError): raise invalid("note", self.part)'),
    ("only the newest device designates", 'signed_by("lacre-device", devices)', 'signed_by("lacre-device", state["devices"].values())'),
    ("any device of the past grants", '"grant"); note.signed_by("lacre-device", state["devices"].values())', '"grant"); note.signed_by("lacre-device", devices)'),
    ("devices that came later say nothing", "for s in states for d, k in", "for s in states[:1] for d, k in"),
    ("the newest device alone speaks", "for s in states for d, k in", "for s in states[-1:] for d, k in"),
    ("a device speaks for any account", "if who == (account, d)]", "if who[1] == d]"),
    ("any device of the account signs for another", "if who == (account, d)]", "if who[0] == account]"),
    ("any trusted relay signs", 'if issuer[0] == "relay" and issuer[1][1] == k]', 'if issuer[0] == "relay"]'),
    ("an agency's record is signed by whoever's", "if certificate[\"code\"] == (who if kind == \"agency\" else who[0]) else []", ""),
    ("a handing over by anybody lets a device open", '"ContentHandover by device")', '"ContentHandover")'),
    ("an agency may hand over", '("device officer", "SubmissionAcceptance")', '("device officer agency", "SubmissionAcceptance")'),
    ("a lost notice is no contradiction", '"RelayRejection", "RelayFailure"}', '"RelayRejection"}'),
    ("a refused notice is no contradiction", '{"SubmissionRejection", "RelayRejection", ', '{"RelayRejection", '),
    ("a notice refused elsewhere is no contradiction", '"SubmissionRejection", "RelayRejection", ', '"SubmissionRejection", '),
    ("letters speak for the delivery", 'PAPER = {"SubmissionRejection", "RelayRejection", "RelayFailure"}, ("RelayToNonERDS", "ReceivedFromNonERDS")',
     'PAPER = {"SubmissionRejection", "RelayRejection", "RelayFailure"}, ()'),
    ("the certificate did not go with the notice", 'parts["certificate"].encode(), parts["lookup"]', 'b"", parts["lookup"]'),
    ("the salt did not go with the notice", 'opening["salt"], opening["return_"] or b""', 'b"", opening["return_"] or b""'),
    ("the token did not go with the notice", 'opening["return_"] or b"")', 'b"")'),
    ("files are not in the digest", "*(f[2] for f in n[\"files\"])", ""),
    ("copies start terms", '.startswith(("original", "corrects"))', '.startswith(("original", "corrects", "copy"))'),
    ("trials start terms", '.startswith(("original", "corrects"))', '.startswith(("original", "corrects", "trial"))'),
    ("corrections start no term", '.startswith(("original", "corrects"))', '.startswith("original")'),
    ("personal communications start terms", 'if n["type"].startswith("NT") and', "if"),
    ("version 1 is version 2", 'startswith(f"{kind}{version}\\n".encode())', 'startswith((f"{kind}{version}\\n".encode(), f"{kind}{version - 1}\\n".encode()))'),
    ("lines end in a return too", 'self.rest = body.split("\\n")', 'self.rest = body.replace("\\r", "").split("\\n")'),
    ("a last line needs no end", 'if self.rest.pop() != "" or', 'if self.rest[-1] == "" and self.rest.pop() or'),
    ("a reply's receipt is by whatever relay", 'relay_keys(("relay", grant["relay"])))', 'keys["relay"])'),
    ("a reply is by whatever device of the account", 'if d == reply["device"]]', "]"),
    ("devices that came later reply nothing", "[k for s in states for d, k in s[\"devices\"].items() if d == reply", "[k for s in states[:1] for d, k in s[\"devices\"].items() if d == reply"),
    ("the newest device alone replies", "[k for s in states for d, k in s[\"devices\"].items() if d == reply", "[k for s in states[-1:] for d, k in s[\"devices\"].items() if d == reply"),
    ("a body looks for every answer", "range(64)]", "range(65)]"),
    ("a body looks for the first answers", "range(64)]", "range(63)]"),
    ("an answer's place says nothing", 'aad = hchacha20(expand(seed, 32, RETURN, b"key"), entry[:16]), msg("lacre notice return entry v1", channel, place)',
     'aad = hchacha20(expand(seed, 32, RETURN, b"key"), entry[:16]), b""'),
    ("a text's bytes are not counted", "(sha(words), len(words))", '(sha(words), reply["text"][1])'),
    ("a file's bytes are not counted", "[(sha(f), len(f)) for f in files]", '[(sha(f), g[1]) for f, g in zip(files, reply["files"], strict=True)]'),
    ("one device of two administrators is enough", "any(a != b and k != l for", "any(a != b for"),
    ("two devices of one administrator are enough", "any(a != b and k != l for", "any(k != l for"),
    ("whoever approves may sign lists", '(o["account"], "administrator") in in_force["officials"]]', 'o["account"] in [a for a, _ in in_force["officials"]]]'),
    ("whom the registrar calls an administrator may sign every list", '(o["account"], "administrator") in in_force["officials"]]', 'o["post"] == "administrator"]'),
    ("any official of the body begins its roles", 'if o["post"] == "administrator"]', "]"),
    ("a list is signed by who held a post once", 'if roles["made"] <= o["until"]]', "]"),
    ("a list is signed by who held a post already", 'if roles["made"] <= o["until"]]', 'if o["from_"] <= roles["made"] <= o["until"]]'),
    ("a post is for ever", 'if o["from_"] <= time + SKEW and time <= o["until"]]', 'if o["from_"] <= time + SKEW]'),
    ("a post was always", 'if o["from_"] <= time + SKEW and time <= o["until"]]', 'if time <= o["until"]]'),
    ("an approval is by whatever device of the account", 'if d == word["device"]]', "]"),
    ("a thousand rows need two", '<= 1000 else 2)', '< 1000 else 2)'),
    ("so many rows need one", '(1 if batch["rows"][0] <= 1000 else 2)', "1"),
    ("a drafter counts as an approver", 'if w["as_"] == "approver"]', "]"),
    ("a row has no place", "be(index), n[\"id\"]", "be(0), n[\"id\"]"),
    ("files have no names in a row", "media.encode(), name.encode())]", "media.encode(), b'')]"),
    ("any relay's head notes count", 'x["relay"][1] == receipt["issuer"][1][1] and x["channel"]', 'x["channel"]'),
    ("those of any casilla count", ' and x["channel"] == receipt["channel"]]', "]"),
    ("those of any store count", 'if x["generation"] == receipt["generation"]]', "]"),
    ("a relay remembers for ever", "REMEMBERED = timedelta(days=730)", "REMEMBERED = timedelta(days=10 ** 6)"),
    ("one list that has the entry is enough", 'if x in lists and receipt["entry"] not in x["list"]', 'if x in lists and all(receipt["entry"] not in y["list"] for y in lists)'),
    ("an empty casilla needs a list", 'ids = None if head["count"] else []', "ids = None"),
    ("a note without a list says that the entry is not there", 'if x in lists and receipt["entry"] not in x["list"]', 'if x in times and receipt["entry"] not in (x["list"] or [])'),
    ("a bad file of head notes spoils the evidence", 'except Stop as s: told = f"{s.verdict} {s.code}"', "except ZeroDivisionError: pass"),
    ("a list is of its own note only", '[x | {"list": lists.get((x["count"], x["ids"]))} for x in out]', "out"),
    ("files that are there are left out", "return [f is not None for f in files]", "return [False for f in files]"),
]
# condition that is taken out: why no vector can notice. One line each, and nothing that could be noticed.
EQUAL = {
    "opened: without `ensure(len(data) <= most, 'container')`": "the vector would have 256 MiB",
    "__init__: without `len(raw.encode()) > 1000000`": "the vector would have a megabyte",
    "line: without `ensure(0 <= end, 'container')`": "what is read instead begins at the first line, and is no part's line either",
    "line: one off in `0 <= end`": "as above",
    "read_trust: without `lines.end()`": "a wrong trust file gives no verdict: exit 2",
    "dates: without `if not CALENDAR.first <= day`": "no rule was law before the calendar begins; the clock's own vectors hold it",
    "dates: one off in `CALENDAR.first <= day`": "as above",
    "opened: one off in `len(data) <= most`": "the vector would have 256 MiB",
}


def mutants():
    """Name, the lines that are changed, and the source."""
    tree = ast.parse(SOURCE)
    for owner in ast.walk(tree):
        if isinstance(owner, ast.FunctionDef) and owner.name not in COMPUTES: yield from of_function(tree, owner)
    for name, old, new in IDEAS:
        if SOURCE.count(old) == 0: raise SystemExit(f"the source has no such line any more: {name}")
        first = SOURCE[:SOURCE.index(old)].count("\n") + 1
        yield name, range(first, first + 1), SOURCE.replace(old, new)


def of_function(tree, owner):
    inner = {id(n) for f in ast.walk(owner) if isinstance(f, ast.FunctionDef) and f is not owner for n in ast.walk(f)}
    def changed(node, field, value, what, at=None):
        old = getattr(node, field)
        setattr(node, field, value)
        source = ast.unparse(tree)
        setattr(node, field, old)
        at = at or node
        return f"{owner.name}: {what}", range(at.lineno, at.end_lineno + 1), source
    def conditions(holder, field, joint):
        test = getattr(holder, field)
        if isinstance(test, ast.BoolOp) and isinstance(test.op, joint):
            for i, value in enumerate(test.values):
                rest = test.values[:i] + test.values[i + 1:]
                yield changed(test, "values", rest, f"without `{ast.unparse(value)}`")
    def calls(node, name): return isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == name
    for node in ast.walk(owner):
        if id(node) in inner: continue
        for block in ("body", "orelse"):
            for i, statement in enumerate(getattr(node, block, []) if isinstance(getattr(node, block, None), list) else []):
                if isinstance(statement, ast.Expr) and any(calls(statement.value, n) for n in ("ensure", "signed_by", "end", "parties")):
                    rest = getattr(node, block)[:]
                    rest[i] = ast.Pass()
                    yield changed(node, block, rest, f"without `{ast.unparse(statement)}`", statement)
        if calls(node, "ensure"):
            args = node.args
            if isinstance(args[0], ast.BoolOp) and isinstance(args[0].op, ast.And):
                yield from conditions(ast.Expr(args[0]), "value", ast.And)
        refuses = lambda body: len(body) == 1 and (isinstance(body[0], ast.Raise) or isinstance(body[0], ast.Expr) and calls(body[0].value, "bad"))
        if isinstance(node, ast.If) and refuses(node.body):
            yield changed(node, "test", ast.Constant(False), f"without `if {ast.unparse(node.test)}`", node.test)
            yield from conditions(node, "test", ast.Or)
        if isinstance(node, ast.IfExp) and calls(node.orelse, "bad"):
            yield changed(node, "test", ast.Constant(True), f"without `if {ast.unparse(node.test)}`")
            yield from conditions(node, "test", ast.And)
        if isinstance(node, ast.Compare):
            for i, op in enumerate(node.ops):
                other = {ast.Lt: ast.LtE, ast.LtE: ast.Lt}.get(type(op))
                if other: yield changed(node, "ops", node.ops[:i] + [other()] + node.ops[i + 1:], f"one off in `{ast.unparse(node)}`")


POW = functools.cache(pow)
class Key:
    """A public key that remembers what it has verified."""
    def __init__(self, key): self.key = key
    from_public_bytes = classmethod(lambda cls, key: cls(key))
    def verify(self, signature, text):
        if not verified(self.key, signature, text): raise InvalidSignature
@functools.cache
def verified(key, signature, text):
    try: Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
    except (InvalidSignature, ValueError): return False
    return True


def module(source, kept=None):
    space = {"__name__": "mutant", "__file__": str(Path(__file__).parent / "verify.py")}
    exec(compile(source, "verify.py", "exec"), space)
    for name in ("ml_kem_encapsulate", "unpack"): space[name] = kept[name] if kept else functools.cache(space[name])
    space |= {"pow": POW, "Ed25519PublicKey": Key}
    return space


def main(folder):
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    files = {v["name"]: (folder / v["file"]).read_bytes() for v in index}
    trusts = {name: (folder / name).read_bytes().decode() for name in {v["trust"] for v in index} - {None}}
    besides = {v["name"]: (folder / v["heads"]).read_bytes() if v.get("heads") else None for v in index}
    expected = {v["name"]: (v["verdict"], v["code"], json.dumps(v.get("proves"), sort_keys=True)) for v in index}

    def differs(space, v):
        try:
            trust = space["read_trust"](trusts[v["trust"]]) if v["trust"] else None
            found = space["answer"](files[v["name"]], trust, besides[v["name"]])
        except Exception: return True  # a verifier that stops on a bundle is noticed
        return (found["verdict"], found["code"], json.dumps(found.get("proves"), sort_keys=True)) != expected[v["name"]]

    honest = module(SOURCE)
    wrong = [v["name"] for v in index if differs(honest, v)]
    if wrong: raise SystemExit(f"the verifier itself is not right about {wrong}")

    def refused_at(v):
        """The lines of the verifier by which it refuses a vector: who changes one of them is noticed by this vector first."""
        try: honest["verify"](files[v["name"]], honest["read_trust"](trusts[v["trust"]]) if v["trust"] else None, besides[v["name"]])
        except Exception as e:
            lines = set()
            while e:
                lines |= {line for frame, line in traceback.walk_tb(e.__traceback__) if frame.f_code.co_filename == "verify.py"}
                e = e.__context__
            return lines
        return set()
    refused = {v["name"]: refused_at(v) for v in index}
    order, seen = list(index), set()
    for name, lines, source in mutants():
        if name in EQUAL or (name, source) in seen: continue
        seen.add((name, source))
        try: space = module(source, honest)
        except Exception:
            print(json.dumps({"mutant": name, "noticed_by": "it does not even start"}), flush=True)
            continue
        near = sorted(order, key=lambda v: not refused[v["name"]].intersection(lines))
        by = next((v for v in near if differs(space, v)), None)
        if by: order.insert(0, order.pop(order.index(by)))  # who noticed one notices the next
        print(json.dumps({"mutant": name, "noticed_by": by and by["name"]}), flush=True)
    unused = set(EQUAL) - {name for name, _ in seen} - {name for name, _, _ in mutants()}
    if unused: raise SystemExit(f"no such mutant any more: {unused}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
