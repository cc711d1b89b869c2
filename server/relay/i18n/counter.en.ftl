# What the relay's commands say. One message a line.
invitation-use = Hand this invitation to the person and to nobody else: it opens their account, once, until { $expires }. A new one replaces it.
ask-run = RUN of the person, with hyphen and check digit:
no-run = No RUN came. Type it when it is asked for, or give it on standard input, one line: it is no argument, because everybody on this machine can read those.
many-runs = More than one line came. One invitation is for one person: give one RUN.
no-stdin = Standard input cannot be read ({ $cause }). Type the RUN at a terminal.
invitation-for = Invitation for the person with the RUN { $run }:
run-shape = That is not a RUN. Write it with its hyphen and check digit, as 40123456-K.
run-digit = The check digit does not belong to that RUN. Look at it again: it may be a typing error.
has-account = This person has an account. No second code is issued. If the account was lost, and the person stands here: repeat with --recover.
nothing-to-recover = This person has no account to recover. Hand out a first invitation: repeat without --recover.
busy = The relay is starting or stopping: it uses the data folder but does not answer. Try again in some seconds.
unreachable-address = Nobody can reach { $address }. Say the public address with --public-address host:port.
bad-address = { $address } is no address: write it as host:port.
no-answer = The relay could not issue the code: { $cause }. See its log, and that it still runs.
no-start = The code could not be issued: { $cause }
