### The help: help-<command>, with an attribute for each argument.

help-template =
    { "{before-help}{about-with-newline}" }
    Usage: { "{usage}" }

    { "{all-args}{after-help}" }
help-commands = Commands
help-arguments = Arguments
help-options = Options
help-general-options = General options
usage-options = [OPTIONS]
usage-command = <COMMAND>
usage-nothing-similar = nothing similar
usage-see-help = those that --help shows
value-names = —
    .dir = DIR
    .file = FILE
    .handle = @NAME
    .handlelink = @NAME|LINK
    .text = TEXT
    .to = TO
    .conversation = CONVERSATION
    .message = MESSAGE
    .group = GROUP
    .name = NAME
    .sign = SIGN
    .words = WORDS
    .date = DATE
    .id = NUMBER

help-lacre = Private messages: the relay can read none of it
    .profile = Folder of the profile (~/.local/share/lacre)
    .passphrase-file = Its first line is the passphrase
    .key-file = Key instead of passphrase; "enroll" makes it
    .json = One line of JSON (fields: cli/JSON.md)
    .lang = Language; otherwise that of the system
    .proxy = All through this proxy: socks5://HOST:PORT
    .help = Shows this help
    .version = Shows the version
    .more =
        To begin: lacre enroll INVITATION @name
        Exit codes: 0 done, 1 the answer is no, 2 written wrongly, 3 could not ask.

help-enroll = Enrols this machine with an invitation and makes the profile
    .invitation = The line that you were given; it works once
    .handle = Public name: 3 to 32 of a-z, 0-9, _ . -
help-whoami = Shows the account of this profile
help-recover = Makes a new account of the same name for a lost one
    .invitation = The recovery code that you were given at the counter
    .more =
        Use a new folder (--profile). The devices of before are out, and your
        contacts must accept the new account.
help-account = Takes a pause, or deletes the account
help-account-pause = Takes a pause: nobody finds or adds you
help-account-resume = Ends the pause
help-account-delete = Deletes the account at once; says before what stays
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
    .everywhere = Also leaves the groups you share, if you say yes
    .yes = Does not ask before leaving the groups
    .more =
        Ends the conversation of two. In shared groups you still read each other.
help-contact-unblock = Blocks them no longer
    .handle = Whom
help-contact-nobody-new = Says whether new people may ask to be your contact
    .choice = on: nobody new; off: anybody
help-contact-link = Makes a link to ask you by
    .name = What it is for; only you see it
    .list = Shows the links that work
    .revoke = Revokes the link of this number
    .more = It works also while nobody new may ask.
help-contact-list = Shows contacts and requests
    .blocked = Only those whom you blocked
help-list = Shows conversations and requests
help-send = Sends a text and files
    .to = @name, a group, or the id that "lacre list" shows
    .text = The message
    .file = A file; may be repeated
    .more = Without a relay the message waits; the next command sends it.
help-reply = Answers a message; readers see which
    .message = Beginning of the message's id
    .text = The answer
help-edit = Changes a text of yours, for everybody; it is marked as edited
    .message = Beginning of the message's id
    .text = The new text
help-delete = Deletes a message of yours for everybody
    .message = Beginning of the message's id
    .for-me = On this device only; messages of others too
    .more = The others' programs obey; whoever has copied it may keep it.
help-react = Puts a sign beside a message; a new one replaces the old
    .message = Beginning of the message's id
    .sign = One character, as 👍
    .remove = Takes yours back
help-disappear = Messages that disappear: says after how long, or shows it
    .conversation = @name, a group's name, or a short id
    .after = 30s, 5m, 1h, 1d, up to 28d; off: they stay
    .more =
        They disappear from each profile: those of others so long after they are read,
        your own after they are sent. Who has copied, photographed or saved, keeps it.
        In a group its admins decide; between two, either.
help-read = Shows a conversation
    .conversation = @name, a group's name, or a short id
    .limit = The last N messages (50)
    .all = All messages
    .since = From this day on: 2026-11-25
    .more = What is long is shown page by page with the program that PAGER names (less).
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
        With the file a third party can check who wrote what, and when the relay
        stored it (PROTOCOL.md, 17). It is not encrypted.
help-watch = Shows what comes, as it comes, and sends what waits
    .duration = Ends after this time: 30s, 5m, 1h
    .notify = Desktop notice without content, or none
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
help-group-list = Shows the groups and their members
help-group-leave = Leaves a group
    .group = Name or short id of the group
help-outbox = Shows what waits to go out
help-outbox-retry = Tries it again now
    .id = Number that "lacre outbox" shows
help-outbox-cancel = Does not send it, if it has not gone out yet
    .id = Number that "lacre outbox" shows
help-status = Shows how things stand, and whether the relay answers
help-settings = Shows or changes what others see of you
    .delivery-receipts = Contacts see what has come here: on, off
    .read-receipts = Contacts see what you have read: on, off
    .more =
        When reading: ✓ has come, ✓✓ was read. Only among accepted contacts, in
        conversations of up to 16 people.
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
        For whoever fears to be forced to open the profile. The second
        passphrase opens another profile, empty at first, in the same
        file: same size, same time to open.
help-passphrase-remove-second = Removes the second passphrase and its profile
help-demo = Shows the whole system in a minute, with example people
    .input = Folder with the files that are sent
    .keep = Keeps the temporary folder, to look at it
help-install-extras = Installs what completes commands in shells, and man pages
    .to = The user's data folder (~/.local/share)
    .remove = Removes them
