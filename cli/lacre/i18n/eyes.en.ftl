# Four eyes: what officials see of a batch before they sign, and what they signed.

package-written = Written: { $path } ({ $rows } rows, { $size }). It holds everybody's RUN and what is said to them: hand it to the officials who look at it, and to nobody else.
    In a conversation of theirs (lacre send CONVERSATION --file FILE) they look at it and sign without saving it, and lacre disappear says when it goes from there.
package-is = A batch of { $body }: { $rows ->
        [one] { $rows } notice
       *[other] { $rows } notices
    }{ $template ->
        [none] , without a template
       *[other] { " " }of the template that the body calls { $template } (version { $version })
    }
    { $drafter ->
        [none] Drafted by the body's program; nobody signs for that.
       *[other] Drafted by the office account { $drafter }.
    }
    To be made from { $from } to { $until } ({ $zone }), by the rule { $rule }.{ $beside ->
        [0] {""}
       *[other] { " " }{ $beside } of them are copies, corrections or trials.
    }{ $missing ->
        [0] {""}
       *[other] { " " }{ $missing } attachments are not in this file: ask for them before you sign.
    }
    Digest { $digest }, computed here from every row.
approve-question = Sign { $role ->
        [drafter] that you drafted it
       *[other] that you approve it
    }? (yes/no)
approvals-by = { $who }, { $role ->
        [drafter] who drafted it
       *[other] approver
    }, on { $when }
approvals-no-drafter = Who drafted it has not signed that yet.
approvals-left = { $left } of { $needed } approvers are still missing.
approvals-enough = It is approved. Send it: lacre agency dispatch { $id }
roles-used = From now on nothing is sent from here that was not drafted by one of them and approved by { $approvers ->
        [one] another
       *[other] { $approvers } others
    }; above 1,000 notices of one template in a day, by two at least.
batch-of-one = Drafted as a batch of one: { $id }. Nothing was sent.
    For who approves it: lacre agency package { $id } --to FILE
package-form = it is longer than such a file can be, or its template is none
package-line = line { $line } is not of its form
package-law = its rule or calendar is another than this program knows under that name
package-root = its rows are not those of its text: one or the other was changed
package-file-other = an attachment is another than its row says
package-twice = rows { $first } and { $second } are to one person
package-row = row { $row } cannot be written: { $why }
error-package = Nobody can approve by { $name }.
    .why = Because { $why }.
    .do = Ask whoever drafted it for the file again; with the newest version of this program.
error-package-long = The file would be too long.
    .why = It can have { $most }, attachments included.
    .do = --without-row-files leaves out the rows' own attachments; or part the table in two.
error-approval-file = { $name } is no approval.
    .why = It is not of its form.
    .do = Ask the official for the file that lacre agency approve wrote.
error-four-eyes = Nothing was sent: this body has officials, and none of them sends alone.
    .why = What one drafts another one approves.
    .do = Name who drafts it (--drafter ACCOUNT), and have it approved; a trial (--trial) needs nobody.
error-no-officials = No list of officials is used here yet.
    .why = Who drafts and who approves stands in a list that two administrators signed.
    .do = lacre agency official use --file LIST
error-drafter = Nothing was drafted: one of the body's drafters drafts it.
    .why = Their accounts: { $list ->
        [none] there are none
       *[other] { $list }
    }
    .do = Name her: --drafter ACCOUNT
error-other-roles = This list does not go on from the one that is used here.
    .why = It is older, or another. Who was removed does not come back with an old file.
    .do = Use the newest: lacre agency official list --file LIST shows its number.
error-not-approved = Nothing was sent: it is not approved.
    .why = { $has } of { $needed } approvers have signed it{ $drafted ->
        [no] , and who drafted it has not
       *[yes] {""}
    }. Batches of one template on one day count together.
    .do = lacre agency package, review, approve; then lacre agency approvals BATCH FILE
error-approved-later = Not yet: an approval bears a time that is still to come ({ $at }).
    .why = An official's clock is ahead, or this computer's is behind.
    .do = Put the clock right, or wait until then.
