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
    .text = TEXT
    .to = TO
    .conversation = CONVERSATION
    .message = MESSAGE
    .group = GROUP
    .name = NAME
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
help-contact = Contacts and requests
help-contact-add = Asks somebody to be your contact
    .handle = Their public name
    .text = A few words, so that they know who you are
help-contact-accept = Accepts a request
    .handle = Who sent it
help-contact-decline = Declines a request; its sender is not told
    .handle = Who sent it
help-contact-list = Shows contacts and requests
help-list = Shows conversations and requests
help-send = Sends a text and files
    .to = @name, a group, or the id that "lacre list" shows
    .text = The message
    .file = A file; may be repeated
    .more = Without a relay the message waits; the next command sends it.
help-read = Shows a conversation
    .conversation = @name, a group's name, or a short id
    .limit = The last N messages (50)
    .all = All messages
help-save = Saves the file of a message; never replaces another
    .message = Beginning of the message's id
    .to = Folder (the current one)
help-watch = Shows what comes, as it comes, and sends what waits
    .duration = Ends after this time: 30s, 5m, 1h
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
help-group-list = Shows the groups and their members
help-group-leave = Leaves a group
    .group = Name or short id of the group
help-outbox = Shows what waits to go out
help-outbox-retry = Tries it again now
    .id = Number that "lacre outbox" shows
help-outbox-cancel = Does not send it, if it has not gone out yet
    .id = Number that "lacre outbox" shows
help-status = Shows how things stand, and whether the relay answers
help-unlock = Opens the profile for a while, asking no passphrase
    .duration = For how long (1h)
help-lock = Locks the profile now
help-demo = Shows the whole system in a minute, with example people
    .input = Folder with the files that are sent
    .keep = Keeps the temporary folder, to look at it
