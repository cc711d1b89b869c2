### Who cannot be reached electronically: lacre agency fallback.

## list
fallback-notice = { $id }  { $at }  { $run }  { $case }  { $subject }
fallback-state-open = OPEN: this person has not been notified
fallback-state-sent-since = closed: the same was delivered to this person electronically later
fallback-state-trial = closed: it was a trial, and nothing follows from it
fallback-state-dead = closed: the person is dead, and nobody is notified; whether heirs are to be is for your legal unit
fallback-state-done = done, by the body's own word
fallback-waits = a record is kept, and the relay may not have it yet: lacre agency resume
fallback-kept = CAREFUL: it is recorded here all the same, and goes to the relay with the next lacre agency resume or record. It counts from when you recorded it, and is not taken back.
fallback-done-nothing = Recorded: nothing
fallback-done-posted = Recorded: a letter was posted; the post office has not received it yet, and nothing follows by law
fallback-done-received = Recorded: the post office received the letter
fallback-done-returned = Recorded: the letter came back; nothing follows by law
fallback-done-handed-over = Recorded: handed over at the counter
fallback-effect = By the body's own word, made on { $day } ({ $rule }){ $last ->
        [none] {""}
       *[other] ; last day of the term: { $last }
    }
fallback-rows-left = Of the batch { $id } { $rows } rows have no notice, and get none: they cannot be written, or it ended before. See lacre agency status { $id } --csv FILE
fallback-open = { $all ->
    [0] Everybody was reached electronically.
   *[other] { $open } of { $all } are open.
}
fallback-why-law = Why: exempt by law; an electronic notice takes no effect for this person
fallback-why-legal-person = Why: a legal person; no account can be its address here
fallback-why-minor = Why: a minor; no account can be an address here
fallback-why-dead = Why: the registrar knows this person as dead
fallback-why-no-account = Why: has designated no address here, has paused or has left
fallback-why-closed = Why: the address was closed between the registrar's answer and the dispatch
fallback-why-too-late = Why: it was not delivered within an hour of the registrar's answer; nobody says that this person cannot be reached
fallback-route = Way: { $ways } ({ $law })
fallback-route-counter = hand it over at the counter: made at once, with date and hour
fallback-route-letter = certified letter: made on the third business day after the post office received it
fallback-route-representative = Way: to whoever represents this person by law, by letter or at the counter. Which person that is, and what the law asks for, this program does not know: ask your legal unit before you print
fallback-route-nobody = Way: none. A notice to the dead has no effect; whether heirs must be notified is for your legal unit
fallback-route-send-again = Way: send it again, electronically: lacre agency send

## print
print-left = { $id }  not printed: { $why }
print-left-dead = a notice to the dead has no effect; ask your legal unit
print-left-not-kept = only the registrar's answer was kept, not what it says: send it again
print-left-reachable = this person can be reached electronically by now: lacre agency send
print-progress-read = Reading letters: { $n } of { $of }
print-progress-made = Making letters: { $n } of { $of }
print-title = { $count } letters
print-beside = { $count } files must be printed beside; each letter names its own.
print-without-address = { $count } have no postal address: they are copies for the counter. Addresses come with --address or --to-address.
print-record = Printing notifies nobody. Record what was done: lacre agency fallback record
letter-why-exempt = You get this on paper because the law exempts you from electronic notices.
letter-why-no-account = You get this on paper because you have designated no address for official notices.
letter-why-other = This notice is on paper because its recipient has no electronic address. It goes to whoever represents the recipient by law.
letter-way-letter = CERTIFIED LETTER
letter-way-counter = TO BE HANDED OVER AT THE COUNTER
letter-run = RUN { $run }
letter-case = Case file
letter-procedure = Procedure
letter-day = Date
letter-code = Code
letter-qr = QR code with the transaction code { $code }
letter-uris = Also at
letter-beside = Goes with this letter
letter-effect = From when it counts
letter-effect-letter = By law this notice is deemed made on the third business day after the post office that delivers received it (Ley 19.880, art. 46).
letter-effect-counter = By law this notice is made at once, when it is handed over to you in person (Ley 19.880, art. 46).
letter-term = From then on a term of { $days } business days runs.
letter-informs = This letter informs you. It starts no term.

## record
record-columns = notice, what (handed-over, posted, received, returned); and reference, at, officer, scan
address-columns = notice (or run), address
fallback-recorded = { $id }  { $state }. The relay has the record since { $at }.
fallback-recorded-before = { $id }  That was recorded before, as done at { $at }; nothing was done. { $state }.
fallback-wrong-row = Line { $line }: { $why }
fallback-own-word = This is the body's own word. Nobody else signed it, and no screen calls it proven.
fallback-finished = { $count ->
    [one] One record that was interrupted is with the relay now.
   *[other] { $count } records that were interrupted are with the relay now.
}

## errors
error-fallback-reached = { $id } is not among those who cannot be reached electronically.
    .why = Letters and records are for whoever was not notified electronically; that one was sent, or is under way.
    .do = Look who is: lacre agency fallback list
error-fallback-not-kept = Of this notice only the registrar's answer was kept.
    .why = It was tried with an older program, or the file of its proof was put back from an old copy.
    .do = Send it again: lacre agency send
error-address = The address in line { $line } does not fit the window (line 0: the command's own).
    .why = It has one to six lines of up to 60 characters, with | between them.
    .do = Shorten it, and print again.
error-fallback-columns = { $name } has not the columns that are needed.
    .why = Needed are: { $columns }
    .do = Name them in the first line, and try again.
error-fallback-table = { $path } cannot be read as a table.
    .why = { $why }
    .do = Correct the file and repeat the command. Nothing of it was printed or recorded.
error-record-reference = Which letter?
    .why = None was posted, or several were.
    .do = Say its reference: --ref REF; for a letter that was posted now, --posted REF.
error-record-scan = { $path } cannot be the scanned paper.
    .why = It is empty, or has more than 20 MiB.
    .do = Scan it again in fewer colours, and record again. Nothing was recorded.
error-record-time = { $at } is no time.
    .why = A day (2026-07-06), an hour where the body is (2026-07-06T14:00) or an instant (2026-07-06T18:00:00Z) is needed.
    .do = Write it so, and record again. Nothing was recorded.
error-record-what = "{ $what }" is nothing that can be recorded.
    .why = It is handed-over, posted, received or returned.
    .do = Mend the line, and give the table again: what was recorded is not recorded twice.
error-record-again = That was recorded already.
    .why = Each step is recorded once, and what is recorded is not taken back.
    .do = Look at it: lacre agency fallback list
error-record-other-day = That was recorded already, with another day: { $at }.
    .why = Each step is recorded once. The relay has its receipt of that record, and what is recorded is not changed.
    .do = Look at it: lacre agency fallback list. Nothing was recorded. If the recorded day is wrong, say so in the case file; a letter that was posted again has a reference of its own.
error-record-not-posted = No letter was posted under this reference.
    .why = Its posting is recorded first.
    .do = Record it: lacre agency fallback record ID --posted REF. Nothing was recorded.
error-record-before-posting = That is before the letter was posted.
    .why = A letter is received, or comes back, after it was posted.
    .do = Look at the day: --at, --received. Nothing was recorded.
error-record-early = The notice was made on { $at }, and this is before.
    .why = Nothing is handed over or posted before it is made.
    .do = Look at the day: --at, --received. Nothing was recorded.
error-record-later = That is later than now.
    .why = Only what was done can be recorded.
    .do = Look at the day: --at, --received. Nothing was recorded.
