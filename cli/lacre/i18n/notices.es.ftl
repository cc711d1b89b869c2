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

## avisos
notification-notice = Tiene una notificación oficial.
notification-term = Pronto vence el plazo de una notificación oficial.
notification-locked = Lacre está bloqueado: nadie busca notificaciones oficiales hasta que lo desbloquee.
alert-no-desktop = Aquí no hay escritorio con avisos (notify-send): no se puede mostrar nada.
alert-locked = El perfil está bloqueado y nadie busca notificaciones oficiales. Para desbloquearlo: lacre unlock
alert-on =
    Los avisos de notificaciones oficiales están activos: un servicio busca ahora y en cada inicio de sesión ({ $path }).
    Dicen que hay una, nunca de quién ni sobre qué.
alert-type =
    El servicio está en { $path }, pero systemd no lo inició. Escriba:
    systemctl --user daemon-reload
    systemctl --user enable --now { $service }
alert-no-systemd =
    El servicio está en { $path }, pero aquí no hay un systemd que lo ejecute. Haga que su sesión inicie esto:
    { $command }
alert-no-notify = Los avisos necesitan el programa notify-send, que no está instalado: mientras tanto no se muestra ninguno.
alert-while-locked = Mientras el perfil esté bloqueado nadie puede buscar, y un aviso lo dice: lacre unlock
alert-off = Los avisos de notificaciones oficiales están desactivados: el servicio terminó y su archivo se eliminó.
alert-off-still-runs = Los avisos de notificaciones oficiales quedan desactivados desde el próximo inicio de sesión: el archivo del servicio se eliminó. Si todavía corre, es que no se preguntó a systemd o que este no lo terminó.
alert-was-off = Los avisos de notificaciones oficiales ya estaban desactivados.
alert-is-off = Los avisos de notificaciones oficiales están desactivados. Para recibirlos: lacre notice alert on
alert-runs = Los avisos de notificaciones oficiales están activos ({ $path }).
alert-runs-not =
    El servicio de avisos está escrito ({ $path }), pero no corre. Escriba:
    systemctl --user start { $service }

error-alert-proxy = El servicio no se escribió.
    .why = Necesitaría en un archivo la dirección del proxy, que puede llevar una contraseña.
    .do = Guarde el proxy en el perfil y repita sin --proxy: lacre settings --proxy

