### The legal clock, the calendar and the verifier of evidence.

help-clock = From when a notice counts, and until when one may appeal
    .dispatch = Instant of the dispatch, as 2026-07-06T14:00:00Z
    .zone = Zone of the agency: America/Santiago, America/Coyhaique, America/Punta_Arenas, Pacific/Easter
    .comuna = Code of the agency's comuna, five digits, for regional holidays
    .rule = CL-46-2026, CL-D4-27, CL-letter or CL-counter (CL-46-2026)
    .term = Business days to appeal
    .more = Needs no relay, no profile and no network.
help-calendar = Lists the legal holidays of a year
    .year = The year
    .comuna = Code of a comuna, five digits: adds its regional holidays
help-verify = Verifies evidence of a notice, without network
    .file = The evidence
    .trust = File with the keys that you trust; get it from elsewhere than the evidence
    .explain = Tells who sent what to whom, when, and what follows by law
    .etsi = Writes the ETSI EN 319 522 records to this file, as JSON
    .pdf = Writes a certificate for the case file
    .more =
        Exit codes: 0 VALID, 1 INVALID (something is wrong), 2 written wrongly, 3 a file could not be read or written,
        4 INCOMPLETE (nothing is wrong, something is missing).
        The format is told in audit/FORMAT.md; anybody can write another verifier.

day-monday = Mon
day-tuesday = Tue
day-wednesday = Wed
day-thursday = Thu
day-friday = Fri
day-saturday = Sat
day-sunday = Sun
date = { $weekday } { $date }

clock-dispatch = Dispatch: { $day }, { $time } in { $zone } ({ $comuna ->
        [none] no comuna: national holidays only
       *[other] comuna { $comuna }
    })
clock-calendar = Calendar { $id } (SHA-256 { $hash })
clock-reading = Reading { $rule }: { $law }
clock-words = It is { $text }.
clock-not-in-force = This rule was not in force on that day; it is shown to compare.
clock-deemed = Takes effect: { $day }
clock-last = Last day of the term of { $term } business days: { $day }
clock-citizen = Safe for the person: it counts from { $day }{ $last ->
        [none] {""}
       *[other] , and one may appeal until { $last }
    } (the earlier reading, { $rule })
clock-agency = Safe for the agency: it may act as if notified from { $day }{ $last ->
        [none] {""}
       *[other] , and the term has ended after { $last }
    } (the later reading, { $rule })
clock-comuna-note = Whose comuna governs is not settled in law: the agency's is used.
mark-start = dispatch: not counted
mark-counted = business day { $n }
mark-deemed = business day { $n }: takes effect
mark-at-once = takes effect at once
mark-term = day { $n } of the term
mark-last = day { $n } of the term: the last
mark-weekend = weekend: not counted
mark-holiday = { $name } ({ $law }): not counted

error-clock-range = That date cannot be computed.
    .why = The calendar { $calendar } knows { $from } to { $through } only, and a day outside would have to be counted.
    .do = Use a newer version with a newer calendar.
error-proof-one-place = Nothing was written.
    .why = Both --pdf and --etsi name { $name }.
    .do = Give each a file of its own.
error-proof-trust = The trust file { $file } is not of its form.
    .why = { $why }
    .do = Get it again from whoever you trust. It begins with "lacre trust v1".
error-proof-not-valid = Nothing was written.
    .why = The evidence is { $verdict }: only what is VALID is certified.
    .do = See what is wrong or missing, above.

error-proof-conversation = Nothing was written.
    .why = It is an exported conversation: there is no certificate of a notice for it.
    .do = Check it without --pdf and --etsi.
export-checked = an exported conversation. Messages signed by who is said: { $signed }; of these, with the relay's receipt: { $receipts }.
export-fault-missing = it bears no signature
export-fault-account = its keys are not those that the registrar gave to that name
export-fault-signature = the signature is not that person's
export-fault-shown = what is shown is not what was signed
export-fault-receipt = the receipt is not the relay's, or is of another message
verdict-valid = VALID: all of it is proven.
verdict-invalid = INVALID: { $why } ({ $code }, in { $part }).
verdict-incomplete = INCOMPLETE: { $why } ({ $code }: { $what }).
verdict-compare = The evidence says it was made with these keys. Compare them with those that the registrar and the relay publish:
verdict-key = { $office ->
        [registrar] registrar
        [relay] relay
       *[gateway] gateway
    }: { $key }
verdict-if-trusted = If they are the right ones:
fault-container = it is not evidence, or its form is broken
fault-checksum = bytes were changed or cut
fault-note = a text is not of its form
fault-keys = it was made with a key that your trust file does not name
fault-signature = it is not signed by whom it must be signed
fault-certificate-period = it lies outside the period of the agency's certificate
fault-other-agency = the registrar answered another agency
fault-commitment = RUN and salt do not fit the registrar's answer
fault-exempt = the registrar said that no electronic notice takes effect, yet one is shown
fault-account-chain = the account's states do not follow each other
fault-other-account = it is of another account than the registrar named
fault-other-state = it is not the account state that the registrar named
fault-other-designation = the designation is not the one that the registrar named
fault-other-grant = it is not the grant that the registrar handed out
fault-notice-link = the notice names another certificate, answer, person, account, grant or place
fault-rule = rule or calendar have another text than their name says, or do not fit
fault-no-receipt = there is no receipt of a relay
fault-other-relay = another relay received it than the person's
fault-other-channel = it went to another channel than the person's
fault-receipt-early = the receipt is older than the registrar's answer or than the notice
fault-lookup-stale = the registrar's answer was more than an hour old
fault-grant-period = it was received outside the period that the person granted
fault-file = a file is not the one that the agency signed
fault-envelope = the relay received other bytes than this notice gives
fault-event = a record may not be signed by its issuer, or does not fit this notice
fault-contradiction = the relay says both that it took the notice and that it refused or lost it
lack-version = it is of another version of the format: with version 1 nothing was ever sent, a later one needs a newer program
lack-missing = a part is missing
lack-rule-unknown = this program does not have that rule or calendar
lack-calendar-range = the calendar does not reach that far
lack-reserved = it has something that this program cannot check yet
lack-ledger = your trust file demands a proof from the ledger
lack-trust = nobody has said whom to trust (--trust)

story-title = Certificate of electronic notice
story-verified = Verified offline with Lacre { $version }; the evidence is VALID.
story-who = Who, to whom
story-from = Sender
story-from-value = { $name } (code { $code })
story-to = Recipient
story-to-value = RUN { $run }
story-case = Case file (IUIe)
story-procedure = Procedure
story-type = Type
story-type-nt = Notification (NT), stage: { $stage ->
        [start] 1, start of the procedure
        [inquiry] 2, inquiry
       *[end] 3, end of the procedure
    }
story-type-cp = Personal communication (CP): starts no term
story-type-ci = Institutional communiqué (CI): starts no term
story-subject = Subject
story-description = Description
story-file = File { $n }: { $name }
story-file-here = { $len } bytes, SHA-256 { $hash }; it is in the evidence
story-file-left-out = { $len } bytes, SHA-256 { $hash }; left out of the evidence
story-uri = Address
story-when = When
story-asked = The registrar confirmed the recipient's account
story-made = The agency signed
story-sent = In the recipient's box (dispatch)
story-sent-value = { $utc } UTC = { $local } in { $zone }
story-alert = Courtesy alert
story-alert-none = no record of one
story-alert-sent = sent { $at }
story-alert-failed = failed { $at }
story-handed-over = Opened by a device of the recipient
story-opened = Read by the recipient
story-refused = Refused by the recipient (no legal effect in Chile)
story-does-not-open = A device could not open it
story-law = What follows by law
story-no-term = This kind of act informs; it starts no term.
story-reading = { $rule }: { $law }
story-reading-value = takes effect on { $day }{ $last ->
        [none] {""}
       *[other] ; last day of the term of { $term } business days: { $last }
    }
story-citizen = For the recipient
story-citizen-value = one may appeal until { $day } (the earlier reading)
story-citizen-no-term = it counts from { $day } (the earlier reading)
story-agency = For the agency
story-agency-value = it may act as if notified from { $day } (the later reading)
story-computed = The dates are computed from the dispatch, the place of the agency and calendar { $calendar }; anybody can compute them again. Delivery or reading does not move them.
story-proofs = What each signature proves
story-proof-registrar = The registrar proves that this agency has this key, and that the recipient's RUN had this account and this box when it was asked.
story-proof-device = The recipient's device proves that this box and this key are the recipient's.
story-proof-agency = The agency proves what it wrote: the notice names each file by its digest.
story-proof-relay = The relay proves that exactly these sealed bytes were in that box at that time. It could not read them.
story-proof-later = Later records are the recipient's own devices' word: when they opened it.
story-not-reached = Electronic notice is not possible
story-exempt = When the agency asked, the registrar answered that this person is exempt: notify by letter or at the counter.
story-no-account = When the agency asked, the registrar answered that this person has no account: notify by letter or at the counter.
story-digest = SHA-256 of the evidence
story-qr = QR code with the SHA-256 of the evidence: { $digest }
story-page = Page { $n } of { $of }
story-check = Check it without trusting anybody: lacre verify FILE --trust FILE
