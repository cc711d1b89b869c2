### Official notices: what a person is reminded of, what leaves the program, what tells her of it. (Its other sentences: en.ftl.)

## reminders
notice-reminder =
    { $left ->
        [0] TODAY is the last day to answer the notice { $id }.
        [one] { $day }, the next business day, is the last day to answer the notice { $id }.
       *[other] { $left } business days are left, until { $day }, to answer the notice { $id }.
    }
notice-reminder-replied = You have replied to it. Whether that is all it asks for, only you know: its term runs all the same.
notice-reminder-next = To read it: lacre notice read { $id }
notice-reminders-on = You are reminded three business days and one business day before the last day to answer.
notice-reminders-off = You are not reminded of terms. To see them: lacre notice deadlines

## alerts
notification-notice = You have an official notice.
notification-term = A term of an official notice ends soon.
notification-locked = Lacre is locked: nobody looks for official notices until you unlock it.
alert-no-desktop = There is no desktop with notifications here (notify-send): nothing can be shown.
alert-locked = The profile is locked, so nobody looks for official notices. To unlock it: lacre unlock
alert-on =
    Alerts of official notices are on: a service looks now and with each login ({ $path }).
    They say that there is one, never from whom or about what.
alert-type =
    The service is in { $path }, but systemd did not start it. Type:
    systemctl --user daemon-reload
    systemctl --user enable --now { $service }
alert-no-systemd =
    The service is in { $path }, but there is no systemd here that could run it. Let your session start this:
    { $command }
alert-no-notify = Alerts need the program notify-send, and it is not installed: until it is, none is shown.
alert-while-locked = While the profile is locked nobody can look, and an alert says so: lacre unlock
alert-off = Alerts of official notices are off: the service has ended, and its file is removed.
alert-off-still-runs = Alerts of official notices are off from the next login on: the file of the service is removed. If it still runs, systemd was not asked or did not end it.
alert-was-off = Alerts of official notices were off already.
alert-is-off = Alerts of official notices are off. To be told: lacre notice alert on
alert-runs = Alerts of official notices are on ({ $path }).
alert-runs-not =
    Alerts of official notices are written ({ $path }), and do not run. Type:
    systemctl --user start { $service }

error-alert-proxy = The service was not written.
    .why = It would need the proxy's address, which may have a password in it, in a file.
    .do = Keep the proxy in the profile, and repeat without --proxy: lacre settings --proxy

## exported
ics-summary = Last day to answer an official notice
ics-summary-subject = Last day to answer { $name }: { $subject }
ics-description = To read it: lacre notice read { $id }. This is the earliest reading of the law; an answer of yours may move it.
paper-limit = This is how the recipient's program shows the notice, which it has checked. It is signed by nobody and proves nothing by itself.
paper-own = On the recipient's side
paper-body = Its text
paper-no-body = It is not here: left out, not fetched, or no text. The signed digest of each file stands above.
paper-file = { $media }, { $len } bytes, SHA-256 { $hash }
paper-verify = How to verify it
paper-envelope = Digest of its envelope
paper-hash = Note hash of the notice
paper-qr = QR code with the digest of the notice's envelope: { $digest }
paper-transaction = The transaction code stands in the relay's record of the delivery. The public body has that record, and must show it to whoever asks; it names the envelope by the digest above.
paper-step-export = 1. Get what proves it on the recipient's side: lacre notice export NOTICE --to FOLDER. With the relay's record it makes the file of evidence.
paper-step-verify = 2. Run, without network: lacre verify FILE --trust TRUST-FILE --explain. It must name the same envelope and note hash.
paper-step-other = 3. Or let another program do it: the format is public (audit/FORMAT.md), and anybody can write a verifier.
notice-pdf-in-clear = The document is in clear: give it only to whom you trust.
notice-folder-open = CAREFUL: the folder { $dir } can be opened by other people of this computer. The files in it are readable by you alone, and their names are not hidden.
error-export-link = Nothing was written to "{ $dir }".
    .why = It is a link: what is written there could come to lie elsewhere.
    .do = Name the folder itself.
error-ics-no-term = There is no last day for a calendar.
    .why = This notice starts no term of its own: it informs, is a copy or a trial, or its dates cannot be counted here.
    .do = See what is known with: lacre notice read

## read
notice-of-original = Of the original, not of this copy: { $text }
notice-original-not-here = Nothing follows from a copy, and its original is not here: the dates are the original's.

## read aloud: one fact a line
plain-facts =
    .notice = Notice
    .body-id = The public body calls it
    .from = From
    .code = Code of the public body
    .known = Known to the registrar
    .type = Kind
    .term = Term in business days
    .standing = Beside others
    .case = Case
    .procedure = Procedure
    .subject = Subject
    .description = Description
    .uri = An address that the body names
    .taken = The relay took it
    .came = It came to this device
    .opened = First read
    .invalid = Not to be believed
    .part = The part that is wrong
    .fault = Code of the fault
    .last-day = Last day to answer
    .left = Left
    .deemed = You count as notified on
    .rule = Rule
    .law = Law of { $rule }
    .rule-deemed = By { $rule } notified on
    .rule-last-day = By { $rule } last day
    .what-follows = What follows
    .takes-answers = It can be answered here
    .state = On your side
    .answered = You said so
    .reply = Text of reply { $number }
    .reply-file = File of reply { $number }
    .reply-made = Reply { $number } was written
    .reply-taken = Reply { $number } was taken by the relay
    .waiting = Answers that still wait
    .file-name = Name of file { $number }
    .file-media = Kind of file { $number }
    .file-bytes = Bytes of file { $number }
    .file-sha256 = SHA-256 of file { $number }
    .body = Text
    .yes = yes
    .no = no
    .never = not yet
    .none = none

## the address
notice-address-exempt = Notices do not reach you here, because the registrar noted an exemption ({ $why }): public bodies must notify you otherwise. If that is wrong, tell the registrar.
notice-address-said = The registrar said so { $when }.
exempt-law = by law
exempt-legal-person = the RUN is a legal person's
exempt-minor = a minor
exempt-dead = the death is recorded
exempt-other = a reason that this program does not know
