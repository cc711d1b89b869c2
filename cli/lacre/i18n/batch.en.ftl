# Batches: many notices of one template.

batch-line = { $id }  { $template } (version { $version }), { $rows } rows: { $stage }
    { $sent } delivered and proved ({ $handed } handed over to a program of the person), { $otherwise } to be notified otherwise, { $waiting } not yet, { $failed } that cannot be written
batch-stage-reading = its table was not read to the end
batch-stage-drafted = drafted; nothing of it was sent
batch-stage-sending = begun (lacre agency dispatch goes on)
batch-stage-done = dispatched
batch-stage-cancelled = cancelled; what was not delivered is not delivered
batch-cancelled-kept = It is cancelled, and nothing more of it is sent. Of { $rows } notices the relay may have some: ask again, lacre agency cancel { $id }
batch-none = There is no batch here yet.
batch-before = Not yet: nothing of it is delivered before { $at }.
batch-after = Its time is over: { $rows } rows were not delivered, and are not. Draft them anew.
batch-refused = The relay does not take { $rows } of them now: a limit of the day, or of a person. They are kept; go on later: lacre agency dispatch { $id }
batch-again = What was kept is not lost and not sent twice. Go on: lacre agency dispatch { $id }
batch-ask-midnight = It may not be done before { $at }, and terms count from the day of dispatch. What is not delivered by then is not delivered. Begin? (yes/no)
batch-progress = { $through } of { $rows }, { $rate } a second, { $left } to go
batch-more = and { $more } more: --csv FILE has every row
batch-table = Every row: { $path }
batch-row = Row { $row } (line { $line } of the table), to { $run }, case { $case }
    { $procedure }
    { $subject }
    { $description }
batch-act = { $kind ->
        [start] Notification that a procedure begins
        [inquiry] Notification within a procedure
        [end] Notification of a decision
        [personal] Personal communication
       *[communique] Communiqué
    }{ $term ->
        [none] , without a term
       *[other] , with a term of { $term } business days
    }
batch-row-what = { $answers ->
        [yes] The person's programs may answer.
       *[no] The person's programs do not answer.
    }{ $standing ->
        [original] {""}
        [trial] { " " }It is a trial: nothing follows from it.
        [copy] { " " }It is a copy of the notice { $of }.
       *[corrects] { " " }It stands in the place of the notice { $of }.
    }
batch-row-uri = Address in it: { $uri }
batch-row-file = — { $name } ({ $media }, { $size }{ $here ->
        [yes] {""}
       *[no] ; NOT IN THIS FILE
    })
batch-reason-law = electronic notices take no effect for this person, by law
batch-reason-legal-person = a legal person
batch-reason-minor = a minor
batch-reason-dead = the person has died
batch-reason-none = no address for official notices here
batch-reason-closed = the address was closed after the registrar had answered
batch-drafted = Drafted: { $id }, { $rows } rows. { $electronic } reach the person's program; { $otherwise } go to the counter or by letter ({ $exempt } exempt, { $none } without an address here).
    Dispatched on { $day }, it is deemed made on { $deemed }.{ $last ->
        [none] {""}
       *[other] { " " }The term ends on { $last }.
    }
    Some { $disk } of evidence. Between { $from } and { $until }. Nothing was sent.
    Look at it: lacre agency show { $id } --row 1. { $drafter ->
        [none] Send it: lacre agency dispatch { $id }
       *[other] Have it approved: lacre agency package { $id } --to FILE
    }
batch-again-to-them = CAREFUL: { $rows } of these rows say again what was written to the same person in the same case with this template (batch { $id }). Whoever gets it twice is notified twice. If that is not meant: lacre agency cancel; what was wrong before: lacre agency correct.
batch-corrects = Drafted: { $id }, { $rows } rows, each in the place of a notice of { $before }. Nothing was sent.
    Look at it: lacre agency show { $id } --row 1. { $drafter ->
        [none] Send it: lacre agency dispatch { $id }
       *[other] Have it approved: lacre agency package { $id } --to FILE
    }
batch-row-line = line { $line }  { $run }  { $case }  { $state } { $reason }
batch-row-waiting = not yet
batch-row-prepared = kept; whether the relay has it is not known
batch-row-failed = cannot be written:
batch-row-otherwise = to be notified otherwise:
batch-row-unproven = CAREFUL: delivered, but what the relay gave does not verify; count no terms from it
batch-row-informs = delivered and proved; it starts no term
batch-row-notified = dispatched on { $at }; deemed notified on { $deemed }, last day { $last }
error-no-batch = No batch here is called "{ $id }".
    .why = It takes at least the first four characters that lacre agency batches shows, and no two may begin so.
    .do = lacre agency batches
error-batch-ended = Nothing more can be sent of this batch.
    .why = It is dispatched, or was cancelled.
    .do = See it: lacre agency batches. What is still to be sent is drafted anew.
error-batch-no-row = The batch has no row { $row }.
    .why = Its rows have the numbers 1 to { $rows }.
    .do = Choose one of them.
error-batch-row = Line { $line } cannot be written.
    .why = { $why }
    .do = Correct the table or put the file back, and draft the batch anew.
error-correct-none = No row of { $id } can be corrected.
    .why = None of those that are meant was delivered and proved.
    .do = See how far each is: lacre agency status { $id } --csv FILE
error-correct-no-row = The batch { $id } has no row { $row }: it has { $rows }.
    .why = Rows are numbered from 1, in the order of the table. Nothing was drafted.
    .do = See which they are: lacre agency status { $id } --csv FILE
error-batch-empty = The table has no rows.
    .why = Only its first line, with the names of the columns, was found.
    .do = Add a row for each person.
error-batch-long = The table has too many rows.
    .why = A batch has at most { $most }.
    .do = Part the table in two.
error-batch-times = The batch would end before it begins, or has ended already.
    .why = It is sent between --at and --not-after; without --not-after, until the end of that day where the body is.
    .do = Choose other times.
error-batch-midnight = Not begun: it may not be done before { $at }.
    .why = Terms count from the day of dispatch; of one batch all should count from the same.
    .do = Begin tomorrow with a new draft, or say yes (--yes).
batch-table-wrong = { $path } cannot be used as it is. Nothing was asked and nothing was kept:
error-batch-changed = { $path } was changed while it was read.
    .why = It was good when it was looked at, and is not any more.
    .do = Wait until nobody writes to it, and draft again.
error-batch-files = Files that rows name are not there.
    .why = By line: { $list }
    .do = Put them into the folder of the table, or correct the names. Nothing was kept.
error-batch-addresses = Some people can only be reached by letter or at the counter, and their rows have no postal address.
    .why = Lines: { $list }
    .do = Add columns name, address and comuna; or --no-letters, if all of them are handed theirs at the counter.
error-batch-attachment = The attachment { $name } is gone from the folder of evidence, or was changed.
    .why = Everybody gets exactly the file that was seen. Nothing of this block was sent.
    .do = Put it back from a copy, or draft the batch anew.
body-stats = { $electronic } delivered and proved
    { $handed } of them handed over to a program of the person, { $soon } within 10 seconds
    { $known } opened, acknowledged or answered by the person
    To be notified otherwise: { $none } without an address here, { $exempt } exempt, { $closed } whose address was closed meanwhile or whose answer grew too old
error-list-which = Which notices are meant was not said.
    .why = One of --run, --case and --code says it.
    .do = Add one of them; all notices: lacre agency status
error-list-none = No notice from here is meant by that.
    .why = What is kept on this machine was looked through.
    .do = Look at the RUN, case or code again; all of them: lacre agency status
