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

## lo que se exporta
ics-summary = Último día para responder una notificación oficial
ics-summary-subject = Último día para responder a { $name }: { $subject }
ics-description = Para leerla: lacre notice read { $id }. Es la lectura más temprana de la ley; una respuesta suya puede moverla.
paper-limit = Así muestra la notificación el programa de quien la recibió, que la comprobó. Nadie firma este documento, y por sí solo nada prueba.
paper-own = De parte de quien la recibió
paper-body = Su texto
paper-no-body = No está aquí: se dejó fuera, no se trajo o no es texto. Arriba está la huella firmada de cada archivo.
paper-file = { $media }, { $len } bytes, SHA-256 { $hash }
paper-verify = Cómo comprobarla
paper-envelope = Huella de su sobre
paper-hash = Huella de la notificación
paper-qr = Código QR con la huella del sobre de la notificación: { $digest }
paper-transaction = El código de transacción está en el registro de la entrega, que hizo el servidor. Ese registro lo tiene el organismo, que debe mostrarlo a quien lo pida; nombra el sobre con la huella de arriba.
paper-step-export = 1. Obtenga lo que la prueba de parte de quien la recibió: lacre notice export NOTIFICACIÓN --to CARPETA. Con el registro del servidor forma el archivo de evidencia.
paper-step-verify = 2. Ejecute, sin red: lacre verify ARCHIVO --trust ARCHIVO-DE-CONFIANZA --explain. Debe nombrar el mismo sobre y la misma huella.
paper-step-other = 3. O hágalo otro programa: el formato es público (audit/FORMAT.md), y cualquiera puede escribir un verificador.
notice-pdf-in-clear = El documento está en claro: déselo solo a quien tenga su confianza.
notice-folder-open = CUIDADO: otras personas de este computador pueden abrir la carpeta { $dir }. Solo usted puede leer los archivos que hay en ella, pero sus nombres no se ocultan.
error-export-link = No se escribió nada en «{ $dir }».
    .why = Es un enlace: lo que se escriba ahí podría quedar en otra parte.
    .do = Nombre la carpeta misma.
error-ics-no-term = No hay un último día para un calendario.
    .why = Esta notificación no inicia un plazo propio: informa, es una copia o un ensayo, o aquí no se pueden contar sus fechas.
    .do = Vea lo que se sabe con: lacre notice read

## al leer
notice-of-original = Del original, no de esta copia: { $text }
notice-original-not-here = De una copia nada se sigue, y su original no está aquí: las fechas son las del original.

## para oír: un dato por línea
plain-facts =
    .notice = Notificación
    .body-id = El organismo la llama
    .from = De
    .code = Código del organismo
    .known = Conocido por la oficina de registro
    .type = Clase
    .term = Plazo en días hábiles
    .standing = Junto a otras
    .case = Expediente
    .procedure = Procedimiento
    .subject = Asunto
    .description = Descripción
    .uri = Un enlace que indica el organismo
    .taken = El servidor la recibió
    .came = Llegó a este aparato
    .opened = Leída por primera vez
    .invalid = No es confiable
    .part = La parte que está mal
    .fault = Código de la falla
    .last-day = Último día para responder
    .left = Quedan
    .deemed = Se le tiene por notificado el
    .rule = Regla
    .law = Ley de { $rule }
    .rule-deemed = Según { $rule } notificado el
    .rule-last-day = Según { $rule } último día
    .what-follows = Qué se sigue
    .takes-answers = Se puede responder aquí
    .state = De su parte
    .answered = Lo dijo
    .reply = Texto de la respuesta { $number }
    .reply-file = Archivo de la respuesta { $number }
    .reply-made = La respuesta { $number } se escribió
    .reply-taken = El servidor recibió la respuesta { $number }
    .waiting = Respuestas que todavía esperan
    .file-name = Nombre del archivo { $number }
    .file-media = Clase del archivo { $number }
    .file-bytes = Bytes del archivo { $number }
    .file-sha256 = SHA-256 del archivo { $number }
    .body = Texto
    .yes = sí
    .no = no
    .never = todavía no
    .none = ninguno

## la dirección
notice-address-exempt = Aquí no le llegan notificaciones, porque la oficina de registro anotó una excepción ({ $why }): los organismos deben notificarle por otro medio. Si es un error, avise a la oficina de registro.
notice-address-said = La oficina de registro lo dijo { $when }.
exempt-law = por ley
exempt-legal-person = el RUN es de una persona jurídica
exempt-minor = menor de edad
exempt-dead = consta la defunción
exempt-other = por un motivo que este programa no conoce
