### The legal clock, the calendar and the verifier of evidence.

help-clock = From when a notice counts, and when a term ends
    .dispatch = Instant of the dispatch, as 2026-07-06T14:00:00Z
    .zone = Zone of the agency: America/Santiago, America/Coyhaique, America/Punta_Arenas, Pacific/Easter
    .comuna = Code of the agency's comuna, five digits, for regional holidays
    .rule = CL-46-2026, CL-D4-27, CL-letter or CL-counter (CL-46-2026)
    .term = Business days of the term
    .more = Needs no relay, no profile and no network.
help-calendar = Lists the legal holidays of a year
    .year = The year
    .comuna = Code of a comuna, five digits: adds its regional holidays
help-verify = Verifies evidence of a notice, without network
    .file = The evidence
    .trust = File with the keys that you trust; get it from elsewhere than the evidence
    .head = The relay's words for what the box held ("lacre notice proof"): did it keep the notice back?
    .explain = Tells who sent what to whom, when, and what follows by law
    .etsi = Writes the ETSI EN 319 522 records to this file, as JSON
    .pdf = Writes a report of the check for the case file, as PDF
    .put-back = A file that was left out of the evidence, by its number: --file 1=annex.pdf
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
       *[other] , and { $last } is the last day of the term
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

error-proof-no-such-file = Nothing was checked.
    .why = The notice has no file number { $n }.
    .do = See the numbers with --explain: 0 is the body, 1 the first annex.
error-proof-file-there = Nothing was checked.
    .why = File { $n } is in the evidence already, or was named twice.
    .do = Leave away --file { $n }=…
error-proof-other-file = Nothing was checked.
    .why = { $file } is not file { $n } of the notice: its length or its SHA-256 is another. That says nothing of the evidence.
    .do = Get the file that the sender signed, or leave it away.
error-proof-heads = Nothing was written.
    .why = The file has a relay's words for what boxes held, and no evidence of a notice.
    .do = Leave the other options out, or name the evidence and give this file with --head.
error-proof-conversation = Nothing was written.
    .why = It is an exported conversation: there is no certificate of a notice for it.
    .do = Check it without --pdf, --etsi and --file.
export-checked = an exported conversation. Messages signed by who is said: { $signed }; of these, with the relay's receipt: { $receipts }.
export-fault-missing = it bears no signature
export-fault-account = its keys are not those that the registrar gave to that name
export-fault-signature = the signature is not that person's
export-fault-shown = what is shown is not what was signed
export-fault-receipt = the receipt is not the relay's, or is of another message
export-fault-time = a time that is shown is not the one that was signed
export-fault-place = it was said in another conversation, stands there twice, or is not in its order
export-lack-first = it was edited: nothing proves when it was first written, and what it answers
export-lack-time = nothing proves when the relay had stored it: there is no receipt
export-lack-group = it was said in another group: nothing proves that the conversation went on there
export-lack-words = a line that no member signed, with somebody's words
export-lack-others = signs, or marks that it came, stand beside it: nothing proves them
export-lack-name = nothing proves whose this name is
export-lack-nothing = nothing in this file is signed
export-not-checked = Checked of each message: who wrote what, in answer to what, when by the writer's clock; where there is a receipt, when the relay had stored it, and the order. Not checked: whether messages were left out, lines that no member wrote (who came, left, or changed what), who else is a member, and the group's name.
verdict-valid = VALID: it fits together, and it is signed with keys that you trust.
verdict-invalid = INVALID: { $why } ({ $code }, in { $part }).
verdict-incomplete = INCOMPLETE: { $why } ({ $code }: { $what }).
heads-valid = VALID: a trusted relay said what these boxes held.
heads-box =
    Box { $channel } of { $relay }: at { $time } the relay had taken { $count ->
        [0] nothing
        [one] one entry
       *[other] { $count } entries
    } into it, the same since { $same }; { $notes ->
        [one] one word
       *[other] { $notes } words, the first of { $first }
    }.
head-proves-nothing = The file of head notes proves nothing: { $why } ({ $code }).
head-says-nothing = The head notes say nothing of this evidence.
head-says-withheld = At { $time } the relay signed that this entry is not in the box, after it had signed a receipt for it.
head-says-holds = At { $time } the relay confirmed that this entry was in the box.
head-says-other-casilla = The head notes are about another box or relay, and say nothing of this notice.
head-says-other-store = The head notes are of another store of the relay, from before or behind a restore, and say nothing of this notice.
head-says-other-time = No head note falls between a minute and two years after the receipt: they say nothing of this notice.
head-says-no-list = The list of entries is not in the file: the head notes say nothing of this notice.
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
fault-approval = an approval is not by an official who may, is of another batch, or the notice names other ones
fault-approval-row = it is not what the officials approved, or was made at another time than they approved
fault-approval-few = fewer officials approved it than so many notices need
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
fault-reply = a reply, or the receipt of a record, is not of this notice, or not what the relay signed that it took
fault-withheld = the relay signed a receipt for this notice, and later that it is not in the box: it contradicts itself
fault-ids = the list of entries is not the one that the relay signed
fault-contradiction = the relay says both that it took the notice and that it refused or lost it
lack-version = it is of another version of the format: with version 1 nothing was ever sent, a later one needs a newer program
lack-missing = a part is missing
lack-rule-unknown = this program does not have that rule or calendar
lack-calendar-range = the calendar does not reach that far
lack-reserved = it has something that this program cannot check yet
lack-ledger = your trust file demands a proof from the ledger
lack-trust = nobody has said whom to trust (--trust)

## what a bundle proves, told
title-notice = Check of an electronic notice
title-communication = Check of an electronic personal communication
title-communique = Check of an electronic communiqué
title-exempt = Check of a registrar's answer: this person is exempt from electronic notices
title-no-account = Check of a registrar's answer: this person has no account for electronic notices
approved-by-nobody = Nobody is shown to have approved it: it was made by whoever held the body's key alone.
approved-by = { $n ->
        [one] Approved by the official { $who }
       *[other] Approved by the officials { $who }
    }, as one of { $rows ->
        [one] { $rows } notice
       *[other] { $rows } notices
    }; { $drafter ->
        [none] drafted by whoever held the body's key, and nobody signed for that.
       *[other] drafted by { $drafter }. Who they are is the registrar's word.
    }
warning-left-out = { $n ->
        [one] File { $numbers } is not in the evidence: nothing here shows that the relay took it. Put it back to check it: --file NUMBER=PATH.
       *[other] Files { $numbers } are not in the evidence: nothing here shows that the relay took them. Put them back to check them: --file NUMBER=PATH.
    }
warning-against = { $n ->
        [one] One record speaks against the delivery, or says that something went wrong or another way.
       *[other] { $n } records speak against the delivery, or say that something went wrong or another way.
    }
instant = { $day }, { $time } in { $zone } = { $utc }
long-date = { $weekday } { $day } { $month } { $year }
long-weekdays = —
    .n1 = Monday
    .n2 = Tuesday
    .n3 = Wednesday
    .n4 = Thursday
    .n5 = Friday
    .n6 = Saturday
    .n7 = Sunday
long-months = —
    .n1 = January
    .n2 = February
    .n3 = March
    .n4 = April
    .n5 = May
    .n6 = June
    .n7 = July
    .n8 = August
    .n9 = September
    .n10 = October
    .n11 = November
    .n12 = December
story-attention = Attention
story-who = Who, to whom
story-from = Sender
story-code = Code of the sender
story-place = Place of the sender
story-place-value = { $zone }, { $comuna ->
        [none] no comuna: national holidays only
       *[other] comuna { $comuna }: its regional holidays count too
    }
story-to = Recipient (RUN)
story-what = What
story-notice = Notice
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
story-file = File { $n }
story-file-what = what is known of it
story-file-value = { $state ->
        [here] in the evidence, and the one that the relay took
        [put-back] put back for this check (--file { $n }=…), and the one that the relay took
       *[left-out] NOT in the evidence: not checked until it is put back (--file { $n }=PATH)
    }; { $len } bytes, SHA-256 { $hash }
story-uri = Address
story-when = When
story-asked = The registrar answered that the recipient has an account
story-made = Signed by the sender, by its own clock
story-sent = Taken into the recipient's box by the relay (dispatch)
story-transaction = Transaction code
story-alert-none = No record says that a courtesy alert was sent, or that one failed.
story-opened-none = No record says that the notice was opened or handed over.
story-law = What follows by law
story-standing = Beside others
story-standing-copy = a copy of the notice whose note has the hash { $notice }
story-standing-corrects = it corrects the notice whose note has the hash { $notice }, and has dates of its own
story-standing-trial = a trial: nothing follows from it
story-no-term-trial = This is a trial: nothing follows from it.
story-no-term-copy = This is a copy: it starts no term. The dates are those of its original, whose own evidence proves them.
story-no-term = This kind of act informs; it starts no term.
story-register = All of this holds if the recipient's address has legal effect: that stands in the register of digital addresses, not in this evidence.
story-counted-from = Day of dispatch, not counted
story-reading = Reading { $rule } ({ $law })
story-reading-value = takes effect on { $day }{ $last ->
        [none] {""}
       *[other] ; the term of { $term } business days that the sender names ends on { $last }
    }
story-skipped = Legal holiday, not counted
story-skipped-value = { $day }: { $name } ({ $law })
story-skipped-none = none; Saturdays and Sundays are not counted either
story-citizen = Safe for the recipient
story-citizen-value = to take { $day } for the last day of the term (the earlier reading)
story-citizen-no-term = to count from { $day } (the earlier reading)
story-citizen-known = That day counts from when the person replied, acknowledged or refused it, or had it handed over at the counter: it may show that she knew the act by then (Ley 19.880, art. 47). Without that it would be { $day }.
story-agency = Safe for the sender
story-agency-value = to take the notice as made from { $day } on (the later reading)
story-computed = Nobody signs these dates. They are computed from the dispatch, the place of the sender, the rules and the calendar named below, and anybody can compute them again (lacre clock). Whether a notice was opened does not move them. What legal remedy there is, and its term, is a matter of law and of the act itself.
story-records = Records in the evidence
story-records-cut = Each is the word of its issuer. Whoever made the evidence chose them: further records may exist that are not here.
story-replies = Replies of the person
story-replies-word = A device of the person signed each text; the relay signed when it took, without being able to read it, what holds the text. There may be others that are not here.
story-reply = Reply { $n }
story-reply-when = taken by the relay
story-reply-term = term
story-reply-term-value = { $within ->
    [all] within the term by every reading of the law
    [longest] within the term only by the longest reading
   *[late] after the end of the term
}
story-reply-text = text
story-reply-digest = SHA-256 of the text
story-reply-file = file
story-reply-file-value = { $name }, { $len } bytes, SHA-256 { $hash }
record = Record { $n }
record-what = { $what } ({ $event })
record-when = at
record-issuer = says
record-reason = reason
record-reference = reference
record-parties = names
record-parties-value = from { $sender }, to { $recipient }
record-id = its id
issuer-relay = the relay { $address }
issuer-device = device { $device } of the recipient's account
issuer-agency = the sender { $code } itself
issuer-officer = an official of the sender { $code }, under the sender's own key: { $name }
issuer-gateway = the gateway of alerts: { $name }
party-agency = { $code }
party-account = account { $id }
party-channel = box { $id }
party-unknown = somebody it does not know
event-submission-acceptance = the relay took the sealed notice into the recipient's box
event-submission-rejection = the relay refused the sealed notice
event-relay-acceptance = another relay took it over
event-relay-rejection = another relay refused it
event-relay-failure = it could not be handed to another relay
event-consignment-acceptance = the recipient accepts the delivery (in Chile that starts no term by itself; it may show that the act was known by then, Ley 19.880 art. 47)
event-consignment-rejection = the recipient refuses the delivery (no legal effect in Chile)
event-alert-sent = a courtesy alert was sent
event-alert-failed = a courtesy alert could not be sent
event-alert-arrived = a courtesy alert arrived
event-alert-opened = a courtesy alert was opened
event-opened = the notice was opened on a device of the recipient's account
event-handed-over = a device of the recipient's account fetched the notice and could open it
event-handed-over-in-person = the notice was handed over at a counter
event-does-not-open = a device of the recipient's account could not open it, or it does not match
event-letter-sent = it was sent by letter instead
event-letter-failed = the letter could not be delivered
event-paper-came = something came back on paper
event-unsigned = an event that nobody signs
reason-not-permitted = the box is unknown, or the right to write to it was wrong
reason-over-limit = a limit of the relay
reason-outage = a system was down
reason-does-not-open = it does not open with the recipient's key
reason-does-not-match = it is not what the notice says
reason-no-alert-address = there is no address for alerts
reason-alert-refused = the alert's carrier refused it
reason-person-refuses = the recipient does not want it
reason-not-me = it is for another person
reason-in-person = in person, at a counter
reason-post-office = the post office that delivers received the letter
reason-letter-returned = the post brought the letter back
story-proofs = Whose word each thing is
story-proof-registrar = The registrar says that this sender has this key, and that this RUN had this account and this box when it was asked.
story-proof-device = A device of that account says that this box and its key are the recipient's.
story-proof-agency = The sender says what it wrote, and names each file by its digest.
story-proof-relay = The relay says that it took exactly this sealed envelope into that box at that instant, by its clock. It could not read it.
story-proof-later = Further records are the word of their issuers, as shown with each.
story-limits = What this does not show
story-limit-read = That a person read the notice: no signature can say that.
story-limit-later = That nothing happened later: later records may have been left out, and refusals, failures or corrections may be elsewhere.
story-limit-answer = What happened after the registrar's answer.
story-limit-clock = That the clocks of the signers were right: there is no public ledger in this version.
story-limit-unsigned = This report is signed by nobody and proves nothing by itself: the proof is the file of evidence, and anybody can check it again.
story-not-reached = Electronic notice is not possible
story-exempt = When the sender asked, the registrar answered that this person is exempt: notify by letter or at the counter.
story-no-account = When the sender asked, the registrar answered that this person has no account: notify by letter or at the counter.
story-answered = The registrar answered
story-answer-id = Id of the answer
story-trusted = Keys that all of this rests on
story-trust-file = SHA-256 of the trust file
story-trust-none = Nobody has said whom to trust: the keys of registrar and relay are those that the evidence itself claims.
trusted-key = { $office ->
        [registrar] Key of the registrar
        [relay] Key of the relay
       *[gateway] Key of the gateway of alerts
    }
story-agency-key = Key of the sender
story-agency-from = good from
story-agency-until = good until
story-certificate = Note hash of its certificate
story-account = Account of the recipient
story-rule = Rule, SHA-256
story-calendar = Calendar, SHA-256
story-steps = How to repeat this check
story-checked = Checked at, by this computer's clock
story-program = Program: lacre
story-digest = SHA-256 of the evidence
story-step-keys = 1. Get the keys of the registrar and of the relay from those who answer for them, not with the evidence, and compare them with those above.
story-step-file = 2. Compute the SHA-256 of the file of evidence (sha256sum FILE): it is the one above.
story-step-path = PATH
story-step-run = 3. Run, without network: lacre verify FILE --trust TRUST-FILE --explain{ $back }
story-step-other = 4. Or let another program do it: the format is public (audit/FORMAT.md), and anybody can write a verifier.
story-qr = QR code with the SHA-256 of the evidence: { $digest }
story-page = Page { $n } of { $of }
story-verdict = { $warnings ->
        [0] Result: VALID. The evidence is whole and fits together, and its signatures are those of the keys named below.
       *[other] Result: VALID, with warnings: see "Attention". The evidence fits together, and its signatures are those of the keys named below.
    }
story-letters = Letters that the fonts of this report do not have are written as their Unicode numbers: \u{"{"}…{"}"}.

## who cannot be reached electronically
story-paper = What the sender says was done instead
story-paper-word = All of this is the sender's own word: its officers sign with its key, and nothing of it is signed by the recipient. The relay's receipt shows that a record is not younger than the receipt.
story-paper-none = Nothing is recorded: neither a handing over at the counter nor a letter.
story-paper-receipt = the relay has had this record since
story-paper-late = Record { $n } came to the relay more than a business day after what it says happened.
story-paper-effect = By { $rule } ({ $law }), from record { $n }
story-paper-own-word = These days follow from the sender's own word. They are computed, and not proven.
story-paper-computed = Nobody signs these dates. They are computed from the records, the place of the sender, the rules and the calendar, and anybody can compute them again (lacre clock).
story-paper-nothing = Nothing follows yet: no record says that it was handed over at the counter, or that the post office received a letter that did not come back.
story-paper-dead = Nothing follows: the registrar answered that this person is dead.
story-paper-file = { $state ->
        [here] is in the evidence, and is the one that the sender signed
       *[left-out] is NOT in the evidence: its digests are the sender's word alone
    }; { $len } bytes, SHA-256 { $hash }
story-limit-paper = That anything was handed over, posted or received: only the sender says so.
warning-paper-left-out = { $n ->
        [one] File { $numbers } is not in the evidence: its digest is the sender's word alone.
       *[other] Files { $numbers } are not in the evidence: their digests are the sender's word alone.
    }
warning-paper-against = { $n ->
        [one] A record says that a letter came back, could not be posted, or that something came on paper.
       *[other] { $n } records say that a letter came back, could not be posted, or that something came on paper.
    }
warning-paper-late = { $n ->
        [one] A record came to the relay more than a business day after what it says happened.
       *[other] { $n } records came to the relay more than a business day after what they say happened.
    }
