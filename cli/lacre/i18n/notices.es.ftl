### Notificaciones oficiales: de qué se recuerda a la persona, qué sale del programa, qué le avisa. (Sus otras frases: es.ftl.)

## recordatorios
notice-reminder =
    { $left ->
        [0] HOY es el último día para responder la notificación { $id }.
        [one] El { $day }, el próximo día hábil, es el último día para responder la notificación { $id }.
       *[other] Quedan { $left } días hábiles, hasta el { $day }, para responder la notificación { $id }.
    }
notice-reminder-replied = Usted ya le respondió. Si con eso basta, solo usted lo sabe: su plazo corre igual.
notice-reminder-next = Para leerla: lacre notice read { $id }
notice-reminders-on = Se le recuerda tres días hábiles y un día hábil antes del último día para responder.
notice-reminders-off = No se le recuerdan los plazos. Para verlos: lacre notice deadlines

