### What the commands say. Errors are in errors.en.ftl, help in help.en.ftl, the demonstration in demo.en.ftl.

## profile
new-profile = Making a new profile in { $dir }.
new-key-file = The key file { $file } was made. Keep it safe: without it the profile cannot be opened.
prompt-passphrase = Passphrase:{ " " }
prompt-new-passphrase = Choose a passphrase (8 characters or more):{ " " }
prompt-once-more = Once more.
prompt-again = Type it again:{ " " }
enrolled = Done: you are { $handle } at { $relay }.
code-not-used = The relay knows this account already: the code was not used, and is good until it expires. Tell the counter.
enrolled-next =
    To write to somebody: lacre contact add @name
    What you write is signed: whoever receives it can prove that you wrote it.
enrolment-unfinished = The enrolment is not complete. Run the same command again: "lacre enroll", or "lacre recover" if it was that one.
whoami =
    { $handle }
    Account: { $account }
    Device:  { $device }
    Relay:   { $relay }
unlocked = Unlocked for { $time }, until { $until }. To lock it sooner: lacre lock
locked = Locked. The next command will ask for the passphrase.
passphrase-changed = Changed: the profile now opens with the new one only. Anybody who has an old copy of the folder and the old passphrase can still read that copy.
second-what =
    The second passphrase will open another profile, empty, which you can use for anything that others may see. It is in the same file, and nothing in the file shows whether a second passphrase was set. Keep in mind:
    - The history of your terminal may keep this command; delete it there.
    - If you left the profile unlocked, lock it before you hand over the machine: lacre lock
    - It has no account: its lists are empty, and "lacre status" says that nobody has enrolled in it, as in a new profile. Anybody who knows that you write with Lacre will not believe that. To convince, it needs an account of its own: the counter gives one for each RUN, so the invitation cannot be yours.
    - A profile that is never used convinces less than one with a few messages.
    - An expert who compares copies of the file from different days may notice that more changes than you show.
    - If somebody sets a second passphrase inside the harmless profile, there is one chance in 255 that yours will no longer open.
second-set =
    Done: the second passphrase opens the harmless profile. To remove it, with the first one: lacre passphrase remove-second
second-removed = Removed. The harmless profile and all that was in it were deleted from the file.
second-removed-later = Removed. Another command is still reading the profile; what was deleted is overwritten in the file when that command ends.
was-locked = It was locked already.

## invitations
invitation-scheme = It does not begin with lacre://
invitation-host = The relay's address is missing or mistyped.
invitation-identity = The relay's fingerprint (43 characters) was cut or mistyped.
invitation-link = A link ends with a name and two parts of 43 characters; it was cut or mistyped.
invitation-code = The code at its end (26 characters) is missing, cut or mistyped.

## relay
relay-away = The relay does not answer ({ $why }). You see what is stored here; what waits will be sent later.
relay-back = The relay is answering again.
relay-late = The relay has not answered yet: still waiting. Ctrl-C ends it.
relay-full = The relay accepts nothing new at the moment ({ $why }). You can read what others wrote; what waits will be sent later.
relay-other-key =
    CAREFUL: somebody else answered at the relay's address ({ $why }). Nothing was said to them.
    In a hotel or café it is often their sign-in page: use another network. If it goes on, ask the office that gave you the invitation.
    You see what is stored here; what waits will be sent once the right relay answers.
resting =
    { $count ->
        [one] Something failed and will be tried again; everything else went on. See: lacre status
       *[other] { $count } things failed and will be tried again; everything else went on. See: lacre status
    }
rests-until = { $cause }, next try { $when }
rests-away = no answer
rests-limit = a quota is used up
rests-refused = the relay refused
rests-not-understood = not understood
rests-encryption = encryption failed
rests-damaged = damaged on this disk
rests-other = not possible now
rests-account = This account's supplies (stamps, keys, rights)
rests-inbox = Requests and invitations
rests-notice-address = Your address for official notices
rests-casilla = A casilla for official notices
rests-casilla-head = The relay's word for what a casilla holds

## contacts
contact-asked = Request for { $handle }. Once they accept, you can write to each other.
contact-asking = { $handle } asks to be your contact.
contact-accepted = { $handle } is your contact.
contact-declined = You declined { $handle }'s request.
state-asked = has not answered yet
state-asking = asks you
state-accepted = contact
state-declined = declined
contact-not-taken = { $handle } takes no new requests.
state-not-taken = takes no requests
blocked =
    { $handle } can no longer write to you. They are not told; their program may notice that an invitation does not arrive.
    What you two wrote stays here. To undo it: lacre contact unblock { $handle }
blocked-shared =
    You and { $handle } are both in these groups, and there you still read each other: { $groups }
    To leave them: lacre contact block { $handle } --everywhere
blocked-left = You leave { $groups }. Their members see that you leave.
blocked-leave-waits = You leave { $groups } once the relay has been told. Their members will see that you leave.
block-leave = You and { $handle } are both in { $groups }. If you leave, the members will see it. Leave? [y/N]
unblocked = { $handle } can write to you again. You will not see what they wrote in the meantime.
nobody-blocked = Nobody is blocked.
somebody-that = That person
standing-blocked = blocked by you
link-made = Anybody who has this line can ask to be your contact. To revoke it: lacre contact link --revoke { $id }
link-revoked = The link no longer works.
no-links = No links. Make one with: lacre contact link
nobody-new-on = Nobody new can ask to be your contact. Your contacts, and anybody who has a link of yours, still reach you.
nobody-new-off = Anybody can ask to be your contact.
relay-told-later = Noted on this device. It takes effect once the relay has been told, which happens by itself.
recovered =
    Done: you are { $handle } at { $relay } again, with a new account.
    The devices of your old account are shut out.
recovered-next =
    Your contacts will see that your account is new, and must accept it. Add them again: lacre contact add @name
    What they write to your old account from now on comes when they accept the new one, marked as sent again. What was written before does not come back: it is on your old devices and on theirs, and the relay cannot give it back.
    You come back into a group when a contact who may add people there accepts your new account, and read what is written from then on.
    Official notices: those that came to the old account stay in effect. If it was your address for them, this one is not yet: lacre notice address on
state-new-account = new account ({ $when }): compare and accept
reset-accepted =
    { $handle }'s new account takes the place of the old one. What was waiting will be sent to it, and so will what went to the old one after { $handle } recovered their account: it will be marked as sent again.
    It joins the groups that you administer as soon as it accepts.
    If you have not compared yet: lacre contact verify { $handle }
reset-groups = Not yet in { $groups }: an admin there must add it, once { $handle } is their contact too.
standing-other-relay = names another relay: on hold
standing-replaced = new account: accept it
standing-ended = ended: lacre group again
event-contact-reset =
    { $who } has a new account, made at the counter { $when }. Compare the safety number (lacre contact verify { $who }) and accept it before you write again:
    lacre contact accept-reset { $who }
account-paused = You are on pause: nobody can find or add you. Your conversations go on; what people write to you waits at the relay for 30 days at most. To come back: lacre account resume
account-resumed = The pause is over: people can find and add you.
account-delete-what =
    When the account { $handle } is deleted:
    - At the relay the account, its keys and its inbox are gone at once. The name { $handle } will never be anybody's again, not even yours.
    - What you wrote stays with those who received it. The relay removes its encrypted copies of messages and files at most 30 days after they arrived; the backups of whoever runs it may keep them, encrypted, for longer.
    - Your conversations and groups see that you leave.
    - If it is your address for official notices, public bodies must notify you otherwise from then on. Notices that came before stay in effect, and you can no longer answer them from here.
    - On this machine your history stays until you delete the folder { $dir }
    It cannot be undone. With another invitation you would have a new account and another name.
account-delete-sure = Delete the account { $handle }? [y/N]
account-deleted =
    The account { $handle } was deleted. Your history stays in { $dir } until you delete that folder.
account-gone = This account was deleted: you can read what is here, and nothing else.
account-replaced =
    CAREFUL: the counter put another account in the place of this one ({ $when }). What you write from here reaches nobody as yours.
    If you did that, with a new phone, use the new one. If not, go to the counter at once, and tell your contacts.
account-forgotten = The relay does not know your account: it came back from a backup that is older than your enrolment, or its data are not all back yet. Each command asks it again, and nothing here is lost. If it stays so, ask the counter for a code (a recovery code, if it says that you have an account) and give it to this profile: lacre enroll INVITATION @name
trust-compared = compared
trust-changed = keys changed: compare again
safety-what =
    Safety number between you and { $handle }:
safety-how = { $handle } must see the same twelve words; otherwise trust nothing that comes under this name. Compare them in person or on a call in which you know the voice, never in writing here. If they are the same: lacre contact verify { $handle } --confirm
safety-compared = Compared { $when }. The keys are the same.
safety-changed = The keys changed after you compared them ({ $when }). Compare them again.
safety-confirmed = Noted: you and { $handle } have compared your keys.
safety-same = It is the same number.
safety-different =
    It is NOT the same number. Check that it was copied whole; if it was, somebody is pretending to be one of you.
    Write nothing important, and tell whoever runs the relay.
no-contacts = No contacts yet. Add one with: lacre contact add @name
requests = Requests:
requests-next = To answer: lacre contact accept @name, or lacre contact decline @name

## conversations
somebody = (somebody)
account-unnamed = account { $id } (not verified)
no-conversations = No conversations yet. Begin with: lacre contact add @name
no-groups = No groups. Make one with: lacre group create NAME @name…
no-messages = No messages yet.
nothing-found = Nothing was found.
more-found =
    { $count ->
        [one] There is one older message. See it with --limit.
       *[other] There are { $count } older messages. See them with --limit.
    }
earlier = There are earlier messages. See them with --all.
count-unread =
    { $count ->
        [one] 1 new
       *[other] { $count } new
    }
count-waiting =
    { $count ->
        [one] 1 waiting
       *[other] { $count } waiting
    }
standing-active = active
standing-asking = this device is waiting to be added again
standing-removed = you are no longer in it
standing-elsewhere = this profile is in use elsewhere
suite-not-post-quantum = not post-quantum
admin = admin

conversation-muted = { $name }: muted. What arrives there is not announced; nobody is told. To undo it: the same command with --off
conversation-heard = { $name }: what arrives there is announced again.
conversation-archived = { $name }: out of the list until something new arrives there. To see it: lacre list --all
conversation-back = { $name }: in the list again.
history-delete-what =
    Everything written there will be deleted on this device, for ever. Not deleted:
    - what the others have: each keeps theirs, and is not told;
    - what the relay keeps encrypted, for 30 days at most;
    - files that you saved, and what still waits to be sent: see lacre outbox.
    You stay in the conversation, and whatever is written from now on arrives as always.
history-delete-sure = Delete the history of { $name } here? [y/N]
history-deleted = The history of { $name } was deleted on this device. The others keep theirs.
state-muted = muted
state-archived = archived
archived-too =
    { $count ->
        [one] One conversation is archived. See it with --all.
       *[other] { $count } conversations are archived. See them with --all.
    }
nickname-set = You call { $handle } "{ $name }". Only you see it, and always beside the name; commands take { $handle }.
nickname-gone = { $handle } has no other name here.

## messages
sent =
    { $count ->
        [one] Sent: { $ids }
       *[other] { $count } messages sent: { $ids }
    }
sent-waiting =
    { $count ->
        [one] Waiting: it is stored here and will be sent as soon as possible ({ $ids }).
       *[other] { $count } messages waiting: they are stored here and will be sent as soon as possible ({ $ids }).
    }
held = Waiting: it will be sent when { $name } accepts your request.
waiting = waiting
message-file = { $who } sends the file "{ $file }" ({ $size }). To save it: lacre save { $id }
message-added = { $who } added { $whom }
message-removed = { $who } removed { $whom }
message-not-added = { $whom } could not be added within 30 days, and will not be tried again
message-re-added = { $who } took { $whom } back, with new keys. What was written just before may be missing on either side
message-meanwhile = { $who } took you back. Since you were last in this conversation its name, description, admins or rules have changed. To see them: lacre group list
message-new-account = { $whom } has a new account, with new keys, given out at the counter. Ask in person whether it is really them
message-renamed = { $who } named the group "{ $name }"
message-described = { $who } described the group: { $text }
message-description-gone = { $who } removed the group's description
message-admin-made = { $who } made { $whom } an admin
message-admin-unmade = { $who } took the admin role from { $whom }
message-may-add-admins = { $who }: from now on only admins add members
message-may-add-everyone = { $who }: from now on everyone may add members
message-may-write-admins = { $who }: from now on only admins write
message-may-write-everyone = { $who }: from now on everyone may write
message-stays = { $who }: from now on, what is written disappears { $time } after it is read
message-stays-for-ever = { $who }: from now on, what is written no longer disappears
message-succeeded = { $who } began this conversation anew, with its history, because nobody could follow a change of its keys. What was waiting will be sent again; you need not do anything
message-succeeded-without = { $who } began this conversation anew, with its history and without { $whom }, whose changes of its keys the others could not follow. What was waiting will be sent again; you need not do anything
message-lost = Something written on { $who }'s lost phone, after they had recovered their account, is not shown
message-ended = The group ends here: only a lost phone administers it, or that phone has changed who is in it. For a new one with the same people: lacre group again
sent-again = sent again; first on { $when }
message-refused = A message by { $who }, who may not write here, was not shown
message-leaves = { $who } is leaving
message-deleted = { $who } deleted this message
message-forgotten = (message of { $who } deleted on this device)
edited = edited
disappears-at = disappears: { $time }
disappears-after = disappears { $time } after it is read
stays = What is written here disappears { $time } after it is read; your own, { $time } after it is sent. Anybody who copies it, or saves a file, keeps it.
stays-for-ever = What is written here does not disappear.
time-weeks = { $count ->
        [one] { $count } week
       *[other] { $count } weeks
    }
time-days = { $count ->
        [one] { $count } day
       *[other] { $count } days
    }
time-hours = { $count ->
        [one] { $count } hour
       *[other] { $count } hours
    }
time-minutes = { $count ->
        [one] { $count } minute
       *[other] { $count } minutes
    }
time-seconds = { $count ->
        [one] { $count } second
       *[other] { $count } seconds
    }
answers = to { $who }: “{ $text }”
answers-gone = to a message that is no longer here
edited-done = Edited for everybody.
deleted-done =
    Deleted, for everybody whose program follows the rules.
    Anybody who has read, copied or photographed it may keep it.
forgotten = Deleted on this device. The others keep it, and are not told.
reacted = Done.
message-newer = { $who } sent something that this version does not know. Update Lacre to see it.
message-unreadable = Something arrived that cannot be read: { $why }
unnamed-file = file
progress-up = Uploading:
progress-down = Downloading:
exported = { $path }: messages with their writer's signature, { $signed }; with the relay's receipt, { $receipts }.
export-in-clear = The file is not encrypted: keep it where only you can read it. Receipts can be had for a limited time only: the sooner you export, the better.

## groups
notes-title = notes to self
group-title = group "{ $name }"
group-created = Group "{ $name }" made ({ $id }).
group-added = Members added to "{ $name }" ({ $id }).
group-not-added = Not everybody was added to "{ $name }" ({ $id }) yet.
group-removed = Members removed from "{ $name }" ({ $id }).
group-left = You are leaving "{ $name }" ({ $id }).
group-left-heir = You are leaving "{ $name }" ({ $id }). You were its only admin; now { $heir } is.
group-again = "{ $name }" ({ $id }) takes the place of the one that ended.
group-again-without = Not in it, because they are not your contacts: { $names }. Add them once they are: lacre group add
group-changed = "{ $name }" was changed ({ $id }).
group-settings = "{ $name }" ({ $id })
group-may-add-admins = Only admins add members.
group-may-add-everyone = Everyone may add members.
group-may-write-admins = Only admins write.
group-may-write-everyone = Everyone may write.
group-not-post-quantum = Note: this group will not resist the quantum computers of the future.
change-waits = Not done yet: the change waits here and will be made as soon as possible.
invited = { $who }: not in it yet. { $why }
not-added-paused = On pause. It will be tried again; you need not do anything.
not-added-no-account = The relay does not know the account: it may have been deleted. It will be tried again for 30 days.
not-added-no-key-package = The relay has no keys of theirs left. It will be tried again; their program must go online first.
not-added-clock = Their keys are not valid now: a clock is wrong, theirs or this device's, or they were offline for long. It will be tried again; check the date.
not-added-key = The relay handed out keys that are not theirs or cannot be used. It will be tried again; if it goes on, ask whoever runs the relay.

## settings
settings-delivery-on = Your contacts see when a message has arrived here (so that they do not: --delivery-receipts off).
settings-delivery-off = Nobody sees when a message has arrived here (so that your contacts do: --delivery-receipts on).
settings-read-on = Your contacts see what you have read (so that they do not: --read-receipts off).
settings-read-off = Nobody sees what you have read (so that your contacts do: --read-receipts on).
settings-proxy = Everything goes through { $proxy }, and nothing without it (to connect directly: --proxy none).
settings-no-proxy = This program connects to the relay directly: whoever runs the relay sees your network address (to hide it: --proxy socks5://HOST:PORT).
settings-proxy-kept = From now on every command of this profile goes through that proxy. To change it: lacre settings --proxy

## extras
extras-installed = Done. Bash and Fish find them by themselves; for Zsh that folder must be in fpath.
extras-removed = Done: they were removed.
man-headings = —
    .name = NAME
    .synopsis = SYNOPSIS
    .description = DESCRIPTION
    .options = OPTIONS
    .subcommands = COMMANDS
    .extra = NOTES
    .version = VERSION

## waiting for news
watching = Waiting for news. To end: Ctrl-C
event-contact-asks = { $who } asks to be your contact. To answer: lacre contact accept { $who }
event-contact-accepted = { $who } accepted: you can write to each other now.
event-contact-not-taken = { $who } takes no new requests, or has revoked the link. Ask them for a new link.
event-keys-changed = The keys of { $who } are no longer those that you two compared. Compare them again: lacre contact verify { $who }
event-joined = New conversation: { $name }.
event-standing = { $name }: { $standing }
clock-ahead = This device's clock is { $time } ahead of the relay's. Correct the date and time.
clock-behind = This device's clock is { $time } behind the relay's. Correct the date and time.
event-copy = Another copy of this profile is in use. This device is changing its keys. If that was not you, tell your contacts.
event-inbox-mended = The relay had lost rights to write to you: for a time, some people could not. They have been given back.
event-restored = The relay came back from a backup. This device is giving back to it what it had lost.
event-put-aside = Something could not be read or done, and was put aside; everything else goes on. ({ $why })
event-notice = An official notice came. To read it: lacre notice read { $id }
event-notice-invalid = Something came as an official notice and is not to be believed ({ $why }). To see it: lacre notice read { $id }
event-notice-replied = The relay took your reply to the notice { $id }; its receipt is kept here.

## official notices
notices-none = No official notice has come.
notice-invalid = NOT TO BE BELIEVED
notice-new = new
notice-opened = read
notice-acknowledged = acknowledged
notice-refused = refused
notice-not-me = not for you
notice-replied = replied
notice-act-start = Notification that a procedure begins
notice-act-inquiry = Notification within a procedure
notice-act-end = Notification of a decision
notice-act-personal = Personal communication
notice-act-communique = Communiqué
notice-short-copy = copy
notice-short-corrects = correction
notice-short-corrected = corrected by a later one
notice-short-trial = trial
notice-about-other = The other one is here: { $notice }
notice-also-corrects = CAREFUL: this other one corrects the same notice, and neither says which of them holds. Read both, and ask the public body: { $notice }
notice-corrected = A later notice of the same public body corrects this one: { $notice }
notice-standing-copy = This is a copy: its dates are those of the original.
notice-standing-corrects = It corrects an earlier notice and has dates of its own.
notice-standing-trial = This is a trial: nothing follows from it.
notice-from = From { $name } ({ $code }), a public body that the registrar knows
notice-subject = Subject: { $subject }
notice-case = Case: { $case }. Procedure: { $procedure }
notice-id = The public body calls it notice { $id }
notice-when = { $act }. The relay took it { $when }.
notice-state = On your side: { $state }
notice-uri = An address that the body names: { $uri } (this program does not open it)
notice-file = File { $number }: { $name } ({ $media }, { $size })
notice-body-by-saving = Its text is not shown here. To save it: lacre notice read NOTICE --save 0
notice-not-genuine =
    NOT TO BE BELIEVED: { $why }
    It came { $when } as an official notice, and what it says is not shown. Nothing follows from it. (Part: { $part })
notice-cannot-count = From when it counts cannot be said here: this program does not have its rule or calendar. Get a newer program.
notice-informs-only = It starts no term.
notice-last-day =
    { $left ->
        [0] Last day to answer: { $day }. That is today.
        [one] Last day to answer: { $day }. One business day is left.
       *[other] Last day to answer: { $day }. { $left } business days are left.
    }
notice-last-day-over = The last day to answer was { $day }.
notice-deemed = You count as notified on { $day }.
notice-counts-as-known = Your own answer counts as knowing of it (Ley 19.880, art. 47), so these dates are counted from it.
notice-no-term = no term
newer-calendar = The calendar { $newest }, newer than the one that the notice names ({ $named }), gives other dates. Those of the one that it names count; the others are:
notice-by-rule = By { $rule } ({ $law }): notified on { $day }; last day: { $last }.
notice-time-is-relays-word = The time from which it counts is the relay's word.
notice-answer-starts-nothing = This notice starts no term here; your answer changes no date.
notice-answer-changes-nothing = Your answer counts as knowing of the notice (Ley 19.880, art. 47). That changes no date: it has taken effect, or will not do so later.
notice-answer-is-knowledge = CAREFUL: your answer counts as knowing of the notice (Ley 19.880, art. 47). You would count as notified on { $day }, and the last day to answer could be { $last }, not { $before }.
notice-answer-is-knowledge-no-term = CAREFUL: your answer counts as knowing of the notice (Ley 19.880, art. 47). You would count as notified on { $day }.
notice-go-on = Send it? Type yes:
notice-not-answered = Nothing was sent.
notice-answer-waits = It is kept here, and goes out when the relay answers.
notice-acknowledged-now = You have acknowledged the notice; the public body can see it.
notice-refused-now = You have refused the notice; the public body can see it. By law its term runs all the same.
notice-not-me-now = The public body can see that the notice is not for you.
notice-reply-stored = Your reply was taken by the relay { $when }. Its receipt is kept here and proves it.
notice-reply-waits = Your reply, written { $when }, waits here until the relay answers.
deadline-left =
    { $left ->
        [0] today
        [one] one business day
       *[other] { $left } business days
    }
deadline-over = over
deadlines-none = No official notice here has a term.
deadlines-safe = These are the earliest readings of the law: who answers by then is in time by all of them. An own answer counts as knowing of the notice.
notice-export-left-out = Its files { $numbers } are not here (0 is the text): lacre notice read --save fetches them. What the relay does not give, ask the body for: without them nobody sees what they said.
notice-exported =
    { $count ->
        [one] One file is in { $path }
       *[other] { $count } files are in { $path }
    }
notice-export-in-clear = They are in clear, and open the notice: give them only to whom you trust. The relay's record of the delivery is with the public body.
notice-proof-written =
    { $count ->
        [one] One word
       *[other] { $count } words
    } of the relay about { $casillas ->
        [one] one casilla
       *[other] { $casillas } casillas
    }, the newest one { $when }, { $count ->
        [one] is
       *[other] are
    } in { $path }
notice-proof-next = Whoever has the relay's key checks it without a network: lacre verify FILE --trust TRUST. With the evidence of a public body: lacre verify EVIDENCE --head FILE --trust TRUST.
misfit-more = the relay says that there are { $says } official notices in your casilla, and gave { $gave }
misfit-fewer = the relay says that there are { $says } official notices in your casilla, and gave or counted more ({ $gave })
misfit-others = of the { $says } official notices that the relay says are in your casilla, not all are those that it gave
misfit-earlier = the relay gave an old word for what is in your casilla ({ $says })
misfit-not-its-word = the relay gave no good word for what is in your casilla; it gave { $gave } official notices
misfit = CAREFUL, first seen { $since }: { $why }. Its word is kept: lacre notice proof --out FILE.
misfit-over = First seen { $since }, no more { $until }: { $why }. Since then it fits again. Its word is kept: lacre notice proof --out FILE.
notice-statement = I designate this account as my address for official notices. I know that notices which public bodies send me here take effect, and that terms run, whether I read them or not. I can pause this or take it back at any time; what was sent before stays in effect.
notice-address-question =
    You are about to sign this:
    { $statement }
    Do you want that? Type yes:
notice-address-not-changed = Nothing was signed, and nothing has changed.
notice-address-on = Official notices reach you here. Terms run whether you read them or not.
notice-address-to-be-on = CAREFUL: the relay does not know yet that this account shall be your address. Until it is told, official notices do not reach you here.
notice-address-paused = Official notices pause: public bodies must notify you otherwise. To go on: lacre notice address resume
notice-address-to-be-paused = CAREFUL: the relay does not know yet that official notices are to pause. Until it is told, they reach you.
notice-address-to-be-off = CAREFUL: the relay does not know yet that this account is to be your address no more. Until it is told, official notices reach you.
notice-address-off = This account is not your address for official notices. To make it so: lacre notice address on
notice-address-since = You signed { $when }: { $statement }
notice-address-grants =
    { $count ->
        [one] One permit to write to you is ready for public bodies.
       *[other] { $count } permits to write to you are ready for public bodies.
    }
notice-address-answers =
    { $count ->
        [one] In { $month } one answer about you was given to public bodies.
       *[other] In { $month } { $count } answers about you were given to public bodies.
    }
notice-tells-opened = Public bodies are told when you have read a notice, up to an hour later.
notice-tells-nothing = Public bodies are not told whether you have read a notice. (That it came to this device, they are.)

## outbox
outbox-empty = Nothing waits in the outbox.
cancelled = Cancelled: it will not be sent.
cancelled-begun = Taken out of the outbox: this profile does not send it any more. Sending had begun, so the relay may have it.
waits-text = text
waits-file = file
waits-change = edit, deletion or reaction
waits-upkeep = upkeep
waits-seal = change of members or keys
waits-invitation = invitation
waits-request = request
waits-notice-answer = answer to an official notice

## status
status-who = { $handle }, profile in { $dir }
status-relay = Relay: { $relay } answers
status-no-relay = Relay: { $relay } does not answer
status-disk-full = Relay: { $relay } was not asked to the end: no room is left on the disk of this computer
status-relay-full = Relay: { $relay } answers, and cannot store anything now
status-relay-deleted = Relay: { $relay }, where this account was deleted
status-relay-forgotten = Relay: { $relay } answers, and does not know this account any more
status-conversations = Conversations: { $count } (unread: { $unread })
status-outbox = Waiting to be sent: { $count }
status-requests = Requests to answer: { $count }
status-recovering = Conversations waiting to add this device again: { $count }
status-resting = Will be tried again: { $what }: { $state } ({ $why })
status-unlocked = Profile unlocked: no passphrase is asked
status-locked = Profile locked: each command asks for the passphrase

## overview and dates
nothing-new = Nothing new.
overview-notices =
    { $count ->
        [one] One official notice is new
       *[other] { $count } official notices are new
    }: lacre notice list
overview-next = To read: lacre read @name. All commands: lacre --help
phrase-today = today at { $time }
phrase-yesterday = yesterday at { $time }
phrase-tomorrow = tomorrow at { $time }
phrase-date = on { $day } { $month } { $year } at { $time }
yesterday = yesterday { $time }
near-date = { $weekday } { $day } { $month } { $time }
far-date = { $day } { $month } { $year } { $time }
weekday-names = —
    .n1 = Mon
    .n2 = Tue
    .n3 = Wed
    .n4 = Thu
    .n5 = Fri
    .n6 = Sat
    .n7 = Sun
month-names = —
    .n1 = Jan
    .n2 = Feb
    .n3 = Mar
    .n4 = Apr
    .n5 = May
    .n6 = Jun
    .n7 = Jul
    .n8 = Aug
    .n9 = Sep
    .n10 = Oct
    .n11 = Nov
    .n12 = Dec

## notifications
notification = There is something new.
no-desktop = There is no desktop with notifications here (notify-send): news is shown in this terminal only.
watch-locked = The profile was locked with "lacre lock".

## the registrar's counter
interrupted = Interrupted.
times-zone = Times of { $zone }.
ask-invitation = The invitation, as you were given it:
ask-run = RUN of the person, with hyphen and check digit:
invitation-for = Invitation for the person with the RUN { $run }, until { $until }:
recovery-use = Hand it to the person who lost the account, and to nobody else: with lacre recover it puts a new account in its place, once, until { $until }. A new one replaces it. At the counter it is called { $reference }.
invitation-use = Hand it to the person and to nobody else: it opens their account, once, until { $until }. A new one replaces it. At the counter it is called { $reference }.
clerk-next = Read these 43 characters to the operator, who lets you begin: lacre-relay registrar clerk add NAME { $key } --issue
no-acts = Nothing was done with this key yet.
deed-issued = first invitation
deed-issued-reset = recovery code
deed-refused-has-account = refused: the person has an account
deed-refused-no-account = refused: no account to recover
deed-refused-duty = refused: not your duty

## helped at the counter
assist-begin =
    You are at a machine that is not yours. This gives you your Lacre account, or gives it back to you, and writes nothing to this machine's disk: the keys are in memory while this runs, and go when it ends.
    Nobody else needs to see this screen. The clerk gave you a code, and neither reads, acknowledges, refuses nor replies in your name, and needs no passphrase of yours.
    Ctrl-C ends it at any moment. If it ends before the last page and the account exists already, nobody has its keys: ask for a recovery code then.
assist-swaps = CAREFUL: when it is short of memory this machine writes some to its disk (swap), and a part of what you type may stay there. This program cannot prevent that.
assist-no-swap = This machine writes no memory to its disk (it has no swap).
assist-enter = Enter to go on:
assist-which =
    1  It is your first account: you have an invitation.
    2  You lost the phone or the account: you have a recovery code.
    3  Your account is on your USB stick: see the notices that came.
assist-which-ask = Which is it? (1, 2 or 3):
assist-one-of-three = Type 1, 2 or 3.
assist-name = Choose your public name, @ana.perez for example:
assist-once-more = Enter to try again; Ctrl-C ends:
assist-arrived = Done: you are { $handle }.
assist-recovered = Done: you are { $handle } again, with a new account. The devices of the one before are shut out. If that one was your address for official notices, it is so no longer.
assist-stick =
    An account is on one device. Did you bring a USB stick of yours? The account goes with it, under a passphrase that you choose, and goes on at your computer.
    If not, only Enter: the account pauses, and with a recovery code you take it to a device of yours later.
assist-stick-ask = Folder of your USB stick (/media/ana/USB for example), or only Enter:
assist-stick-where = Folder of your USB stick (/media/ana/USB for example):
assist-stick-no-account = There is no stick with a Lacre account there.
assist-read-which = Which one? Type its first letters, or only Enter to end:
assist-stick-none = There is no folder there. Put the stick in, and type where it appears.
assist-stick-machine = That is on a disk of this machine: nothing of yours is put there.
assist-stick-taken = There is a Lacre account on that stick (the folder lacre).
assist-address =
    Your account and its keys are on your USB stick. If you want, official notices reach you there.
    Do not, if you cannot open it at a computer soon: what is sent to you takes effect whether you read it or not.
assist-taken =
    Write down:
    - Your account is in { $dir }, under your passphrase. Nobody opens it without that, nor does this office.
    - At your computer, with the stick in it: lacre --profile FOLDER list, and for your notices: lacre --profile FOLDER notice list. FOLDER is that same one, whatever it is called there. Use it there, or a copy of it, but never two.
    - If you lose the stick, come for a recovery code.
assist-left =
    Write down:
    - Your name is { $handle }, at { $relay }.
    - Ask for a recovery code now (the office: lacre counter issue-code --recover). It works for 7 days. At a device of yours type: lacre recover -
    - Nobody has the keys of this account. What is sent to you before that cannot be read.
    - Official notices do not reach this account: they go on at the counter or by letter.
assist-paused =
    - Until then the account pauses, and whoever looks for it is told.
assist-not-paused =
    - The relay was not told that the account pauses: whoever looks for it finds it, and writes to it in vain.
assist-pause-again = The relay does not know yet that the account pauses. Enter to tell it again, or type no:
assist-written-down = When you have written it down, Enter: the screen is cleared:
assist-ended = It has ended. Nothing of this session is left on this machine's disk.

## public bodies
body-enrolled = { $code } { $name }: enrolled. The certificate is valid until { $until } ({ $zone }); the operator renews it.
body-trust = Whoever checks evidence compares these keys with those that the operator of the relay publishes, and then uses the file with: lacre verify --trust
office-is = Office account { $handle } at { $body }: { $post ->
        [administrator] administrator
       *[other] official
    }, account { $account }. The registrar's word holds until { $until }.
roles-two-administrators = Kept. Two administrators are needed before it can be signed. Add the other one: lacre agency official add ACCOUNT administrator --file LIST
roles-in-force = In force: two administrators have signed it.
roles-wait = It waits for another administrator: lacre agency official sign
roles-none = No list is in force.
roles-number = List { $n } ({ $when }):
roles-row = { $account }: { $role ->
        [administrator] administrator
        [approver] approver
       *[other] drafter
    }
roles-to-sign = You sign that this list changes:
roles-gives = + { $account }{ $handle ->
        [none] {""}
       *[other] { " " }({ $handle })
    } becomes { $role ->
        [administrator] administrator
        [approver] approver
       *[other] drafter
    }
roles-takes = − { $account }{ $handle ->
        [none] {""}
       *[other] { " " }({ $handle })
    } is no longer { $role ->
        [administrator] administrator
        [approver] approver
       *[other] drafter
    }
roles-ask = Sign it? (yes/no)
approve-done = Signed. Hand the file to whoever dispatches the batch.
approve-answered = Signed, and { $waits ->
        [yes] it goes to the conversation in which the batch came, once there is a relay.
       *[no] sent to the conversation in which the batch came. Whoever dispatches it keeps that file (lacre save) and hands it to the body’s program.
    }
approve-not = Nothing was signed.
body-sent = Sent and proved: notice { $id }. It is in the person's hands by law from the dispatch on, read or not.
    The proof is in { $path }; it opens everything, so keep it as you keep the file of the case.
body-to-the-same = It goes to the person of notice { $id }. No RUN is asked for, and none is read.
body-sent-trial = Sent: notice { $id }, a trial. Nothing follows from it.
    What it would prove is in { $path }.
body-sent-copy = Sent and proved: notice { $id }, a copy. It starts no term: the dates are its original's.
    The proof is in { $path }; keep it beside the original's.
body-sent-informs = Sent and proved: notice { $id }. It informs, and starts no term.
    The proof is in { $path }; it opens everything, so keep it as you keep the file of the case.
body-sent-unproven = CAREFUL: the relay took notice { $id }, but what it or its registrar gave does not verify. Do not count terms from it. Show the operator: lacre verify --explain { $path }
body-otherwise-exempt = Notify otherwise: electronic notices take no effect for this person. Nothing was sent. What it says is kept in { $path }, and how to go on: lacre agency fallback list
body-otherwise-none = Notify otherwise: this person has designated no address for official notices here. Nothing was sent. What it says is kept in { $path }, and how to go on: lacre agency fallback list
body-otherwise-closed = Notify otherwise: the person's address was closed after the registrar had answered. Nothing was delivered (notice { $id }). How to go on: lacre agency fallback list
body-nothing-waits = Nothing waits to be sent.
body-resume = If a notice was kept before that, it was not lost and must not be written again: lacre agency resume
body-no-notices = No notice was sent from here yet.
body-not-asked = The relay was not asked for answers: { $why } This is what is known here.
body-strangers = { $count ->
    [one] One answer is
   *[other] { $count } answers are
 } of no notice of this profile; they were passed over.
body-notice = { $id }  { $at }  { $run }  { $case }  { $subject }
    { $stage }
body-stage-prepared = kept; whether the relay has it is not known (lacre agency resume)
body-stage-sent = delivered and proved
body-stage-unproven = CAREFUL: delivered, but what the relay gave does not verify; count no terms from it
body-stage-again = proved; the relay was restored and may have lost it, so it is delivered again until it is handed over
body-stage-otherwise = to be notified otherwise
body-stage-refused = not delivered: to be notified otherwise
body-answer-handover = handed over: the person's program has it and found it genuine
body-answer-failure = the person's program could not open it or found it not genuine
body-answer-opened = opened by the person
body-answer-acknowledged = acknowledged by the person
body-answer-not-me = the person says: it is for somebody else (no effect of its own; it may show that the act was known: Ley 19.880, art. 47)
body-answer-refused = refused by the person (no effect of its own; it may show that the act was known: Ley 19.880, art. 47)
body-answer-reply = a reply; its text and files lie beside the proof
body-answer-aside = put aside, it does not verify: { $why }
limit-routes = The relay answers a body so many questions of route a day ({ $name })
limit-lookups = The relay answers a body so many questions about persons a day ({ $name })
limit-delivers = The relay takes so many notices of a body a day ({ $name })
limit-stamps = The relay gives a body so many stamps a day ({ $name })
limit-last-resort = The person's casilla took today what its last right allows ({ $name }): it takes no more today
limit-last-resort-body = This body used its share of the person's last right today ({ $name })
limit-kept = The person's casilla is full ({ $name })
limit-tokens = The channel for answers takes no more rights ({ $name })
body-answer-stranger = put aside: no notice of this body opens it
body-answer-waits = waits: the notice's evidence is missing, or another lies in its place. Put it back, and the next command looks again
body-answer-no-receipt = put aside: the relay gives no receipt for it
body-answer-lost-device = put aside: signed by a device of the account that was lost, after the person recovered it at the counter. It is not hers
body-reset = CAREFUL: the person recovered her account at the counter ({ $at }) before anything showed that she knew of this notice. Perhaps she does not have it. Decide on a copy: lacre agency send --copy { $id }
body-beside-trial = a trial: nothing follows from it
body-beside-copy = a copy of { $id }, with its dates
body-beside-corrects = it corrects { $id }
body-beside-answers = said to a reply to { $id }
body-reply = { $number }  { $at }  { $run }  { $case }  { $files ->
    [0] no files
    [one] one file
   *[other] { $files } files
 }  code { $transaction }
body-reply-missing = { $number }  CAREFUL: its proof { $name } is missing or was changed; put it back from a copy
body-reply-file = File { $number }: { $name } ({ $media }, { $size }), SHA-256 { $sha256 }
body-reply-saved = Saved: { $path }
body-no-replies = Nobody has written in answer to a notice yet.
body-evidence = Whoever checks it needs no profile: lacre verify FILE --trust { $trust }. It opens everything that was sent and answered. What was answered since the last lacre agency status is not in it.
body-unnamed = { $count ->
    [one] One file in the folder of evidence is
   *[other] { $count } files in the folder of evidence are
 } of no notice of this profile ({ $first }): a command that was cut off leaves such, or a profile that was put back from a copy. Look with lacre verify: without the relay's record nothing was sent with it, and it may be removed.
body-corrected-already = CAREFUL: { $id } has a correction already ({ $other }). With this one the person sees both, and neither takes the other's place.
body-open-folder = CAREFUL: others can read { $dir }, and what lies there opens everything that was sent. Take that right away: chmod 700
body-watching = Waiting for what devices answer, after number { $since } (what was before: lacre agency status). { $zone } Ctrl-C ends it.
body-came = { $number }  { $at }  { $case }  { $what }

## templates of a body, and recipients' tables
template-added = Added: template { $name }, version { $version }. Placeholders: { $placeholders }
template-same = Nothing new: version { $version } of template { $name } says this already. Placeholders: { $placeholders }
template-none = There is no template yet. To add one: lacre agency template add
template-version = version { $version }
template-no-placeholders = none
template-head = Template { $name }, version { $version }, of { $at }
template-kind = { $kind }; { $term }
template-start = Notification at the start of a procedure (NT)
template-inquiry = Notification within a procedure (NT)
template-end = Notification at the end of a procedure (NT)
template-cp = Personal communication (CP)
template-ci = Institutional communiqué (CI)
template-term = { $days ->
    [one] { $days } business day to appeal
   *[other] { $days } business days to appeal
}
template-no-term = no term starts
template-procedure = Procedure: { $procedure }
template-description = Description: { $description }
template-file = Persons get it as: { $file }
template-answers = Persons' programs may answer.
template-no-answers = Persons' programs do not answer.
template-placeholders = Placeholders: { $placeholders }
template-part-subject = The subject
template-part-description = The description
template-part-body = The body
template-row = Line { $line } of the table, for { $run }:
template-no-row = Line { $line } of the table has no row that can be shown.
template-no-good-row = No row of the table can be shown.
template-fault-line = { $option } is one line of 1 to { $most } bytes, without spaces at its ends and without control characters.
template-fault-empty = The body says nothing.
template-fault-body = The body has more than { $most }.
template-fault-control = Line { $line } of the body has a character that nobody sees: write it again.
template-fault-term = A term of { $days } business days is surely not meant: the longest is { $most }.
template-fault-placeholder = { $part }, line { $line }: "{ $text }" begins as a placeholder and is none. Write ((name)), or part the parentheses with a space.
template-fault-placeholders = There are { $count } placeholders: a template has at most { $most }.
template-fault-place = (({ $placeholder })) stands where a value would not stay text: in code, in the address of a link, in HTML, or right beside signs and letters. Put it elsewhere, or spaces around it.
template-fault-references = Links by reference ([words]: address) do not go together with placeholders: write [words](address).
lint-nothing = Nothing was found that makes it hard to read. That is no proof that it is easy: let somebody read it who does not know the case.
lint-sentence = Line { $line }: a sentence of { $words } words ("{ $begin } …"). More than { $most } are hard to read: make two of it.
lint-table = Line { $line } begins a table: a letter shows it as it was typed, with its bars, and who hears it loses the columns. Write a list.
lint-abbreviation = { $word } is nowhere written out: say once what it means.
lint-appeal = It starts a term, and does not say how to appeal: say where, how and until when.
lint-attachment = It says little more than that an attachment is to be seen: put what was decided, and what the person may do, into the body.
lint-scan = { $name } has no text, only pictures of pages: a screen reader reads none of it. Attach the document as it was written, not a scan.
lint-pdf = { $name } could not be looked into: whether it has text is not known.
table-read-as = { $rows ->
    [one] { $rows } row
   *[other] { $rows } rows
 }, read as { $encoding }, with { $separator } between the columns.
table-utf8 = UTF-8
table-utf16 = UTF-16
table-windows = Windows-1252 (it is not UTF-8; look at names with accents: lacre agency show BATCH --row N)
table-comma = commas
table-semicolon = semicolons
table-tab = tabs
table-more = … and { $more } more.
table-too-large = It has { $size }, and may have { $most }: part it into several.
table-long-line = Line { $line } has more than { $most }. Perhaps a quotation mark is opened there and never closed.
table-empty = It is empty.
table-workbook = It is a workbook: save it as CSV first.
table-not-text = Line { $line } is no text: save the table as CSV in UTF-8.
table-mixed = It is of two encodings: line { $utf } is UTF-8, line { $other } is not. Names would be wrong: save it anew as CSV in UTF-8.
table-open-quote = A quotation mark is opened in line { $line } and never closed.
table-rows = It has more than { $most } rows: part it into several files.
table-changed = It became another while it was read: repeat the command.
row-at = Line { $line }, column { $column }: { $what }
row-line = Line { $line }: { $what }
row-unknown-column = { $count ->
    [0] nothing takes it: the template has no placeholders. Remove the column.
   *[other] nothing takes it. The template has { $placeholders }. Correct its name, or remove the column.
}
row-missing-column = there is no such column. Add it.
row-same-column = another column has this name or means the same. Remove one of them.
row-nameless-column = there is something in a column without a name. Name it, or empty it.
row-fields = it has { $found } fields, and the first line has { $wanted }. Perhaps a text with a separator is not between quotation marks.
row-empty = nothing stands there. Write it in (of attachments: a hyphen where there is none).
row-run-shape = it is no RUN. Write it with its hyphen and check digit, as 12345678-5.
row-run-digit = the check digit does not fit. Look at the RUN again.
row-same-person = line { $first } is for the same person. Leave one of them.
row-long = it has { $bytes } bytes, and may have { $most }. Shorten it.
row-error = the spreadsheet wrote an error there: a formula has no result, or the column was too narrow. Put it right in the spreadsheet, and save the table again.
row-shortened = the spreadsheet shortened the RUN to a number with an exponent, and its digits are gone. Make the column one of text, write the RUN again, and save the table.
row-control = a character stands there that nobody sees, or letters were lost when the table was saved. Write it again.
row-lines = it has several lines, and must be one.
row-attachments = it names { $count } files, and may name { $most }.
row-attachment-name = files are named within their folder: no path from the root, no "..".
row-no-address = it needs a letter, and there is no address for one: name, street and comuna.
row-rows = a table has at most { $most } rows. Part it into several.
row-part-long = { $part } becomes { $bytes } bytes long with these values, and may have { $most }. Shorten them.
row-structure = these values would change how the text around them is read. Look at signs such as * or #.
