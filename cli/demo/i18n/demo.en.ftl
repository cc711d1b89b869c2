### The demonstration: what it tells, what the example people write, and what is checked (.claim).

demo-title =
    LACRE IN A MINUTE
    Four example people write to each other over a relay that can read nothing.
demo-relay = The relay is switched on
demo-relay-runs = lacre-relay runs on this machine, port { $port }. It has no key to read anything with.
demo-enrol = Four people enrol, each with an invitation
demo-enrolled = { $name } is { $handle }   RUN { $run } (example)
demo-two = Ana and Bruno write to each other
demo-quote = { $who }: { $text }
demo-claim-two = Each read what the other wrote, letter by letter
    .claim = Ana and Bruno read the same texts.
demo-daily = Everyday things
demo-claim-changes = Ana corrects a message; Bruno puts a sign beside it and answers: both see the same
    .claim = Both see the correction, the sign and the answer.
demo-claim-found = Bruno finds that message by its words, typed in capitals
    .claim = The search finds the message, and only that one.
demo-claim-harmless = Ana sets a second passphrase: anybody who forces her to open her profile sees an empty one, in the same file
    .claim = The second passphrase opens a profile in which there is nothing of Ana.
demo-claim-receipts = Ana sees that the message came (✓), and was read (✓✓) because Bruno lets it be seen
    .claim = Ana sees that the message came, and that it was read once Bruno allows it.
demo-claim-gone = A message that stays for one second is gone from both profiles
    .claim = Of a message that disappears nothing is left in the profiles.
demo-claim-safety = They read the same twelve words aloud: nobody put other keys in between
    .claim = Ana and Bruno read the same safety number.
demo-group = A group of four shares files
demo-group-made = Ana makes the group "{ $name }" with Bruno, Carla and Diego.
demo-group-name = Road works, example
demo-file-names = { $names }
demo-claim-files = { $count } files ({ $size }) reached all four, equal to the last byte
    .claim = All four receive each file equal to the last byte.
demo-cut = The power fails in the middle
demo-claim-killed = (killed)
    .claim = The relay is killed while messages are under way.
demo-cut-dead = Ana sends { $total } messages; the relay dies at once. { $acknowledged } were stored, { $waiting } wait.
demo-cut-back = The relay is switched on again.
demo-claim-cut = All { $total } reached everybody: none lost, none twice, in order
    .claim = All messages arrive once and in order.
demo-removal = Diego leaves the group
demo-claim-after = Ana, Bruno and Carla go on talking
    .claim = Those who stay in the group read what follows.
demo-claim-removed = Nothing of what follows reaches Diego
    .claim = Nothing of what follows reaches whoever was removed.
demo-apart = Left alone, lost, and proved
demo-claim-blocked = Ana blocks Diego: what he writes reaches no row of her profile, and nobody tells him
    .claim = Nothing of what a blocked person writes reaches the profile, and they are not told.
demo-lost = { $handle } loses the phone, and gets a new code at the counter.
demo-claim-thief = Somebody else has the phone now and writes as Elena: Ana's program asked the relay first; it shows nothing of it and sends it nothing
    .claim = Ana reads nothing from the stolen phone, and nothing of hers gets there.
demo-claim-warned = Ana is warned that the account and its keys are new; until she accepts, nothing goes there
    .claim = Ana is warned of the new account, and nothing goes there before she accepts.
demo-claim-back = Ana accepts, and both go on writing
    .claim = After accepting, both write to each other again.
demo-claim-evidence = Ana takes { $count } messages with Bruno as evidence: each bears its writer's signature, the newest also the relay's receipt
    .claim = Every message of the evidence bears a good signature, the newest also a receipt.
demo-claim-evidence-canary = The same check refuses each of them with one letter more
    .claim = The check refuses a message that was changed.
demo-notices = A public body notifies three of them
demo-body-name = Municipality of Example
demo-designated = Ana, Bruno and Carla say that official notices reach them here: terms run whether they read them or not.
demo-notice-procedure = Example permit
demo-notice-subject = Your request was decided (example)
demo-notice-description = Ends the procedure. You may appeal within five business days.
demo-notice-text = Decision (example): the request is granted.
demo-appeal = I appeal against the second paragraph. (example)
demo-claim-sent = The body sends a notice, and its evidence is valid at once
    .claim = A notice that was sent has valid evidence.
demo-claim-resumed = The relay died while a second one was under way: the same bytes went once more, and it arrived once
demo-claim-paused = Carla paused a second before: nothing is sent into a void, the body is told to notify her otherwise
    .claim = Who has paused is not notified.
demo-claim-genuine = Ana's program knows that the notice is genuine, and until when she may answer
    .claim = A notice is checked before it is shown, and has its dates.
demo-claim-appeal = Bruno appeals; the relay's receipt says when, whoever says otherwise
    .claim = A reply has the relay's receipt.
demo-claim-told = The body has Ana's acknowledgement and Bruno's appeal, verified
    .claim = What devices answer reaches the body, and verifies.
demo-claim-valid = The evidence is checked without relay and without profile: VALID
    .claim = The evidence verifies by itself.
demo-claim-changed = Each part of it, changed in one place and sealed up again, is refused by its own name
    .claim = No part of the evidence can be another.
error-demo-body = The public body of the story could not go on.
    .why = { $why }
    .do = Run the demo again; if it happens twice, report it.
demo-batch = Twenty notices from a table, and four eyes
demo-batch-subject = Decision for ((nombre)) (example)
demo-batch-text =
    # Decision (example)

    Dear ((nombre)):

    your application is granted. You may appeal within five business days.
demo-claim-roles = Three officials have office accounts; two administrators signed who drafts and who approves (one of them was not enough)
    .claim = A list of roles is in force when two administrators have signed it, and not before.
demo-claim-table = A table in Windows-1252 with semicolons is read, with every ñ
    .claim = The table of twenty rows is read as Windows-1252 and nothing is wrong with it.
demo-claim-routes = Before anything is sent: { $electronic } reach a program, { $exempt } are exempt (one of them a company), { $none } have no address here
    .claim = The registrar says of each by which way.
demo-claim-waits-for-two = What one official drafted does not go
    .claim = A batch that nobody approved is not sent.
demo-claim-seen = Both officials' programs computed what they sign from all twenty rows
    .claim = Each sees all rows and every attachment.
demo-claim-approved = One drafted it, another one approved it
    .claim = Two signatures of two officials are enough for twenty rows.
demo-claim-batch-resumed = The relay was killed half-way and the body's program began anew: it goes on
    .claim = The batch breaks off, and goes on to its end.
demo-claim-once = Every row is there once: two in the persons' programs, eighteen for counter or letter
    .claim = Nobody got a notice twice, and no row is missing.
demo-effect = { $run }  { $deemed ->
        [none] counter or letter ({ $reason ->
            [law] exempt by law
            [legal-person] a legal person
           *[other] no address here
        })
       *[other] deemed notified on { $deemed }, last day { $last }
    }
demo-claim-four-eyes = The evidence says who drafted and who approved it
    .claim = The evidence of a notice is valid and names one approver.
demo-proof = The proof, by reading
demo-claim-same = Ana, Bruno and Carla have the same { $count } messages in the same order
    .claim = All have the same history.
demo-claim-same-until = Diego has the same first { $count }, until he left
    .claim = Whoever was removed has the same history until then.
demo-claim-nothing = Files of the relay ({ $files }, { $size }): no text, name, file or RUN ({ $count } searches)
demo-claim-canary = The same search does find what must be there: the four public names
    .claim = The search finds the public names, which must be there.
demo-claim-keys = No key that Diego ever held opens what was stored later ({ $keys } tries, { $entries } entries)
    .claim = No key that a removed member held opens what was stored later.
demo-claim-keys-canary = The same search through Carla's machine does find the key
    .claim = The search for keys finds the key where it must be.
demo-end = All of it held, in { $seconds } seconds.
demo-kept = Kept: { $dir }
demo-input-empty = there are no files in it
demo-input-large = they are more than 50 MB

demo-text-request = I am Ana Ejemplo, of the road workshop.
demo-text-hello = Hello Bruno. Did the report on the bridge over the Ñuble arrive?
demo-text-answer = It did, Ana. Tomorrow we go through it with Carla and Diego.
demo-text-wrong = We meet on Tuesday at 3.
demo-text-right = We meet on Tuesday at 4.
demo-text-reply = I will be there, at 4.
demo-text-gone = The code of the yard's gate is 4711, an example.
demo-text-group-1 = Welcome. Here is what we have.
demo-text-group-2 = Thank you, Ana. I add the table of costs.
demo-text-group-3 = The photograph is of Monday, before the rain.
demo-text-group-4 = Received. I will speak with the town hall.
demo-text-many = Measurement { $n } of { $total }: water level normal.
demo-text-blocked = You cannot keep me away, example.
demo-text-again = It is Elena: this is my new phone.
demo-text-thief = It is Elena. Send me everybody's address.
demo-text-careless = Elena, see you at seven in the square.
demo-text-welcome = Welcome back, Elena. It is really you.
demo-text-signed = Ana, I confirm it in writing: the report is approved.
demo-text-after-1 = Diego is no longer here. The three of us go on.
demo-text-after-2 = Agreed, the budget stays between us.
demo-text-after-3 = Perfect. I sign it on Friday.

error-demo-claim = The demonstration failed.
    .why = This did not hold: { $claim }
    .do = Repeat with --keep to look at the files, and tell those who make Lacre.
error-demo-found = The relay has something that it must not have.
    .why = "{ $what }" was found in { $path }
    .do = Repeat with --keep to look at the files, and tell those who make Lacre.
error-demo-slow = The demonstration does not go on.
    .why = After a minute messages are still under way.
    .do = Repeat when the machine is less busy; if it stays so, tell those who make Lacre.
error-demo-no-relay = The relay's program was not found.
    .why = It must be in the same folder as this program: { $program }
    .do = With the source: run ./demo there. Otherwise put lacre-relay of the same release into that folder.
error-demo-machine = The demonstration could not go on on this machine.
    .why = { $why }
    .do = Check the space and the permissions of the temporary folder, and repeat.
error-demo-input = The folder { $dir } cannot be used.
    .why = { $why }
    .do = Name another with --input DIR

help-lacre-demo = Shows the whole system in a minute, with example people
    .input = Folder with the files that are sent, in the place of those that it carries
    .keep = Keeps the temporary folder, to look at it
    .act = Tells this act alone (1-11); all are played
    .json = One line of JSON at the end
    .lang = Language; otherwise that of the system
    .help = Shows this help
    .version = Shows the version
