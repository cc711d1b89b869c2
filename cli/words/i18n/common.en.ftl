### What every program of the house says: help, errors of usage, the shape of an error.

failure =
    Error: { $what }
      Why:        { $why }
      What to do: { $do }
decimal-point = .
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
usage-perhaps = Perhaps you meant: { $word }
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
    .addr = ADDRESS
    .days = DAYS
    .dest = DEST
    .hostport = HOST:PORT
    .src = SRC
    .account = ACCOUNT
    .batch = BATCH
    .code = CODE
    .column = COLUMN
    .instant = INSTANT
    .key = KEY
    .notice = NOTICE
    .npath = N=PATH
    .reason = REASON
    .ref = REF
    .reference = REFERENCE
    .role = ROLE
    .time = TIME
    .year = YEAR
    .zone = ZONE
error-usage-command = "{ $command }" is not a command.
    .why = Commands are fixed words. { $perhaps }
    .do = See the commands with --help.
error-usage-missing = Something is missing from the command.
    .why = Needed: { $argument }
    .do = See how it is written, with --help at the end.
error-usage-unknown = "{ $argument }" is not understood.
    .why = The command has no such option and takes no other word. { $perhaps }
    .do = Put a text of several words in quotes, and one that begins with a hyphen behind -- alone. See --help.
error-usage-run = A RUN is no argument of a command.
    .why = Everybody on this machine can read the arguments, and the shell keeps them.
    .do = Type it when it is asked for, or give it on standard input, one line. Delete it from the shell's history.
error-usage-not-text = An argument is not UTF-8 text.
    .why = Its bytes are no characters.
    .do = Type it again; rename a file whose name cannot be typed.
error-usage-hyphen = "{ $argument }" is not understood.
    .why = It begins with a hyphen, as options do.
    .do = If it is a text, put -- before it: lacre send @name -- "-5 degrees"
error-usage-conflict = "{ $argument }" and "{ $prior }" do not go together.
    .why = One excludes the other.
    .do = Use only one of them.
error-usage-value = "{ $value }" does not fit { $argument }
    .why = What fits: { $good }
    .do = See --help.
error-usage-no-value = "{ $argument }" has no value, or one too many.
    .why = The option takes exactly one.
    .do = See how it is written, with --help.

## what the system says
cause-not-found = it does not exist
cause-not-permitted = it is not permitted
cause-there-already = something of that name is there already
cause-is-folder = it is a folder
cause-no-folder = a part of the path is no folder
cause-disk-full = no room is left on the disk
cause-relay-full = the relay's disk is full
cause-relay-store = the relay cannot store just now
cause-read-only = nothing can be written there
cause-too-large = it is too large for that disk
cause-bad-name = the name cannot be used
cause-refused = nobody answers at that address
cause-cut-off = the connection was cut off
cause-no-network = there is no network to that address
cause-no-answer = no answer came in time
cause-in-use = the address is in use
cause-no-memory = not enough memory
cause-proxy = the proxy does not answer
cause-proxy-no-way = the proxy cannot reach the relay
cause-certificate-time = the relay's certificate is not valid at this machine's time: check date and time
cause-line = line { $line } is not of its form (technical detail: “{ $text }”)
cause-not-signed = not signed by whom it must be signed
cause-no-note = it is no signed text
cause-only-admins = only admins write there
cause-lost-phone = a lost phone is still in the group
cause-nobody-there = the other person is not in the conversation yet
cause-slower = the relay asks to go slower
cause-technical = technical detail: “{ $text }”
error-not-written = The result could not be written.
    .why = { $why }
    .do = Make room, or name another place, and look again. What this command sends or changes is done: do not repeat one that sends. Nothing was marked as shown.
