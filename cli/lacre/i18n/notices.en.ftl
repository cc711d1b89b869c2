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

