### La ayuda: help-<orden>, con un atributo por cada argumento.

help-lacre = Mensajes privados: el servidor no puede leer nada
    .profile = Carpeta del perfil (~/.local/share/lacre)
    .passphrase-file = Su primera línea es la frase secreta
    .key-file = Llave en vez de frase; «enroll» la crea
    .json = Una línea JSON (campos: cli/JSON.md)
    .lang = Idioma; si no se indica, el del sistema
    .proxy = Solo por este proxy: socks5://HOST:PUERTO
    .plain = Para lectores de pantalla: un dato por línea, sin columnas
    .help = Muestra esta ayuda
    .version = Muestra la versión
    .more =
        Para comenzar: lacre enroll INVITACIÓN @nombre
        LACRE_PROFILE y LACRE_LANG valen por --profile y --lang.
        Códigos: 0 hecho, 1 la respuesta es no, 2 mal escrito, 3 no se pudo preguntar;
        lacre verify tiene además 4: INCOMPLETE.

help-enroll = Inscribe este equipo con una invitación y crea el perfil
    .invitation = La línea que le entregaron; sirve una sola vez. Con - se pide, o viene por la entrada estándar
    .handle = Nombre público: 3 a 32 de a-z, 0-9, _ . -
help-whoami = Muestra la cuenta de este perfil
help-recover = Pone una cuenta nueva, del mismo nombre, por una perdida
    .invitation = El código de recuperación de la oficina de registro; con - se pide
    .more =
        Use una carpeta nueva (--profile). Los dispositivos de antes quedan fuera, y sus contactos deben aceptar la cuenta nueva.
help-account = Pausar la participación, o eliminar la cuenta
help-account-pause = Pausa: nadie le encuentra ni le agrega
help-account-resume = Termina la pausa
help-account-delete = Elimina la cuenta de inmediato; antes dice qué queda
    .yes = No pregunta
help-contact = Contactos y solicitudes
help-contact-add = Pide a alguien ser su contacto
    .handle = Su nombre público, o un enlace suyo
    .text = Unas palabras para que sepa quién es usted
help-contact-accept = Acepta una solicitud
    .handle = Quien la envió
help-contact-decline = Rechaza una solicitud; quien la envió no se entera
    .handle = Quien la envió
help-contact-verify = Muestra el número de seguridad con un contacto
    .handle = Con quién
    .confirm = Anota que lo compararon y es el mismo
    .compare = Lo que la otra persona leyó o escaneó
    .more =
        Sale con 0 si --compare es el mismo número, con 1 si no lo es.
        Junto con --confirm se anota solo si es el mismo.
help-contact-accept-reset = Acepta la cuenta nueva de un contacto
    .handle = De quién
help-contact-block = Bloquea a alguien; no se le avisa
    .handle = A quién: un contacto o integrante de un grupo suyo
    .everywhere = También sale de los grupos compartidos, si dice que sí
    .yes = No pregunta antes de salir de los grupos
    .more =
        Termina la conversación de dos. En los grupos compartidos se siguen leyendo.
help-contact-unblock = Quita el bloqueo
    .handle = A quién
help-contact-nobody-new = Dice si personas nuevas pueden pedirle ser su contacto
    .choice = on: nadie nuevo; off: cualquiera
help-contact-link = Hace un enlace con que pedirle ser su contacto
    .name = Para qué es; solo usted lo ve
    .list = Muestra los enlaces que sirven
    .revoke = Anula el enlace de este número
    .more = Sirve también cuando nadie nuevo puede pedirlo.
help-contact-name = Dice cómo llama usted a alguien; solo usted lo ve
    .handle = A quién
    .name = El nombre; sin él se quita
help-contact-list = Muestra contactos y solicitudes
    .blocked = Solo a quienes bloqueó
help-list = Muestra conversaciones y solicitudes
    .all = También las archivadas
help-conversation = Silencia, archiva o borra aquí una conversación
help-conversation-mute = Lo que llegue ahí no avisa; nadie se entera
    .conversation = @nombre, nombre de un grupo o identificador corto
    .off = Avisa de nuevo
help-conversation-archive = La saca de la lista hasta que llegue algo nuevo
    .conversation = @nombre, nombre de un grupo o identificador corto
    .off = La devuelve
help-conversation-delete = Borra su historial aquí; los demás conservan el suyo
    .conversation = @nombre, nombre de un grupo o identificador corto
    .yes = No pregunta
help-send = Envía un texto y archivos
    .to = @nombre, un grupo, o el identificador de «lacre list»
    .text = El mensaje; con - se lee de otro programa
    .file = Un archivo; se puede repetir
    .more = Sin servidor el mensaje queda en espera; la próxima orden lo envía. Lo que se envía al propio nombre es una nota para uno mismo.
help-reply = Responde a un mensaje; quien lee ve a cuál
    .message = Comienzo del identificador del mensaje
    .text = La respuesta
help-edit = Cambia un texto suyo, para todos; queda marcado como editado
    .message = Comienzo del identificador del mensaje
    .text = El texto nuevo
help-delete = Elimina un mensaje suyo para todos
    .message = Comienzo del identificador del mensaje
    .for-me = Solo en este dispositivo; también mensajes de otros
    .more = El programa de los demás obedece; quien ya lo copió puede conservarlo.
help-react = Pone un signo junto a un mensaje; el nuevo reemplaza al suyo
    .message = Comienzo del identificador del mensaje
    .sign = Un carácter, como 👍
    .remove = Quita el suyo
help-disappear = Mensajes que desaparecen: dice después de cuánto, o lo muestra
    .conversation = @nombre, nombre de un grupo, o identificador corto
    .after = 30s, 5m, 1h, 1d, hasta 28d; off: ya no desaparecen
    .more =
        Desaparecen en cada perfil: los mensajes de otros, ese tiempo después de leídos; los suyos, ese tiempo después de enviados. Quien copió, fotografió o guardó algo, lo conserva.
        En un grupo lo decide quien administra; entre dos, cualquiera.
help-read = Muestra una conversación
    .conversation = @nombre, nombre de un grupo, o identificador corto
    .limit = Los últimos N mensajes (50)
    .all = Todos los mensajes
    .since = Desde este día: 2026-11-25
    .more = Lo largo se muestra página a página con el programa de PAGER (less).
help-save = Guarda el archivo de un mensaje; nunca reemplaza otro
    .message = Comienzo del identificador del mensaje
    .to = Carpeta (la actual)
help-search = Busca en los mensajes de este perfil
    .words = Comienzos de palabras; no importan acentos ni mayúsculas
    .within = Solo en esta conversación
    .from = Solo lo que escribió esta persona
    .since = Desde este día: 2026-11-25
    .limit = A lo más N mensajes, los más nuevos (50)
    .more = La ñ es otra letra que la n. El servidor no se entera de lo que busca.
help-export = Guarda una conversación como prueba, con firmas y recibos
    .conversation = @nombre, nombre de un grupo, o identificador corto
    .to = El archivo que se crea; nunca reemplaza otro
    .more =
        Con el archivo, un tercero comprueba quién escribió qué, y cuándo lo guardó el servidor (PROTOCOL.md, 17). Queda sin cifrar.
help-watch = Muestra lo que llega, cuando llega, y envía lo que espera
    .duration = Termina después de este tiempo: 30s, 5m, 1h
    .notify = Aviso de escritorio sin contenido, o none
    .alert = Solo avisa en el escritorio que llegó una notificación oficial, o que vence
    .reader = Con este nombre sigue donde quedó; sin nombre empieza ahora
help-group = Grupos
help-group-create = Crea un grupo; quien lo crea lo administra
    .name = Nombre del grupo
    .members = Sus contactos, a quienes agrega
    .suite = x-wing (resiste computadores cuánticos) o x25519
help-group-add = Agrega integrantes
    .group = Nombre o identificador corto del grupo
    .members = A quiénes
help-group-remove = Saca integrantes; no leerán nada de lo que siga
    .group = Nombre o identificador corto del grupo
    .members = A quiénes
help-group-rename = Le da otro nombre a un grupo
    .group = Nombre o identificador corto del grupo
    .name = El nombre nuevo
help-group-describe = Dice para qué es un grupo
    .group = Nombre o identificador corto del grupo
    .text = La descripción; "" para ninguna
help-group-admin = Hace que integrantes administren el grupo, o ya no
    .group = Nombre o identificador corto del grupo
    .members = Quiénes
    .revoke = Quitarles el rol
help-group-settings = Dice quién puede agregar y quién escribir
    .group = Nombre o identificador corto del grupo
    .add = Quién puede agregar integrantes
    .write = Quién puede escribir
help-group-again = Hace otro grupo, con la misma gente, en lugar de uno que terminó
    .group = Nombre o identificador corto del grupo
help-group-list = Muestra los grupos y sus integrantes
help-group-leave = Sale de un grupo
    .group = Nombre o identificador corto del grupo
help-notice = Notificaciones oficiales, y la dirección para ellas
help-notice-list = Muestra las notificaciones que llegaron, y lo que no es confiable
help-notice-read = Muestra una notificación: qué dice, de quién, hasta cuándo
    .notice = El comienzo de su nombre, como lo muestra «list»
    .save = En vez de eso guarda el archivo de este número
    .to = Carpeta donde guardarlo
help-notice-ack = Acusa recibo de una notificación
    .notice = Cuál
    .yes = No pregunta
    .more =
        Cuenta como conocimiento de la notificación (Ley 19.880, art. 47): los plazos pueden correr desde entonces.
help-notice-refuse = Rechaza una notificación; su plazo corre igual
    .notice = Cuál
    .yes = No pregunta
help-notice-not-me = Dice que una notificación es para otra persona
    .notice = Cuál
    .yes = No pregunta
help-notice-reply = Escribe al organismo y guarda el recibo
    .notice = Cuál
    .text = Lo que escribe
    .files = Un archivo que va con ella; hasta 8
    .yes = No pregunta
    .more =
        Cuenta como conocimiento de la notificación (Ley 19.880, art. 47).
help-notice-deadlines = Muestra hasta cuándo responder, lo más próximo primero
help-notice-export = Escribe lo que prueba una notificación, o ella como documento
    .notice = Cuál
    .to = La carpeta
    .without-body = Deja fuera su texto y sus archivos
    .pdf = La escribe como documento para leer o imprimir
    .ics = Escribe su último día para un calendario, con alarmas
    .subject = El calendario dice de qué se trata
help-notice-proof = Escribe en un archivo la palabra del servidor sobre lo que había en sus casillas
    .out = El archivo
    .more =
        Prueba que no había nada, o que el servidor retuvo algo.
help-notice-address = Dice si las notificaciones oficiales le llegan aquí
    .choice = on, off; pause, resume; sin nada lo muestra
    .yes = No pregunta
    .more =
        Una vez activada, los plazos corren, lea usted sus notificaciones o no.
help-notice-settings = Muestra o cambia lo que los organismos saben, y los recordatorios
    .tell-opened = Si se les avisa que usted leyó una notificación
    .reminders = Si se le recuerda antes del último día para responder
help-notice-alert = Avisa en el escritorio de notificaciones oficiales, sin lo que dicen
    .choice = on, off; status o nada lo muestra
    .more =
        on escribe un servicio de systemd solo para usted; off lo elimina.
help-outbox = Muestra lo que espera salir
help-outbox-retry = Lo intenta de nuevo ahora
    .id = Número que muestra «lacre outbox»
help-outbox-cancel = No lo envía, si todavía no ha salido
    .id = Número que muestra «lacre outbox»
help-status = Muestra cómo está todo, y si el servidor responde
help-settings = Muestra o cambia lo que otros ven de usted
    .delivery-receipts = Que sus contactos vean qué llegó: on, off
    .read-receipts = Que sus contactos vean qué leyó: on, off
    .more =
        Al leer: ✓ llegó, ✓✓ leído. Solo entre contactos aceptados, en conversaciones de hasta 16 personas.
        --proxy aquí vale para todas las órdenes desde ahora (--proxy none: ya no). Un «watch» en curso sigue como empezó.
help-unlock = Abre el perfil por un tiempo, sin pedir la frase secreta
    .duration = Por cuánto tiempo (1h)
help-lock = Cierra el perfil ahora, también donde corre «lacre watch»
    .now = Se puede escribir; da lo mismo
help-passphrase = Cambia la frase secreta, o pone una segunda
help-passphrase-change = Cambia la frase secreta o la llave del perfil
    .new-passphrase-file = Archivo con la frase nueva
    .new-key-file = Archivo de llave, en vez de una frase
help-passphrase-second = Pone una segunda frase, que abre un perfil inofensivo
    .new-passphrase-file = Archivo con la segunda frase
    .more =
        Para quien teme que le obliguen a abrir su perfil. Con la segunda frase se abre otro perfil, vacío al comienzo, en el mismo archivo: igual tamaño, igual demora.
help-passphrase-remove-second = Quita la segunda frase y borra su perfil
help-demo = Muestra todo el sistema en un minuto, con personas de ejemplo
    .input = Carpeta con los archivos que se envían
    .keep = Conserva la carpeta temporal, para mirarla
    .act = Solo cuenta este acto (1-11); todos se representan
help-install-extras = Instala autocompletado de órdenes y páginas de man
    .to = Carpeta de datos del usuario (~/.local/share)
    .remove = Los quita
help-agency = Para organismos públicos: notificaciones oficiales y su prueba
    .more =
        La llave del organismo está en un perfil propio (--profile); al lado, en
        una carpeta que termina en .evidence, está la prueba de cada notificación.
help-agency-enroll = Crea la llave del organismo con el código recibido y obtiene su certificado
    .invitation = El código, tal como lo entregó quien opera el servidor: lacre://…; con - se pide
help-agency-send = Una notificación a una persona; el RUN se pide
    .case = El expediente (IUIe)
    .procedure = El procedimiento
    .act = start, inquiry o end de un procedimiento (NT), CP o CI
    .term = Días hábiles para recurrir, en una notificación
    .subject = La materia
    .description = De qué se trata y qué puede hacer la persona
    .body = La notificación misma: un archivo de texto, Markdown o PDF
    .file = Un adjunto; puede repetirse
    .uri = Una dirección persistente; puede repetirse
    .copy = Envía de nuevo esa notificación, a la cuenta que la persona tiene ahora; sin otra opción
    .corrects = Reemplaza esa notificación; la misma persona y expediente
    .answers = Contesta la respuesta de este número; la misma persona y expediente
    .drafter = Cuenta de función de quien la redacta, si el organismo tiene funcionarios: queda como un lote de una sola, que otras personas aprueban
    .trial = Un ensayo: no produce ningún efecto
    .no-answers = Los programas de la persona no responden
    .more =
        El RUN también puede llegar por la entrada estándar; nunca es argumento. El
        código de salida es 1 cuando hay que notificar por otra vía: también de eso
        se guarda la prueba.
help-agency-draft = Muchas notificaciones de una plantilla, desde una tabla: revisadas y guardadas. No se envía nada
    .template = La plantilla
    .recipients = La tabla (CSV): una fila por persona, con las columnas run, expediente, y una por cada marcador
    .attach = Un archivo para todas, después del texto; puede darse varias veces
    .row-attach = Una columna con nombres de archivos junto a la tabla; puede darse varias veces
    .at = Nada se envía antes de esta hora, donde está el organismo: 2026-07-06 09:00
    .not-after = Nada se envía desde esta hora; sin ella, desde el fin de ese día
    .rule = La regla que se tiene por ley (CL-46-2026, CL-D4-27); sin ella, la del día
    .drafter = Cuenta de función de quien lo redacta, si el organismo tiene funcionarios
    .no-letters = A quien no se llega se le entrega en el mesón: no se piden direcciones postales
    .trial = Una prueba: de ella no se sigue nada
    .more =
        Todo lo que está mal en la tabla se dice de una vez, por línea y columna. Antes
        de que alguien la envíe se sabe a quién se llega, quién necesita carta o mesón,
        y cuándo surte efecto.
help-agency-batches = Todos los lotes, del más antiguo al más nuevo
help-agency-show = Un lote, o una fila como la verá la persona
    .batch = El lote, como lo muestra lacre agency batches
    .row = Esta fila, desde 1
    .to-me = La envía como prueba a un RUN que se pide: el suyo
help-agency-dispatch = Envía un lote; si se interrumpe, continúa donde estaba
    .batch = El lote
    .yes = Comienza sin preguntar, aunque quizás no termine hoy
    .more =
        El código de salida es 1 si no todas las filas quedaron en una casilla: algunas
        van por carta o mesón. El lote queda hecho de todos modos.
help-agency-correct = Filas que se enviaron, redactadas de nuevo: cada una ocupa el lugar de la notificación anterior
    .batch = El lote
    .rows = Sus números, desde 1: 3,7-9; sin ellos, todas las entregadas y probadas
    .template = La plantilla; sin ella, la versión más nueva de la anterior
    .drafter = Cuenta de función de quien lo redacta, si el organismo tiene funcionarios
help-agency-cancel = Anula un lote: lo que no se entregó no se entrega
    .batch = El lote
help-agency-resume = Envía lo que quedó interrumpido: los mismos bytes, una vez
    .id = Qué notificación; si falta, la más antigua que espera
help-agency-status = Lo enviado, en qué está y qué respondieron
    .id = Solo esta notificación
    .csv = De un lote: cada fila en una tabla que Excel abre (;, UTF-8), con lo que dice la ley de ella
help-agency-list = Las notificaciones de una persona, de un expediente o de un código de transacción
    .run = La persona: su RUN se pide, o se lee de la entrada estándar
    .case = El expediente (IUIe)
    .code = El código de transacción
help-agency-stats = Cuántas notificaciones fueron por qué vía, y qué tan pronto las tuvieron las personas
help-agency-replies = Lo que las personas escribieron en respuesta
help-agency-replies-list = Todas las respuestas, primero la más antigua
help-agency-replies-read = Una respuesta con sus archivos; se contesta con otra notificación: agency send --answers
    .number = Su número en agency replies list
    .out = Guarda el texto y los archivos en esta carpeta
help-agency-evidence = Lo que prueba las notificaciones de una persona o de un expediente, en archivos que no necesitan el perfil
    .run = La persona: su RUN se pide, o se lee de la entrada estándar
    .case = El expediente (IUIe)
    .code = O el código de transacción de una notificación
    .to = La carpeta; se crea si no existe
help-agency-template = Un texto para muchas personas, en versiones
    .more =
        ((nombre)) espera un valor de la fila de cada persona en una tabla: en la
        materia, la descripción y el texto.
help-agency-template-add = Una plantilla nueva, o la versión siguiente de una
    .name = Letras, dígitos, - y _; hasta 64
    .body = El texto: Markdown (.md) o simple (.txt), en UTF-8
    .procedure = El procedimiento
    .act = start, inquiry o end de un procedimiento (NT), CP o CI
    .term = Días hábiles para recurrir, en una notificación
    .subject = La materia
    .description = De qué se trata y qué puede hacer la persona
    .no-answers = Los programas de la persona no responden
help-agency-template-list = Todas las versiones
help-agency-template-show = Lo que dice una plantilla
    .name = Cuál
    .number = Qué versión; si falta, la más nueva
help-agency-template-lint = Lo que cuesta leer en una plantilla, o falta
    .name = Cuál
    .number = Qué versión; si falta, la más nueva
    .attach = Un archivo que va con ella; puede repetirse
    .more =
        El código de salida es 1 cuando se encontró algo. No prohíbe nada.
help-agency-template-preview = Una plantilla como la verá una persona
    .name = Cuál
    .number = Qué versión; si falta, la más nueva
    .values = Una tabla de destinatarios (CSV): se dice todo lo que está mal en ella
    .row = La línea de la tabla que se muestra; si falta, la primera buena
    .row-attach = Una columna con nombres de archivos; puede repetirse
    .more =
        Una tabla tiene una columna run (o rut) y una expediente (o case), y una por
        cada espacio por llenar; puede tener procedimiento, y nombre, direccion y
        comuna para una carta. Comas, puntos y comas o tabulaciones; UTF-8, UTF-16 o
        Windows-1252. Las líneas se cuentan como las muestra una planilla. No se
        envía nada ni se consulta a nadie.
help-agency-fallback = A quién no se puede notificar electrónicamente, y qué se hace en su lugar
help-agency-fallback-list = Quién, por qué y qué vía deja la ley; primero lo pendiente
    .csv = Escribe la lista también como tabla que Excel abre (;, UTF-8)
help-agency-fallback-print = Cartas para sobres con ventana, y copias para el mesón
    .ids = Cuáles notificaciones; o --all
    .all = Todas las pendientes
    .out = La carpeta; si no existe, se crea
    .one-file = Todas las cartas en un archivo
    .to-address = La dirección postal de una carta; sus líneas con | entre ellas
    .address = Una tabla con notificación (o RUN) y dirección
help-agency-fallback-record = Lo que se hizo en el mesón o por carta: una, o muchas desde una tabla
    .id = Cuál notificación
    .handed-over = Se entregó en el mesón
    .posted = Se envió una carta certificada, con esta referencia
    .received = La oficina de correos que entrega la recibió, este día
    .returned = La carta volvió
    .reference = Cuál carta, si se enviaron varias
    .officer = Quién la entregó
    .scan = Un papel digitalizado que lo muestra; se registra su huella
    .at = Cuándo, si no es ahora
    .csv = Muchas: una tabla con notificación, qué, referencia, cuándo, funcionario, digitalizado
help-agency-watch = Recibe y muestra lo que responden los dispositivos, hasta que se detenga
    .since = Empieza después de este número
    .duration = Solo por este tiempo
help-agency-run = Como servicio: recibe lo que responden los dispositivos, sigue con lo empezado y envía a su hora los lotes aprobados
    .since = Empieza después de este número
    .duration = Solo por este tiempo
    .more =
        En cli/systemd de las fuentes hay una unidad para systemd. Si el organismo no
        tiene funcionarios, solo sigue por sí mismo lo que alguien empezó con dispatch.
help-agency-trust = El archivo de confianza con que se verifica la prueba de este organismo
help-agency-office = La función que tiene esta cuenta, según el registrador ahora
help-agency-official = Quién redacta, aprueba y administra en el organismo
help-agency-official-add = Da una función a una cuenta: administrator, approver o drafter
    .account = La cuenta de función, como la muestra agency office
    .role = administrator (administra), approver (aprueba) o drafter (redacta)
    .file = La lista de funcionarios del organismo; se crea si no existe
    .yes = Firma sin preguntar
help-agency-official-remove = Quita una función
    .account = La cuenta de función
    .role = administrator, approver o drafter
    .file = La lista de funcionarios del organismo
    .yes = Firma sin preguntar
help-agency-official-sign = La firma del segundo administrador: con ella la lista rige
    .file = La lista de funcionarios del organismo
    .yes = Firma sin preguntar
help-agency-official-list = Quién puede qué, y qué espera una firma
    .file = La lista de funcionarios del organismo
help-agency-official-use = Desde ahora esta lista dice aquí quién redacta y quién aprueba
    .file = La lista de funcionarios del organismo, en vigor
    .approvers = Al menos tantas aprobaciones para cada lote (1-10)
help-agency-package = Un lote en un solo archivo, para quienes lo revisan y aprueban
    .batch = El lote
    .to = El archivo
    .without-row-files = Sin los adjuntos de cada fila: solo sus huellas
help-agency-review = Un lote como se ve antes de firmarlo
    .package = El archivo del lote
    .message = O el mensaje en que llegó, de una conversación de funcionarios: no queda en ningún archivo
    .row = Esta fila, desde 1, como la verá la persona
    .files = Escribe en esta carpeta los adjuntos de la fila
help-agency-approve = Firma un lote con una cuenta de función: quien lo redactó, u otra persona
    .package = El archivo del lote
    .message = O el mensaje en que llegó, de una conversación de funcionarios: no queda en ningún archivo
    .roles = La lista de funcionarios del organismo
    .to = Dónde queda la aprobación; la de un mensaje va también a su conversación
    .yes = Firma sin preguntar
help-agency-approvals = Recibe lo que se firmó de un lote, y dice si basta
    .batch = El lote
    .approvals = Lo que escribió lacre agency approve
help-counter = Para la oficina de registro: invitaciones desde esta máquina
    .more =
        La llave está en una carpeta propia (--profile), con su frase secreta.
help-counter-enroll = Crea la llave del puesto y muestra lo que hay que dictar
    .relay = La dirección del servidor: lacre://servidor:puerto/…
help-counter-issue-code = Una invitación para una persona; el RUN se pide
    .recover = Por una cuenta perdida: una nueva en su lugar
    .more =
        El RUN también puede llegar por la entrada estándar; nunca es argumento.
help-counter-assist = Para quien viene a la oficina: su cuenta, en una máquina ajena
    .more =
        La persona tiene un código en papel y lo escribe en el terminal.
        Las llaves están en la memoria de este proceso; al terminar no queda
        nada en el disco de la máquina. La cuenta se va en una memoria USB de
        ella; si no trajo, queda en pausa, y un código de recuperación la
        lleva a su propio dispositivo. No abre ningún perfil: ni
        LACRE_PROFILE, ni la llave de un puesto.
help-counter-log = Lo hecho con esta llave, según lo registró el servidor
