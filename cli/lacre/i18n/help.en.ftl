### The help: help-<command>, with an attribute for each argument.

help-lacre = Private messages: the relay can read none of it
    .profile = Folder of the profile (~/.local/share/lacre)
    .passphrase-file = Its first line is the passphrase
    .key-file = Key instead of passphrase; "enroll" makes it
    .json = One line of JSON (fields: cli/JSON.md)
    .lang = Language; otherwise that of the system
    .proxy = Only through this proxy: socks5://HOST:PORT
    .plain = For screen readers: one fact a line, no columns or colours
    .help = Shows this help
    .version = Shows the version
    .more =
        To begin: lacre enroll INVITATION @name
        LACRE_PROFILE and LACRE_LANG stand for --profile and --lang.
        Exit codes: 0 done, 1 the answer is no, 2 written wrongly, 3 could not ask;
        lacre verify has 4 besides: INCOMPLETE.

help-enroll = Enrols this machine with an invitation and makes the profile
    .invitation = The line that you were given; it works once. With - it is asked for, or read from standard input
    .handle = Public name: 3 to 32 of a-z, 0-9, _ . -
help-whoami = Shows the account of this profile
help-recover = Makes a new account with the same name for a lost one
    .invitation = The recovery code that you were given at the counter; - asks for it
    .more =
        Use a new folder (--profile). The devices of before are out, and your contacts must accept the new account.
help-account = Takes a pause, or deletes the account
help-account-pause = Takes a pause: nobody can find or add you
help-account-resume = Ends the pause
help-account-delete = Deletes the account at once; says first what stays
    .yes = Does not ask
help-contact = Contacts and requests
help-contact-add = Asks somebody to be your contact
    .handle = Their public name, or a link of theirs
    .text = A few words, so that they know who you are
help-contact-accept = Accepts a request
    .handle = Who sent it
help-contact-decline = Declines a request; its sender is not told
    .handle = Who sent it
help-contact-verify = Shows the safety number with a contact
    .handle = With whom
    .confirm = Records that you compared it and it is the same
    .compare = What the other has read or scanned
    .more =
        Ends with 0 if --compare is the same number, with 1 if it is not.
        Together with --confirm it is recorded only if it is the same.
help-contact-accept-reset = Accepts a contact's new account
    .handle = Whose
help-contact-block = Blocks somebody; they are not told
    .handle = Whom: a contact, or a member of a group of yours
    .everywhere = Also leaves the groups that you share, if you say yes
    .yes = Does not ask before leaving the groups
    .more =
        Ends the conversation of two. In shared groups you still read each other.
help-contact-unblock = Blocks them no longer
    .handle = Whom
help-contact-nobody-new = Says whether new people may ask to be your contact
    .choice = on: nobody new; off: anybody
help-contact-link = Makes a link by which people can ask you
    .name = What it is for; only you see it
    .list = Shows the links that work
    .revoke = Revokes the link of this number
    .more = It also works while nobody new may ask.
help-contact-name = Says what you call somebody; only you see it
    .handle = Whom
    .name = The name; without one it is taken away
help-contact-list = Shows contacts and requests
    .blocked = Only those whom you blocked
help-list = Shows conversations and requests
    .all = Archived ones too
help-conversation = Mutes, archives, or deletes the history of a conversation, here
help-conversation-mute = Does not announce what arrives there; nobody is told
    .conversation = @name, a group's name, or a short id
    .off = Announces it again
help-conversation-archive = Takes it out of the list until something new arrives
    .conversation = @name, a group's name, or a short id
    .off = Puts it back
help-conversation-delete = Deletes its history on this device; others keep theirs
    .conversation = @name, a group's name, or a short id
    .yes = Does not ask
help-send = Sends a text and files
    .to = @name, a group, or the id that "lacre list" shows
    .text = The message; with - it is read from another program
    .file = A file; may be repeated
    .more = Without a relay the message waits; the next command sends it. What is sent to one's own name is a note to oneself.
help-reply = Answers a message; readers see which
    .message = Beginning of the message's id
    .text = The answer
help-edit = Changes a text of yours, for everybody; it is marked as edited
    .message = Beginning of the message's id
    .text = The new text
help-delete = Deletes a message of yours for everybody
    .message = Beginning of the message's id
    .for-me = On this device only; messages of others too
    .more = The others' programs obey; anybody who has copied it may keep it.
help-react = Puts a sign beside a message; a new one replaces yours
    .message = Beginning of the message's id
    .sign = One character, like 👍
    .remove = Takes yours back
help-disappear = Messages that disappear: says after how long, or shows it
    .conversation = @name, a group's name, or a short id
    .after = 30s, 5m, 1h, 1d, up to 28d; off: they stay
    .more =
        They disappear from each profile: other people's messages that long after they are read, your own that long after they are sent. Anybody who has copied, photographed or saved something keeps it.
        In a group its admins decide; between two, either.
help-read = Shows a conversation
    .conversation = @name, a group's name, or a short id
    .limit = The last N messages (50)
    .all = All messages
    .since = From this day on: 2026-11-25
    .more = Long output is shown page by page with the program in PAGER (less).
help-save = Saves the file of a message; never replaces another
    .message = Beginning of the message's id
    .to = Folder (the current one)
help-search = Searches the messages of this profile by beginnings of words
    .words = What is searched for; accents and capitals do not matter
    .within = In this conversation only
    .from = By this person only
    .since = From this day on: 2026-11-25
    .limit = At most N messages, the newest (50)
    .more = ñ is another letter than n. The relay learns nothing of a search.
help-export = Keeps a conversation as evidence: signatures and receipts too
    .conversation = @name, a group's name, or a short id
    .to = The file that is made; never replaces another
    .more =
        With the file a third party can check who wrote what, and when the relay stored it (PROTOCOL.md, 17). It is not encrypted.
help-watch = Shows what comes, as it comes, and sends what waits
    .duration = Ends after this time: 30s, 5m, 1h
    .notify = Desktop notification without content, or none
    .alert = Only tells the desktop that an official notice came, or ends soon
    .reader = By this name it goes on where it ended; without, it begins now
help-group = Groups
help-group-create = Makes a group; who makes it is its admin
    .name = Name of the group
    .members = Your contacts to be added
    .suite = x-wing (resists quantum computers) or x25519
help-group-add = Adds members
    .group = Name or short id of the group
    .members = Whom
help-group-remove = Removes members; they read nothing of what follows
    .group = Name or short id of the group
    .members = Whom
help-group-rename = Gives a group another name
    .group = Name or short id of the group
    .name = The new name
help-group-describe = Says what a group is for
    .group = Name or short id of the group
    .text = The description; "" for none
help-group-admin = Makes members admins, or no longer
    .group = Name or short id of the group
    .members = Who
    .revoke = Take the role from them
help-group-settings = Says who may add and who may write
    .group = Name or short id of the group
    .add = Who may add members
    .write = Who may write
help-group-again = Makes another group, of the same people, in the place of one that has ended
    .group = Name or short id of the group
help-group-list = Shows the groups and their members
help-group-leave = Leaves a group
    .group = Name or short id of the group
help-notice = Official notices, and the address for them
help-notice-list = Shows the notices that came, and what is not to be believed
help-notice-read = Shows a notice: what it says, from whom, until when
    .notice = The beginning of its name, as "list" shows it
    .save = Saves the file of this number instead
    .to = Folder to save it in
help-notice-ack = Acknowledges a notice
    .notice = Which
    .yes = Does not ask
    .more =
        It counts as knowing of the notice (Ley 19.880, art. 47): terms may run from then.
help-notice-refuse = Refuses a notice; its term runs all the same
    .notice = Which
    .yes = Does not ask
help-notice-not-me = Says that a notice is for somebody else
    .notice = Which
    .yes = Does not ask
help-notice-reply = Writes to the public body, and keeps the receipt
    .notice = Which
    .text = What you write
    .files = A file that goes with it; up to 8
    .yes = Does not ask
    .more =
        It counts as knowing of the notice (Ley 19.880, art. 47).
help-notice-deadlines = Shows until when to answer, the earliest date first
help-notice-export = Writes what proves a notice, or the notice as a document
    .notice = Which
    .to = The folder
    .without-body = Leaves its text and files out
    .pdf = Writes it as a document to read or print
    .ics = Writes its last day for a calendar, with alarms
    .subject = The calendar says what it is about
help-notice-proof = Writes the relay's words for what your casillas held into a file
    .out = The file
    .more =
        It proves that nothing was there, or that the relay kept something back.
help-notice-address = Says whether official notices reach you here
    .choice = on, off; pause, resume; nothing shows it
    .yes = Does not ask
    .more =
        Once it is on, terms run whether you read your notices or not.
help-notice-settings = Shows or changes what public bodies learn, and reminders
    .tell-opened = Whether they are told that you have read a notice
    .reminders = Whether you are reminded before the last day to answer
help-notice-alert = Tells the desktop of official notices, without what they say
    .choice = on, off; status or nothing shows it
    .more =
        on writes a service of systemd for you alone; off removes it.
help-outbox = Shows what waits to be sent
help-outbox-retry = Tries it again now
    .id = Number that "lacre outbox" shows
help-outbox-cancel = Does not send it, if it has not been sent yet
    .id = Number that "lacre outbox" shows
help-status = Shows how things stand, and whether the relay answers
help-settings = Shows or changes what others see of you
    .delivery-receipts = Contacts see what has come here: on, off
    .read-receipts = Contacts see what you have read: on, off
    .more =
        When reading: ✓ arrived, ✓✓ was read. Only among accepted contacts, in conversations of up to 16 people.
        --proxy here is for every command from now on (--proxy none: no longer). A "watch" that is running goes on as it began.
help-unlock = Opens the profile for a while, asking no passphrase
    .duration = For how long (1h)
help-lock = Locks the profile now, and ends every "lacre watch" of it
    .now = May be written; it is the same
help-passphrase = Changes the passphrase, or sets a second one
help-passphrase-change = Changes the passphrase or the key of the profile
    .new-passphrase-file = File with the new passphrase
    .new-key-file = Key file, instead of a passphrase
help-passphrase-second = Sets a second one, which opens a harmless profile
    .new-passphrase-file = File with the second passphrase
    .more =
        For anybody who fears being forced to open the profile. The second passphrase opens another profile, empty at first, in the same file: same size, same time to open.
help-passphrase-remove-second = Removes the second passphrase and its profile
help-demo = Shows the whole system in a minute, with example people
    .input = Folder with the files that are sent
    .keep = Keeps the temporary folder, to look at it
    .act = Tells this act alone (1-11); all are played
help-install-extras = Installs command completion for shells, and man pages
    .to = The user's data folder (~/.local/share)
    .remove = Removes them
help-agency = For public bodies: official notices, and what proves them
    .more =
        The body's key lies in a profile of its own (--profile); beside it, in a
        folder whose name ends in .evidence, lies the proof of each notice.
help-agency-enroll = Makes the body's key with the operator's code, and gets its certificate
    .invitation = The code, as the operator gave it: lacre://host:port/…/…; - asks for it
help-agency-send = One notice to one person; the RUN is asked for
    .case = The case file (IUIe)
    .procedure = The procedure
    .act = start, inquiry or end of a procedure (NT), CP or CI
    .term = Business days to appeal, for a notification
    .subject = The subject
    .description = What it is about, and what the person may do
    .body = The notice itself: a file of text, Markdown or PDF
    .file = An attachment; may be given several times
    .uri = A persistent address; may be given several times
    .copy = Sends that notice again, to the account that the person has now; no other option
    .corrects = It stands in the place of that notice; same person and case
    .answers = It answers the reply with this number; same person and case
    .drafter = Office account of the official who drafts it, where the body has officials: it becomes a batch of one, which others approve
    .trial = A trial: nothing follows from it
    .no-answers = The person's programs do not answer
    .more =
        The RUN may also come on standard input; it is never an argument. The exit
        code is 1 when the person is to be notified otherwise: the proof of that
        is kept, too.
help-agency-draft = Many notices of one template, from a table: looked at, and kept. Nothing is sent
    .template = The template
    .recipients = The table (CSV): a row for each person, with the columns run, case, and one for each placeholder
    .attach = A file for everybody, behind the text; may be given several times
    .row-attach = A column with names of files beside the table; may be given several times
    .at = Nothing is sent before this time, where the body is: 2026-07-06 09:00
    .not-after = Nothing is sent from this time on; without it, from the end of that day on
    .rule = The rule that is held to be the law (CL-46-2026, CL-D4-27); without it, that of the day
    .drafter = Office account of the official who drafts it, where the body has officials
    .no-letters = Whoever cannot be reached is handed the notice at the counter: no postal addresses are asked for
    .trial = A trial: nothing follows from it
    .more =
        All that is wrong with the table is said at once, by line and column. Before
        anybody sends it, it is known who can be reached, who needs a letter or the
        counter, and when it takes effect.
help-agency-batches = All batches, oldest first
help-agency-show = A batch, or one row as its person will see it
    .batch = The batch, as lacre agency batches shows it
    .row = This row, from 1
    .to-me = Sends it as a trial to a RUN that is asked for: yours
help-agency-dispatch = Sends a batch; interrupted, it goes on where it was
    .batch = The batch
    .yes = Begins without asking, even if it may not be done today
    .more =
        The exit code is 1 if not every row is in a casilla: some go by letter or to
        the counter. The batch is done all the same.
help-agency-correct = Rows that were sent, drafted again: each stands in the place of the notice before
    .batch = The batch
    .rows = Their numbers, from 1: 3,7-9; without it, all that were delivered and proved
    .template = The template; without it, the newest version of the one before
    .drafter = Office account of the official who drafts it, where the body has officials
help-agency-cancel = Ends a batch: what was not delivered is not delivered
    .batch = The batch
help-agency-resume = Sends what was interrupted: the same bytes, once
    .id = Which notice; without it the oldest that waits
help-agency-status = What was sent, how far it is, and what was answered
    .id = Only this notice
    .csv = Of a batch: every row as a table that Excel opens (;, UTF-8), with what the law says of it
help-agency-list = The notices of one person, of one case, or of one transaction code
    .run = The person: her RUN is asked for, or read from standard input
    .case = The case file (IUIe)
    .code = The transaction code
help-agency-stats = How many notices went by which route, and how soon persons had them
help-agency-replies = What persons wrote in answer
help-agency-replies-list = All replies, oldest first
help-agency-replies-read = One reply with its files; what is said to it is a new notice: agency send --answers
    .number = Its number in agency replies list
    .out = Saves text and files in this folder
help-agency-evidence = What proves the notices of a person or a case, as files that need no profile
    .run = The person: her RUN is asked for, or read from standard input
    .case = The case file (IUIe)
    .code = Or the transaction code of one notice
    .to = The folder; it is made if there is none
help-agency-template = One text for many persons, in versions
    .more =
        ((name)) stands for a value of each person's row in a table: in the subject,
        the description and the body.
help-agency-template-add = A new template, or the next version of one
    .name = Letters, digits, - and _; up to 64
    .body = The text: Markdown (.md) or plain (.txt), in UTF-8
    .procedure = The procedure
    .act = start, inquiry or end of a procedure (NT), CP or CI
    .term = Business days to appeal, for a notification
    .subject = The subject
    .description = What it is about, and what the person may do
    .no-answers = The person's programs do not answer
help-agency-template-list = All versions
help-agency-template-show = What a template says
    .name = Which
    .number = Which version; without it the newest
help-agency-template-lint = What is hard to read in a template, or missing
    .name = Which
    .number = Which version; without it the newest
    .attach = A file that goes with it; may be given several times
    .more =
        The exit code is 1 when something was found. It forbids nothing.
help-agency-template-preview = A template as a person will see it
    .name = Which
    .number = Which version; without it the newest
    .values = A recipients' table (CSV): all that is wrong in it is said
    .row = The line of the table to show; without it the first good one
    .row-attach = A column with names of files; may be given several times
    .more =
        A table has a column run (or rut) and a column case (or expediente), and one
        for each placeholder; procedure, and name, address, comuna for a letter, may
        be there. Commas, semicolons or tabs; UTF-8, UTF-16 or Windows-1252. Lines
        are counted as a spreadsheet shows them. Nothing is sent, nobody is asked.
help-agency-fallback = Who cannot be reached electronically, and what is done instead
help-agency-fallback-list = Who, why, and which way the law leaves; the open ones first
    .csv = Writes the list as a table, too, that Excel opens (;, UTF-8)
help-agency-fallback-print = Letters for window envelopes, and copies for the counter
    .ids = Which notices; or --all
    .all = All that are open
    .out = The folder; it is made if there is none
    .one-file = All letters in one file
    .to-address = The postal address of one letter; its lines with | between them
    .address = A table with notice (or run) and address
help-agency-fallback-record = What was done at the counter or by letter: one, or many from a table
    .id = Which notice
    .handed-over = Handed over at the counter
    .posted = A certified letter was posted, under this reference
    .received = The post office that delivers received it, on this day
    .returned = The letter came back
    .reference = Which letter, if several were posted
    .officer = Who handed it over
    .scan = A scanned paper that shows it; its digest is recorded
    .at = When, if not now
    .csv = Many: a table with notice, what, reference, at, officer, scan
help-agency-watch = Takes and shows what devices answer, until it is stopped
    .since = Begins behind this number
    .duration = Only for so long
help-agency-run = As a service: takes what devices answer, goes on with what was begun, and sends approved batches at their time
    .since = Begins behind this number
    .duration = Only for so long
    .more =
        A unit for systemd lies in cli/systemd of the sources. Where a body has no
        officials, only what somebody began with dispatch goes on by itself.
help-agency-trust = The trust file with which this body's evidence verifies
help-agency-office = The office that this account is, by the registrar's word of now
help-agency-official = Who at the body drafts, approves and administers
help-agency-official-add = Gives an office account a role: administrator, approver or drafter
    .account = The office account, as agency office shows it
    .role = administrator, approver or drafter
    .file = The body's list of officials; it is made if there is none
    .yes = Signs without a question
help-agency-official-remove = Takes a role away
    .account = The office account
    .role = administrator, approver or drafter
    .file = The body's list of officials
    .yes = Signs without a question
help-agency-official-sign = The second administrator's signature: then the list is in force
    .file = The body's list of officials
    .yes = Signs without a question
help-agency-official-list = Who may what, and what waits for a signature
    .file = The body's list of officials
help-agency-official-use = From now on this list says here who drafts and approves
    .file = The body's list of officials, in force
    .approvers = So many approvers at least for every batch (1-10)
help-agency-package = A batch as one file, for the officials who look at it and approve it
    .batch = The batch
    .to = The file
    .without-row-files = Attachments of single rows are not in it, only their digests
help-agency-review = A batch as an official sees it before she signs
    .package = The file of the batch
    .message = Or the message in which it came, of a conversation of officials: it stays in no file
    .row = This row, from 1, as the person will see it
    .files = Writes the row's attachments into this folder
help-agency-approve = Signs a batch with an office account: its drafter, or another official
    .package = The file of the batch
    .message = Or the message in which it came, of a conversation of officials: it stays in no file
    .roles = The body's list of officials
    .to = Where the approval goes; that of a message goes to its conversation, too
    .yes = Signs without a question
help-agency-approvals = Takes what officials signed of a batch, and says whether that is enough
    .batch = The batch
    .approvals = What lacre agency approve wrote
help-counter = For clerks of the registrar: invitations from this machine
    .more =
        The key lies in a folder of its own (--profile), under your passphrase.
help-counter-enroll = Makes this post's key, and shows what the operator needs
    .relay = The relay's address: lacre://host:port/…
help-counter-issue-code = An invitation for one person; the RUN is asked for
    .recover = For a lost account: a new one in its place
    .more =
        The RUN may also come on standard input; it is never an argument.
help-counter-assist = For whoever comes to the office: an account, at a strange machine
    .more =
        The person has a code on paper, and types it at the terminal. The
        keys are in this process's memory; when it ends nothing is left on
        the machine's disk. The account goes with a USB stick of hers; if
        there is none it pauses, and a recovery code takes it to a device
        of hers. No profile is opened: neither that of LACRE_PROFILE nor
        the key of a post.
help-counter-log = What was done with this key, as the relay recorded it
