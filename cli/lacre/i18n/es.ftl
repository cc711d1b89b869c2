### Lo que dicen las órdenes. Los errores están en errors.es.ftl, la ayuda en help.es.ftl, la demostración en demo.es.ftl.

## perfil
new-profile = Creando un perfil nuevo en { $dir }.
new-key-file = Se creó el archivo de llave { $file }. Guárdelo bien: sin él no se puede abrir el perfil.
prompt-passphrase = Frase secreta:{ " " }
prompt-new-passphrase = Elija una frase secreta (8 caracteres o más):{ " " }
prompt-once-more = Una vez más.
prompt-again = Escríbala otra vez:{ " " }
enrolled = Listo: usted es { $handle } en { $relay }.
code-not-used = El servidor ya conoce esta cuenta: el código no se usó y vale hasta que venza. Avise a la oficina de registro.
enrolled-next =
    Para escribirle a alguien: lacre contact add @nombre
    Lo que usted escribe va firmado: quien lo recibe puede probar que usted lo escribió.
enrolment-unfinished = La inscripción no ha terminado. Repita la misma orden: «lacre enroll», o «lacre recover» si fue esa.
whoami =
    { $handle }
    Cuenta:      { $account }
    Dispositivo: { $device }
    Servidor:    { $relay }
unlocked = Abierto por { $time }, hasta { $until }. Para cerrar antes: lacre lock
locked = Cerrado. La próxima orden pedirá la frase secreta.
was-locked = Ya estaba cerrado.
passphrase-changed = Cambiada: el perfil ahora se abre solo con la nueva. Quien tenga una copia antigua de la carpeta y la frase de antes todavía puede leer esa copia.
second-what =
    La segunda frase secreta abrirá otro perfil, vacío, que usted puede usar para lo que no importa que vean. Está en el mismo archivo, y nada en él muestra si se puso una segunda frase. Tenga en cuenta:
    - El historial de su terminal puede guardar esta orden; bórrela de ahí.
    - Si dejó el perfil abierto, ciérrelo antes de entregar el equipo: lacre lock
    - No tiene cuenta: sus listas están vacías, y «lacre status» dice que nadie se ha inscrito en él, como en un perfil nuevo. Quien sepa que usted escribe con Lacre no lo creerá. Para que convenza necesita una cuenta propia: la oficina de registro da una por RUN, así que la invitación no puede ser la suya.
    - Un perfil que nunca se usa convence menos que uno con algunos mensajes.
    - Un experto que compare copias del archivo de distintos días puede notar que cambia más de lo que usted muestra.
    - Si alguien pone una segunda frase dentro del perfil inofensivo, hay una posibilidad entre 255 de que el suyo ya no se abra.
second-set =
    Listo: la segunda frase abre el perfil inofensivo. Para quitarla, con la primera: lacre passphrase remove-second
second-removed = Quitada. El perfil inofensivo y todo lo suyo se borraron del archivo.
second-removed-later = Quitada. Otra orden todavía está leyendo el perfil; lo borrado se sobrescribe en el archivo cuando esa orden termine.

## invitaciones
invitation-scheme = No comienza con lacre://
invitation-host = Le falta la dirección del servidor, o está mal escrita.
invitation-identity = La huella del servidor (43 caracteres) está cortada o mal escrita.
invitation-link = El enlace termina en un nombre y dos partes de 43 caracteres; está cortado o mal copiado.
invitation-code = El código del final (26 caracteres) falta, está cortado o mal escrito.

## servidor
relay-away = El servidor no responde ({ $why }). Se muestra lo que hay aquí; lo que espera saldrá después.
relay-back = El servidor responde de nuevo.
relay-late = El servidor no responde todavía: se sigue esperando. Ctrl-C termina.
relay-full = El servidor no recibe nada nuevo por ahora ({ $why }). Lo que otros escribieron se puede leer; lo que espera saldrá después.
relay-other-key =
    CUIDADO: en la dirección del servidor respondió otro ({ $why }). No se le dijo nada.
    En un hotel o café suele ser su página de ingreso: use otra red. Si sigue así, pregunte en la oficina que le dio la invitación.
    Se muestra lo que hay aquí; lo que espera saldrá cuando responda el servidor verdadero.
resting =
    { $count ->
        [one] Algo falló y se intentará de nuevo; lo demás siguió. Vea: lacre status
       *[other] { $count } cosas fallaron y se intentarán de nuevo; lo demás siguió. Vea: lacre status
    }
rests-until = { $cause }, próximo intento { $when }
rests-away = sin respuesta
rests-limit = se acabó un cupo
rests-refused = el servidor dijo que no
rests-not-understood = no se entendió
rests-encryption = falló el cifrado
rests-damaged = dañado en este disco
rests-other = por ahora no se puede
rests-account = Las reservas de esta cuenta (timbres, llaves, permisos)
rests-inbox = Solicitudes e invitaciones
rests-notice-address = Su dirección para notificaciones oficiales
rests-casilla = Una casilla de notificaciones oficiales
rests-casilla-head = La palabra del servidor sobre lo que hay en una casilla

## contactos
contact-asked = Solicitud para { $handle }. Cuando acepte, podrán escribirse.
contact-asking = { $handle } pide ser su contacto.
contact-accepted = { $handle } es su contacto.
contact-declined = Usted rechazó la solicitud de { $handle }.
state-asked = todavía no responde
state-asking = le pide ser contacto
state-accepted = contacto
state-declined = rechazado
contact-not-taken = { $handle } no recibe solicitudes nuevas.
state-not-taken = no recibe solicitudes
blocked =
    { $handle } ya no puede escribirle. No se le avisa nada; su programa podría notar que una invitación no llega.
    Lo que conversaron sigue aquí. Para deshacerlo: lacre contact unblock { $handle }
blocked-shared =
    Usted y { $handle } están en estos grupos, y ahí todavía se leen: { $groups }
    Para salir de ellos: lacre contact block { $handle } --everywhere
blocked-left = Sale de { $groups }. Sus integrantes ven que usted sale.
blocked-leave-waits = Saldrá de { $groups } cuando se le informe al servidor. Sus integrantes verán que usted sale.
block-leave = Usted y { $handle } están en { $groups }. Si sale, sus integrantes lo verán. ¿Salir? [s/N]
unblocked = { $handle } puede escribirle de nuevo. Lo que escribió mientras tanto no se verá.
nobody-blocked = No hay nadie bloqueado.
somebody-that = Esa persona
standing-blocked = bloqueada por usted
link-made = Quien tenga esta línea puede pedirle ser su contacto. Para anularla: lacre contact link --revoke { $id }
link-revoked = El enlace ya no sirve.
no-links = No hay enlaces. Haga uno con: lacre contact link
nobody-new-on = Nadie nuevo puede pedirle ser su contacto. Sus contactos, y quien tenga un enlace suyo, todavía llegan a usted.
nobody-new-off = Cualquiera puede pedirle ser su contacto.
relay-told-later = Quedó anotado en este dispositivo. Empieza a valer cuando se le informe al servidor, lo que ocurre solo.
recovered =
    Listo: usted es { $handle } en { $relay } otra vez, con una cuenta nueva.
    Los dispositivos de su cuenta anterior quedaron fuera.
recovered-next =
    Sus contactos verán que su cuenta es nueva y deben aceptarla. Agréguelos de nuevo: lacre contact add @nombre
    Lo que ellos escriban a su cuenta anterior desde ahora le llegará cuando acepten la nueva, marcado como enviado otra vez. Lo que se escribió antes no vuelve: está en sus dispositivos antiguos y en los de ellos, y el servidor no puede devolverlo.
    A un grupo vuelve cuando acepta su cuenta nueva un contacto que puede agregar personas ahí, y lee lo que se escriba desde entonces.
    Notificaciones oficiales: las que llegaron a la cuenta anterior siguen valiendo. Si esa era su dirección para ellas, esta todavía no lo es: lacre notice address on
state-new-account = cuenta nueva ({ $when }): compare y acepte
reset-accepted =
    La cuenta nueva de { $handle } queda en lugar de la anterior. Lo que esperaba saldrá hacia ella, y también lo que se envió a la anterior desde que { $handle } recuperó su cuenta: llegará marcado como enviado otra vez.
    En los grupos que usted administra entra apenas acepte.
    Si no compararon antes: lacre contact verify { $handle }
reset-groups = Todavía no está en { $groups }: ahí debe agregarla quien administra, cuando { $handle } sea también su contacto.
standing-other-relay = nombra otro servidor: detenida
standing-replaced = cuenta nueva: acéptela
standing-ended = terminó: lacre group again
event-contact-reset =
    { $who } tiene una cuenta nueva, hecha en la oficina de registro { $when }. Compare el número de seguridad (lacre contact verify { $who }) y acéptela antes de volver a escribirle:
    lacre contact accept-reset { $who }
account-paused =
    Está en pausa: nadie le encuentra ni puede agregarle. Sus conversaciones siguen; lo que le escriban espera en el servidor a lo más 30 días. Para volver: lacre account resume
account-resumed = Ya no está en pausa: le encuentran y pueden agregarle.
account-delete-what =
    Al eliminar la cuenta { $handle }:
    - En el servidor desaparecen de inmediato la cuenta, sus llaves y su buzón. El nombre { $handle } no será de nadie nunca más, tampoco suyo.
    - Lo que usted escribió lo conserva quien lo recibió. El servidor borra sus copias cifradas de mensajes y archivos a más tardar 30 días después de que llegaron; los respaldos de quien lo administra pueden guardarlas, cifradas, por más tiempo.
    - Sus conversaciones y grupos ven que usted sale.
    - Si es su dirección para notificaciones oficiales, desde entonces los organismos deben notificarle por otro medio. Las que llegaron antes siguen valiendo, y desde aquí ya no podrá responderlas.
    - En este equipo queda su historial hasta que borre la carpeta { $dir }
    No se puede deshacer. Con otra invitación tendría una cuenta nueva y otro nombre.
account-delete-sure = ¿Eliminar la cuenta { $handle }? [s/N]
account-deleted =
    La cuenta { $handle } fue eliminada. Su historial sigue en { $dir } hasta que borre esa carpeta.
account-gone = Esta cuenta fue eliminada: se puede leer lo que hay aquí, y nada más.
account-replaced =
    CUIDADO: la oficina de registro puso otra cuenta en el lugar de esta ({ $when }). Lo que escriba desde aquí no le llega a nadie como suyo.
    Si fue usted, con un teléfono nuevo, use el nuevo. Si no, vaya de inmediato a la oficina de registro y avise a sus contactos.
account-forgotten = El servidor no conoce su cuenta: volvió de un respaldo anterior a su inscripción, o sus datos aún no están todos de vuelta. Cada orden le vuelve a preguntar y aquí no se pierde nada. Si sigue así, pida un código en la oficina de registro (de recuperación, si le dicen que usted ya tiene cuenta) y úselo en este perfil: lacre enroll INVITACIÓN @nombre
trust-compared = comparado
trust-changed = sus llaves cambiaron: compare otra vez
safety-what =
    Número de seguridad entre usted y { $handle }:
safety-how = { $handle } debe ver las mismas doce palabras; si no, no confíe en nada que llegue con este nombre. Compárenlas en persona o por una llamada en que reconozca su voz, nunca por escrito aquí. Si son iguales: lacre contact verify { $handle } --confirm
safety-compared = Comparado { $when }. Las llaves son las mismas.
safety-changed = Las llaves cambiaron desde que las compararon ({ $when }). Compárenlas otra vez.
safety-confirmed = Anotado: usted y { $handle } compararon sus llaves.
safety-same = Es el mismo número.
safety-different =
    NO es el mismo número. Revise que se copió entero; si se copió entero, alguien se hace pasar por uno de los dos.
    No escriban nada importante y avisen a quien administra el servidor.
no-contacts = Todavía no hay contactos. Agregue uno con: lacre contact add @nombre
requests = Solicitudes:
requests-next = Para responder: lacre contact accept @nombre, o lacre contact decline @nombre

## conversaciones
somebody = (alguien)
account-unnamed = cuenta { $id } (sin verificar)
no-conversations = Todavía no hay conversaciones. Comience con: lacre contact add @nombre
no-groups = No hay grupos. Cree uno con: lacre group create NOMBRE @nombre…
no-messages = Todavía no hay mensajes.
nothing-found = No se encontró nada.
more-found =
    { $count ->
        [one] Hay un mensaje más antiguo. Véalo con --limit.
       *[other] Hay { $count } mensajes más antiguos. Véalos con --limit.
    }
earlier = Hay mensajes anteriores. Véalos con --all.
count-unread =
    { $count ->
        [one] 1 nuevo
       *[other] { $count } nuevos
    }
count-waiting =
    { $count ->
        [one] 1 en espera
       *[other] { $count } en espera
    }
standing-active = activa
standing-asking = este dispositivo espera ser incorporado de nuevo
standing-removed = usted ya no está
standing-elsewhere = este perfil se usa en otro lugar
suite-not-post-quantum = no resiste computadores cuánticos
admin = administra

conversation-muted = { $name }: silenciada. Lo que llegue ahí ya no avisa; nadie se entera. Para deshacerlo: la misma orden con --off
conversation-heard = { $name }: lo que llegue ahí avisa de nuevo.
conversation-archived = { $name }: fuera de la lista hasta que llegue algo nuevo. Para verla: lacre list --all
conversation-back = { $name }: en la lista otra vez.
history-delete-what =
    Todo lo que ahí se escribió se borrará en este dispositivo, para siempre. No se borra:
    - lo que tienen los demás: cada quien conserva lo suyo y no se entera;
    - lo que el servidor guarda cifrado, a lo más por 30 días;
    - los archivos que usted guardó, ni lo que espera por salir: vea lacre outbox.
    Usted sigue en la conversación, y lo que se escriba desde ahora llega como siempre.
history-delete-sure = ¿Borrar aquí el historial de { $name }? [s/N]
history-deleted = El historial de { $name } se borró en este dispositivo. Los demás conservan el suyo.
state-muted = silenciada
state-archived = archivada
archived-too =
    { $count ->
        [one] Hay una conversación archivada. Véala con --all.
       *[other] Hay { $count } conversaciones archivadas. Véalas con --all.
    }
nickname-set = Usted llama a { $handle } «{ $name }». Solo usted lo ve, y siempre junto al nombre; las órdenes usan { $handle }.
nickname-gone = { $handle } no tiene otro nombre aquí.

## mensajes
sent =
    { $count ->
        [one] Enviado: { $ids }
       *[other] { $count } mensajes enviados: { $ids }
    }
sent-waiting =
    { $count ->
        [one] En espera: quedó guardado aquí y saldrá apenas se pueda ({ $ids }).
       *[other] { $count } mensajes en espera: quedaron guardados aquí y saldrán apenas se pueda ({ $ids }).
    }
held = En espera: se enviará cuando { $name } acepte su solicitud.
waiting = en espera
message-file = { $who } envía el archivo «{ $file }» ({ $size }). Para guardarlo: lacre save { $id }
message-added = { $who } agregó a { $whom }
message-removed = { $who } sacó a { $whom }
message-not-added = { $whom } no se pudo agregar en 30 días, y ya no se intentará
message-re-added = { $who } incorporó de nuevo a { $whom }, con llaves nuevas. Lo escrito justo antes puede faltar en uno u otro lado
message-meanwhile = { $who } le incorporó de nuevo. Desde la última vez que usted estuvo en esta conversación cambió su nombre, descripción, administración o reglas. Para verlas: lacre group list
message-new-account = { $whom } tiene una cuenta nueva, con llaves nuevas, que le dio la oficina de registro. Pregunte en persona si es quien dice
message-renamed = { $who } llamó al grupo «{ $name }»
message-described = { $who } describió el grupo: { $text }
message-description-gone = { $who } quitó la descripción del grupo
message-admin-made = { $who } hizo que { $whom } administre el grupo
message-admin-unmade = { $who } le quitó a { $whom } el rol de administrar
message-may-add-admins = { $who }: desde ahora solo quien administra agrega integrantes
message-may-add-everyone = { $who }: desde ahora cualquiera puede agregar integrantes
message-may-write-admins = { $who }: desde ahora solo escribe quien administra
message-may-write-everyone = { $who }: desde ahora cualquiera puede escribir
message-stays = { $who }: lo que se escriba desde ahora desaparece { $time } después de leído
message-stays-for-ever = { $who }: lo que se escriba desde ahora ya no desaparece
message-succeeded = { $who } empezó de nuevo esta conversación, con su historial: nadie pudo aplicar un cambio de sus llaves. Lo que esperaba se envía de nuevo; usted no tiene que hacer nada
message-succeeded-without = { $who } empezó de nuevo esta conversación, con su historial, sin { $whom }: los demás no pudieron aplicar sus cambios de llaves. Lo que esperaba se envía de nuevo; usted no tiene que hacer nada
message-lost = Algo escrito con el teléfono perdido de { $who }, después de que recuperó su cuenta, no se muestra
message-ended = El grupo termina aquí: ya solo lo administra un teléfono perdido, o ese teléfono cambió quién está en él. Para uno nuevo con la misma gente: lacre group again
sent-again = enviado otra vez; la primera vez, { $when }
message-refused = Un mensaje de { $who }, que aquí no puede escribir, no se mostró
message-leaves = { $who } sale
message-deleted = { $who } eliminó este mensaje
message-forgotten = (mensaje de { $who } borrado en este dispositivo)
edited = editado
disappears-at = desaparece: { $time }
disappears-after = desaparece { $time } después de leído
stays = Lo que se escriba aquí desaparece { $time } después de leído; el suyo, { $time } después de enviado. Quien lo copie o guarde un archivo lo conserva.
stays-for-ever = Lo que se escribe aquí no desaparece.
time-weeks = { $count ->
        [one] { $count } semana
       *[other] { $count } semanas
    }
time-days = { $count ->
        [one] { $count } día
       *[other] { $count } días
    }
time-hours = { $count ->
        [one] { $count } hora
       *[other] { $count } horas
    }
time-minutes = { $count ->
        [one] { $count } minuto
       *[other] { $count } minutos
    }
time-seconds = { $count ->
        [one] { $count } segundo
       *[other] { $count } segundos
    }
answers = a { $who }: «{ $text }»
answers-gone = a un mensaje que ya no está aquí
edited-done = Editado para todos.
deleted-done =
    Eliminado, para todos cuyo programa cumpla las reglas.
    Quien ya lo leyó, copió o fotografió puede conservarlo.
forgotten = Borrado en este dispositivo. Los demás lo conservan y no se enteran.
reacted = Listo.
message-newer = { $who } envió algo que esta versión no conoce. Actualice Lacre para verlo.
message-unreadable = Llegó algo que no se puede leer: { $why }
unnamed-file = archivo
progress-up = Subiendo:
progress-down = Bajando:
exported = { $path }: mensajes con la firma de quien los escribió, { $signed }; con recibo del servidor, { $receipts }.
export-in-clear = El archivo está sin cifrar: guárdelo donde solo usted lo lea. Los recibos se pueden pedir solo por un tiempo: mientras antes exporte, mejor.

## grupos
notes-title = notas para mí
group-title = grupo «{ $name }»
group-created = Grupo «{ $name }» creado ({ $id }).
group-added = Integrantes agregados a «{ $name }» ({ $id }).
group-not-added = Todavía no están todas las personas agregadas a «{ $name }» ({ $id }).
group-removed = Integrantes sacados de «{ $name }» ({ $id }).
group-left = Usted sale de «{ $name }» ({ $id }).
group-left-heir = Usted sale de «{ $name }» ({ $id }). Era la única persona que lo administraba: ahora lo hace { $heir }.
group-again = «{ $name }» ({ $id }) queda en lugar del que terminó.
group-again-without = No están en él, porque no son contactos suyos: { $names }. Agréguelos cuando lo sean: lacre group add
group-changed = «{ $name }» cambió ({ $id }).
group-settings = «{ $name }» ({ $id })
group-may-add-admins = Solo quien administra agrega integrantes.
group-may-add-everyone = Cualquiera puede agregar integrantes.
group-may-write-admins = Solo escribe quien administra.
group-may-write-everyone = Cualquiera puede escribir.
group-not-post-quantum = Aviso: este grupo no resistirá a computadores cuánticos del futuro.
change-waits = Todavía no está hecho: el cambio espera aquí y se hará apenas se pueda.
invited = { $who }: todavía no está. { $why }
not-added-paused = Está en pausa. Se intentará de nuevo; usted no tiene que hacer nada.
not-added-no-account = El servidor no conoce su cuenta: quizás la eliminó. Se intentará de nuevo durante 30 días.
not-added-no-key-package = Al servidor no le quedan llaves suyas. Se intentará de nuevo; antes debe conectarse su programa.
not-added-clock = Sus llaves no valen a esta hora: un reloj anda mal, el suyo o el de este dispositivo, o no se conecta hace mucho. Se intentará de nuevo; revise la fecha.
not-added-key = El servidor entregó llaves que no son suyas o no sirven. Se intentará de nuevo; si sigue así, pregunte a quien administra el servidor.

## ajustes
settings-delivery-on = Sus contactos ven cuando un mensaje llegó aquí (--delivery-receipts off para que no).
settings-delivery-off = Nadie ve cuando un mensaje llegó aquí (--delivery-receipts on para que sus contactos lo vean).
settings-read-on = Sus contactos ven lo que usted ya leyó (--read-receipts off para que no).
settings-read-off = Nadie ve lo que usted ya leyó (--read-receipts on para que sus contactos lo vean).
settings-proxy = Todo pasa por { $proxy }, y nada sin él (para conectarse directamente: --proxy none).
settings-no-proxy = Se conecta directamente con el servidor: quien lo administra ve su dirección de red (para ocultarla: --proxy socks5://HOST:PUERTO).
settings-proxy-kept = Desde ahora todas las órdenes de este perfil pasan por ese proxy. Para cambiarlo: lacre settings --proxy

## extras
extras-installed = Listo. Bash y Fish los encuentran solos; para Zsh, esa carpeta debe estar en fpath.
extras-removed = Listo: se quitaron.
man-headings = —
    .name = NOMBRE
    .synopsis = SINOPSIS
    .description = DESCRIPCIÓN
    .options = OPCIONES
    .subcommands = ÓRDENES
    .extra = NOTAS
    .version = VERSIÓN

## espera de novedades
watching = Esperando novedades. Para terminar: Ctrl-C
event-contact-asks = { $who } pide ser su contacto. Para responder: lacre contact accept { $who }
event-contact-accepted = { $who } aceptó: ya pueden escribirse.
event-contact-not-taken = { $who } no recibe solicitudes nuevas, o anuló su enlace. Pídale un enlace nuevo.
event-keys-changed = Las llaves de { $who } ya no son las que ustedes compararon. Compárenlas otra vez: lacre contact verify { $who }
event-joined = Conversación nueva: { $name }.
event-standing = { $name }: { $standing }
clock-ahead = El reloj de este dispositivo está adelantado { $time } respecto del servidor. Ponga bien la fecha y la hora.
clock-behind = El reloj de este dispositivo está atrasado { $time } respecto del servidor. Ponga bien la fecha y la hora.
event-copy = Hay otra copia de este perfil en uso. Este dispositivo está cambiando sus llaves. Si no fue usted, avise a sus contactos.
event-inbox-mended = El servidor había perdido permisos para escribirle: por un tiempo, algunas personas no pudieron. Ya se le devolvieron.
event-restored = El servidor volvió de un respaldo. Este dispositivo le está devolviendo lo que había perdido.
event-put-aside = Algo no se pudo leer o hacer y quedó aparte; lo demás sigue. ({ $why })
event-notice = Llegó una notificación oficial. Para leerla: lacre notice read { $id }
event-notice-invalid = Llegó algo como notificación oficial en lo que no se puede confiar ({ $why }). Para verlo: lacre notice read { $id }
event-notice-replied = El servidor recibió su respuesta a la notificación { $id }, y el recibo quedó guardado aquí.

## notificaciones oficiales
notices-none = No ha llegado ninguna notificación oficial.
notice-invalid = NO ES CONFIABLE
notice-new = nueva
notice-opened = leída
notice-acknowledged = con acuse
notice-refused = rechazada
notice-not-me = no es para usted
notice-replied = respondida
notice-act-start = Notificación de que comienza un procedimiento
notice-act-inquiry = Notificación dentro de un procedimiento
notice-act-end = Notificación de una decisión
notice-act-personal = Comunicación personal
notice-act-communique = Comunicado
notice-short-copy = copia
notice-short-corrects = corrección
notice-short-corrected = corregida por otra posterior
notice-short-trial = ensayo
notice-about-other = La otra está aquí: { $notice }
notice-also-corrects = CUIDADO: esta otra corrige la misma notificación, y ninguna de las dos dice cuál vale. Lea ambas y pregunte al organismo: { $notice }
notice-corrected = Una notificación posterior del mismo organismo corrige esta: { $notice }
notice-standing-copy = Es una copia: sus fechas son las del original.
notice-standing-corrects = Corrige una notificación anterior y tiene fechas propias.
notice-standing-trial = Es un ensayo: de él no se sigue nada.
notice-from = De { $name } ({ $code }), un organismo público que la oficina de registro conoce
notice-subject = Asunto: { $subject }
notice-case = Expediente: { $case }. Procedimiento: { $procedure }
notice-id = El organismo la llama notificación { $id }
notice-when = { $act }. El servidor la recibió { $when }.
notice-state = De su parte: { $state }
notice-uri = Un enlace que indica el organismo: { $uri } (este programa no lo abre)
notice-file = Archivo { $number }: { $name } ({ $media }, { $size })
notice-body-by-saving = Su texto no se muestra aquí. Para guardarlo: lacre notice read NOTIFICACIÓN --save 0
notice-not-genuine =
    NO ES CONFIABLE: { $why }
    Llegó { $when } como notificación oficial, y lo que dice no se muestra. Nada se sigue de ella. (Parte: { $part })
notice-cannot-count = Aquí no se puede decir desde cuándo cuenta: este programa no tiene su regla o su calendario. Consiga un programa más nuevo.
notice-informs-only = No inicia ningún plazo.
notice-last-day =
    { $left ->
        [0] Último día para responder: { $day }. Es hoy.
        [one] Último día para responder: { $day }. Queda un día hábil.
       *[other] Último día para responder: { $day }. Quedan { $left } días hábiles.
    }
notice-last-day-over = El último día para responder fue { $day }.
notice-deemed = Se le tiene por notificado el { $day }.
notice-counts-as-known = Su propia respuesta cuenta como conocimiento (Ley 19.880, art. 47): estas fechas se cuentan desde ella.
notice-no-term = sin plazo
newer-calendar = El calendario { $newest }, más nuevo que el que nombra la notificación ({ $named }), da otras fechas. Valen las del que ella nombra; las otras son:
notice-by-rule = Según { $rule } ({ $law }): notificado el { $day }; último día: { $last }.
notice-time-is-relays-word = La hora desde la que cuenta es palabra del servidor.
notice-answer-starts-nothing = Esta notificación no inicia aquí ningún plazo; su respuesta no cambia ninguna fecha.
notice-answer-changes-nothing = Su respuesta cuenta como conocimiento de la notificación (Ley 19.880, art. 47). Eso no cambia ninguna fecha: ya surtió efecto, o no lo hará más tarde.
notice-answer-is-knowledge = CUIDADO: su respuesta cuenta como conocimiento de la notificación (Ley 19.880, art. 47). Se le tendría por notificado el { $day }, y el último día para responder podría ser { $last }, no { $before }.
notice-answer-is-knowledge-no-term = CUIDADO: su respuesta cuenta como conocimiento de la notificación (Ley 19.880, art. 47). Se le tendría por notificado el { $day }.
notice-go-on = ¿La envía? Escriba sí:
notice-not-answered = No se envió nada.
notice-answer-waits = Quedó guardada aquí y saldrá cuando el servidor responda.
notice-acknowledged-now = Acusó recibo de la notificación; el organismo lo puede ver.
notice-refused-now = Rechazó la notificación; el organismo lo puede ver. Por ley su plazo corre igual.
notice-not-me-now = El organismo puede ver que la notificación no es para usted.
notice-reply-stored = El servidor recibió su respuesta { $when }. Su recibo queda guardado aquí y lo prueba.
notice-reply-waits = Su respuesta, escrita { $when }, espera aquí hasta que el servidor responda.
deadline-left =
    { $left ->
        [0] hoy
        [one] un día hábil
       *[other] { $left } días hábiles
    }
deadline-over = vencido
deadlines-none = Ninguna notificación oficial de aquí tiene plazo.
deadlines-safe = Son las lecturas más tempranas de la ley: quien responde hasta entonces está a tiempo según todas. Una respuesta propia cuenta como conocimiento de la notificación.
notice-export-left-out = No están aquí sus archivos { $numbers } (0 es el texto): lacre notice read --save los trae. Lo que el servidor no dé, pídalo al organismo: sin ellos nadie ve qué decían.
notice-exported =
    { $count ->
        [one] Un archivo está en { $path }
       *[other] { $count } archivos están en { $path }
    }
notice-export-in-clear = Están en claro y abren la notificación: déselos solo a quien tenga su confianza. El registro de la entrega lo tiene el organismo.
notice-proof-written =
    { $count ->
        [one] Una palabra
       *[other] { $count } palabras
    } del servidor sobre { $casillas ->
        [one] una casilla
       *[other] { $casillas } casillas
    }. La más reciente se dio { $when }. { $count ->
        [one] Está
       *[other] Están
    } en { $path }
notice-proof-next = Quien tenga la llave del servidor lo revisa sin red: lacre verify ARCHIVO --trust CONFIANZA. Con la evidencia de un organismo: lacre verify EVIDENCIA --head ARCHIVO --trust CONFIANZA.
misfit-more = el servidor dice que hay { $says } notificaciones oficiales en su casilla, y entregó { $gave }
misfit-fewer = el servidor dice que hay { $says } notificaciones oficiales en su casilla, y entregó o contó más ({ $gave })
misfit-others = de las { $says } notificaciones oficiales que el servidor dice que hay en su casilla, no todas son las que entregó
misfit-earlier = el servidor dio una palabra vieja sobre lo que hay en su casilla ({ $says })
misfit-not-its-word = el servidor no dio una palabra válida sobre lo que hay en su casilla; entregó { $gave } notificaciones oficiales
misfit = CUIDADO, desde { $since }: { $why }. Su palabra está guardada: lacre notice proof --out ARCHIVO.
misfit-over = Desde { $since } hasta { $until }: { $why }. Desde entonces vuelve a calzar. Su palabra está guardada: lacre notice proof --out ARCHIVO.
notice-statement = Designo esta cuenta como mi dirección para notificaciones oficiales. Sé que las notificaciones que los organismos públicos me envíen aquí surten efecto, y que los plazos corren, las lea o no. Puedo pausarlo o retirarlo cuando quiera; lo enviado antes sigue surtiendo efecto.
notice-address-question =
    Va a firmar esto:
    { $statement }
    ¿Lo quiere? Escriba sí:
notice-address-not-changed = No se firmó nada y nada ha cambiado.
notice-address-on = Las notificaciones oficiales le llegan aquí. Los plazos corren, las lea o no.
notice-address-to-be-on = CUIDADO: el servidor todavía no sabe que esta cuenta será su dirección. Hasta que se le diga, las notificaciones oficiales no le llegan aquí.
notice-address-paused = Las notificaciones oficiales están en pausa: los organismos deben notificarle por otro medio. Para reanudar: lacre notice address resume
notice-address-to-be-paused = CUIDADO: el servidor todavía no sabe que las notificaciones oficiales deben quedar en pausa. Hasta que se le diga, le llegan.
notice-address-to-be-off = CUIDADO: el servidor todavía no sabe que esta cuenta ya no será su dirección. Hasta que se le diga, las notificaciones oficiales le llegan.
notice-address-off = Esta cuenta no es su dirección para notificaciones oficiales. Para que lo sea: lacre notice address on
notice-address-since = Usted firmó { $when }: { $statement }
notice-address-grants =
    { $count ->
        [one] Un permiso para escribirle está listo para los organismos.
       *[other] { $count } permisos para escribirle están listos para los organismos.
    }
notice-address-answers =
    { $count ->
        [one] En { $month } se dio a organismos una respuesta sobre usted.
       *[other] En { $month } se dieron a organismos { $count } respuestas sobre usted.
    }
notice-tells-opened = A los organismos se les avisa cuando usted leyó una notificación, hasta una hora después.
notice-tells-nothing = A los organismos no se les avisa si usted leyó una notificación. (Que llegó a este aparato, sí.)

## bandeja de salida
outbox-empty = Nada espera en la bandeja de salida.
cancelled = Cancelado: no se enviará.
cancelled-begun = Fuera de la bandeja de salida: este perfil ya no lo envía. El envío había comenzado, así que el servidor puede tenerlo.
waits-text = texto
waits-file = archivo
waits-change = edición, eliminación o reacción
waits-upkeep = mantención
waits-seal = cambio de integrantes o llaves
waits-invitation = invitación
waits-request = solicitud
waits-notice-answer = respuesta a una notificación oficial

## estado
status-who = { $handle }, perfil en { $dir }
status-relay = Servidor: { $relay } responde
status-no-relay = Servidor: { $relay } no responde
status-disk-full = Servidor: { $relay } no se consultó hasta el final: no queda espacio en el disco de este computador
status-relay-full = Servidor: { $relay } responde, y ahora no puede guardar nada
status-relay-deleted = Servidor: { $relay }, donde esta cuenta se borró
status-relay-forgotten = Servidor: { $relay } responde, y ya no conoce esta cuenta
status-conversations = Conversaciones: { $count } (sin leer: { $unread })
status-outbox = En espera de salir: { $count }
status-requests = Solicitudes por responder: { $count }
status-recovering = Conversaciones que esperan incorporar de nuevo a este dispositivo: { $count }
status-resting = Se intentará de nuevo: { $what }: { $state } ({ $why })
status-unlocked = Perfil abierto: no se pide la frase secreta
status-locked = Perfil cerrado: cada orden pide la frase secreta

## resumen y fechas
nothing-new = Nada nuevo.
overview-notices =
    { $count ->
        [one] Hay una notificación oficial nueva
       *[other] Hay { $count } notificaciones oficiales nuevas
    }: lacre notice list
overview-next = Para leer: lacre read @nombre. Todas las órdenes: lacre --help
phrase-today = hoy a las { $time }
phrase-yesterday = ayer a las { $time }
phrase-tomorrow = mañana a las { $time }
phrase-date = el { $day } { $month } { $year } a las { $time }
yesterday = ayer { $time }
near-date = { $weekday } { $day } { $month } { $time }
far-date = { $day } { $month } { $year } { $time }
weekday-names = —
    .n1 = lun
    .n2 = mar
    .n3 = mié
    .n4 = jue
    .n5 = vie
    .n6 = sáb
    .n7 = dom
month-names = —
    .n1 = ene
    .n2 = feb
    .n3 = mar
    .n4 = abr
    .n5 = may
    .n6 = jun
    .n7 = jul
    .n8 = ago
    .n9 = sept
    .n10 = oct
    .n11 = nov
    .n12 = dic

## avisos
notification = Hay algo nuevo.
no-desktop = Aquí no hay escritorio con avisos (notify-send): lo nuevo se muestra solo en esta terminal.
watch-locked = El perfil se cerró con «lacre lock».

## the registrar's counter
interrupted = Interrumpido.
times-zone = Horas de { $zone }.
ask-invitation = La invitación, tal como se la entregaron:
ask-run = RUN de la persona, con guion y dígito verificador:
invitation-for = Invitación para la persona con RUN { $run }, hasta { $until }:
recovery-use = Entréguelo a la persona que perdió la cuenta, y a nadie más: con lacre recover pone una cuenta nueva en su lugar, una sola vez, hasta { $until }. Uno nuevo lo reemplaza. En la oficina se llama { $reference }.
invitation-use = Entréguela a la persona, y a nadie más: abre su cuenta, una sola vez, hasta { $until }. Una nueva la reemplaza. En la oficina se llama { $reference }.
clerk-next = Díctele estos 43 caracteres a quien opera el servidor, que le permitirá comenzar: lacre-relay registrar clerk add NOMBRE { $key } --issue
no-acts = Todavía no se ha hecho nada con esta llave.
deed-issued = primera invitación
deed-issued-reset = código de recuperación
deed-refused-has-account = rechazado: la persona tiene una cuenta
deed-refused-no-account = rechazado: no hay cuenta que recuperar
deed-refused-duty = rechazado: no le corresponde a este puesto

## helped at the counter
assist-begin =
    Usted está en una máquina que no es suya. Esto le da su cuenta de Lacre, o se la devuelve, sin escribir nada en el disco de esta máquina: las llaves están en la memoria mientras esto se ejecuta, y se van cuando termina.
    Nadie más necesita ver esta pantalla. Quien le atiende le entregó un código; no lee, ni acusa recibo, ni rechaza, ni responde en su nombre, y no necesita su frase secreta.
    Ctrl-C termina en cualquier momento. Si termina antes de la última página y la cuenta ya existe, nadie tiene sus llaves: pida entonces un código de recuperación.
assist-swaps = CUIDADO: cuando le falta memoria, esta máquina la pasa al disco (swap), y ahí puede quedar una parte de lo que usted escriba. Este programa no puede impedirlo.
assist-no-swap = Esta máquina no pasa memoria al disco (no tiene swap).
assist-enter = Enter para seguir:
assist-which =
    1  Es su primera cuenta: tiene una invitación.
    2  Perdió el teléfono o la cuenta: tiene un código de recuperación.
    3  Tiene su cuenta en su memoria USB: ver las notificaciones que llegaron.
assist-which-ask = ¿Cuál es? (1, 2 o 3):
assist-one-of-three = Escriba 1, 2 o 3.
assist-name = Elija su nombre público, por ejemplo @ana.perez:
assist-once-more = Enter para intentarlo otra vez; Ctrl-C termina:
assist-arrived = Listo: usted es { $handle }.
assist-recovered = Listo: usted es { $handle } otra vez, con una cuenta nueva. Los dispositivos de la anterior quedaron fuera. Si ella era su dirección para notificaciones oficiales, ya no lo es.
assist-stick =
    Una cuenta está en un solo dispositivo. ¿Trajo una memoria USB suya? La cuenta se va en ella, bajo una frase secreta que usted elige, y sigue en su computador.
    Si no trajo, solo Enter: la cuenta queda en pausa, y con un código de recuperación la lleva después a su propio dispositivo.
assist-stick-ask = Carpeta de su memoria USB (por ejemplo /media/ana/USB), o solo Enter:
assist-stick-where = Carpeta de su memoria USB (por ejemplo /media/ana/USB):
assist-stick-no-account = Ahí no hay una memoria con una cuenta de Lacre.
assist-read-which = ¿Cuál leer? Escriba sus primeras letras, o solo Enter para terminar:
assist-stick-none = Ahí no hay ninguna carpeta. Conecte la memoria y escriba dónde aparece.
assist-stick-machine = Eso está en un disco de esta máquina: ahí no queda nada suyo.
assist-stick-taken = En esa memoria ya hay una cuenta de Lacre (la carpeta lacre).
assist-address =
    Su cuenta y sus llaves están en su memoria USB. Si quiere, las notificaciones oficiales le llegan ahí.
    No lo haga si no podrá abrirla pronto en un computador: lo que le envíen surte efecto, lo lea o no.
assist-taken =
    Anote:
    - Su cuenta está en { $dir }, bajo su frase secreta. Sin la frase nadie la abre, tampoco esta oficina.
    - En su computador, con la memoria puesta: lacre --profile CARPETA list, y sus notificaciones: lacre --profile CARPETA notice list. CARPETA es esa misma, como se llame allá. Úsela ahí, o una copia suya, pero nunca dos.
    - Si pierde la memoria, venga por un código de recuperación.
assist-left =
    Anote:
    - Su nombre es { $handle }, en { $relay }.
    - Pida ahora un código de recuperación (la oficina: lacre counter issue-code --recover). Vale 7 días. En su propio dispositivo escriba: lacre recover -
    - Nadie tiene las llaves de esta cuenta. Lo que le envíen antes de eso no se podrá leer.
    - Las notificaciones oficiales no llegan a esta cuenta: siguen en el mesón o por carta.
assist-paused =
    - Hasta entonces la cuenta está en pausa, y a quien la busque se le dice.
assist-not-paused =
    - El servidor no supo que la cuenta está en pausa: quien la busque la encuentra, y le escribe en vano.
assist-pause-again = El servidor todavía no sabe que la cuenta está en pausa. Enter para decírselo otra vez, o escriba no:
assist-written-down = Cuando lo haya anotado, Enter: la pantalla se borra:
assist-ended = Terminó. En el disco de esta máquina no queda nada de esta sesión.

## organismos públicos
body-enrolled = { $code } { $name }: inscrito. El certificado vale hasta { $until } ({ $zone }); lo renueva quien opera el servidor.
body-trust = Quien revise una prueba compara estas llaves con las que publica quien opera el servidor, y luego usa el archivo con: lacre verify --trust
office-is = Cuenta de función { $handle } en { $body }: { $post ->
        [administrator] administrador o administradora
       *[other] funcionario o funcionaria
    }, cuenta { $account }. La palabra del registrador vale hasta { $until }.
roles-two-administrators = Guardada. Se necesitan dos administradores antes de que se pueda firmar. Agregue el otro: lacre agency official add CUENTA administrator --file LISTA
roles-in-force = Vigente: la firmaron dos administradores.
roles-wait = Espera a otro administrador: lacre agency official sign
roles-none = Ninguna lista está vigente.
roles-number = Lista { $n } ({ $when }):
roles-row = { $account }: { $role ->
        [administrator] administra
        [approver] aprueba
       *[other] redacta
    }
roles-to-sign = Usted firma que esta lista cambia:
roles-gives = + { $account }{ $handle ->
        [none] {""}
       *[other] { " " }({ $handle })
    } { $role ->
        [administrator] administrará
        [approver] aprobará
       *[other] redactará
    }
roles-takes = − { $account }{ $handle ->
        [none] {""}
       *[other] { " " }({ $handle })
    } ya no { $role ->
        [administrator] administra
        [approver] aprueba
       *[other] redacta
    }
roles-ask = ¿Firmarla? (sí/no)
approve-done = Firmado. Entregue el archivo a quien despacha el lote.
approve-answered = Firmado, y { $waits ->
        [yes] sale a la conversación en que llegó el lote cuando haya servidor.
       *[no] enviado a la conversación en que llegó el lote. Quien lo despacha guarda ese archivo (lacre save) y lo entrega al programa del organismo.
    }
approve-not = No se firmó nada.
body-sent = Enviada y probada: notificación { $id }. Por ley cuenta desde su despacho, se lea o no.
    La prueba está en { $path }; lo abre todo: guárdela como guarda el expediente.
body-to-the-same = Va a la persona de la notificación { $id }. No se pide ni se lee un RUN.
body-sent-trial = Enviada: notificación { $id }, un ensayo. De él no se sigue nada.
    Lo que probaría está en { $path }.
body-sent-copy = Enviada y probada: notificación { $id }, una copia. No inicia un plazo: las fechas son las de su original.
    La prueba está en { $path }; guárdela junto a la del original.
body-sent-informs = Enviada y probada: notificación { $id }. Informa y no inicia un plazo.
    La prueba está en { $path }; lo abre todo: guárdela como guarda el expediente.
body-sent-unproven = CUIDADO: el servidor recibió la notificación { $id }, pero lo que entregó él o su oficina de registro no se puede verificar. No cuente plazos desde ella. Muestre a quien opera el servidor: lacre verify --explain { $path }
body-otherwise-exempt = Notifique por otra vía: para esta persona la notificación electrónica no produce efecto. No se envió nada. Lo que dice está guardado en { $path }, y cómo seguir: lacre agency fallback list
body-otherwise-none = Notifique por otra vía: esta persona no ha designado aquí un domicilio para notificaciones oficiales. No se envió nada. Lo que dice está guardado en { $path }, y cómo seguir: lacre agency fallback list
body-otherwise-closed = Notifique por otra vía: el domicilio de la persona se cerró después de que respondió la oficina de registro. No se entregó nada (notificación { $id }). Cómo seguir: lacre agency fallback list
body-nothing-waits = Nada espera ser enviado.
body-resume = Si antes de eso quedó guardada una notificación, no se perdió y no hay que escribirla de nuevo: lacre agency resume
body-no-notices = Desde aquí todavía no se ha enviado ninguna notificación.
body-not-asked = No se preguntó al servidor por respuestas: { $why } Esto es lo que se sabe aquí.
body-strangers = { $count ->
    [one] Una respuesta no es
   *[other] { $count } respuestas no son
 } de ninguna notificación de este perfil; no se tomaron en cuenta.
body-notice = { $id }  { $at }  { $run }  { $case }  { $subject }
    { $stage }
body-stage-prepared = guardada; no se sabe si el servidor la tiene (lacre agency resume)
body-stage-sent = entregada y probada
body-stage-unproven = CUIDADO: entregada, pero lo que dio el servidor no se puede verificar; no cuente plazos desde ella
body-stage-again = probada; el servidor se restauró y pudo perderla: se entrega de nuevo hasta que sea recibida
body-stage-otherwise = hay que notificar por otra vía
body-stage-refused = no entregada: hay que notificar por otra vía
body-answer-handover = recibida: el programa de la persona la tiene y comprobó que es auténtica
body-answer-failure = el programa de la persona no pudo abrirla o comprobó que no es auténtica
body-answer-opened = la persona la abrió
body-answer-acknowledged = la persona acusó recibo
body-answer-not-me = la persona dice que es para otra (no tiene efecto propio; puede mostrar que ya conocía el acto: Ley 19.880, art. 47)
body-answer-refused = la persona la rechazó (no tiene efecto propio; puede mostrar que ya conocía el acto: Ley 19.880, art. 47)
body-answer-reply = una respuesta; su texto y sus archivos están junto a la prueba
body-answer-aside = apartada, no se puede verificar: { $why }
limit-routes = El servidor responde a un organismo cierto número de consultas de vía al día ({ $name })
limit-lookups = El servidor responde a un organismo cierto número de consultas sobre personas al día ({ $name })
limit-delivers = El servidor recibe de un organismo cierto número de notificaciones al día ({ $name })
limit-stamps = El servidor da a un organismo cierto número de sellos al día ({ $name })
limit-last-resort = La casilla de la persona ya recibió hoy las que su último permiso admite ({ $name }): hoy no recibe más
limit-last-resort-body = Este organismo ya usó hoy su parte del último permiso de la persona ({ $name })
limit-kept = La casilla de la persona está llena ({ $name })
limit-tokens = El canal de respuestas no admite más permisos ({ $name })
body-answer-stranger = apartada: ninguna notificación de este organismo la abre
body-answer-waits = espera: la prueba de la notificación falta, o hay otra en su lugar. Repóngala, y se revisa en la próxima orden
body-answer-no-receipt = apartada: el servidor no da recibo por ella
body-answer-lost-device = apartada: la firmó un dispositivo de la cuenta perdida, después de que la persona la recuperó en la oficina de registro. No es de ella
body-reset = CUIDADO: la persona recuperó su cuenta en la oficina de registro ({ $at }) antes de que algo mostrara que conocía esta notificación. Quizás no la tiene. Decida si enviar una copia: lacre agency send --copy { $id }
body-beside-trial = un ensayo: no produce ningún efecto
body-beside-copy = copia de { $id }, con las fechas de esa
body-beside-corrects = corrige { $id }
body-beside-answers = contesta una respuesta a { $id }
body-reply = { $number }  { $at }  { $run }  { $case }  { $files ->
    [0] sin archivos
    [one] un archivo
   *[other] { $files } archivos
 }  código { $transaction }
body-reply-missing = { $number }  CUIDADO: su prueba { $name } falta o fue cambiada; repóngala desde una copia
body-reply-file = Archivo { $number }: { $name } ({ $media }, { $size }), SHA-256 { $sha256 }
body-reply-saved = Guardado: { $path }
body-no-replies = Nadie ha escrito todavía en respuesta a una notificación.
body-evidence = Quien la revise no necesita el perfil: lacre verify ARCHIVO --trust { $trust }. Abre todo lo que se envió y respondió. Lo respondido desde el último lacre agency status no está incluido.
body-unnamed = { $count ->
    [one] Un archivo de la carpeta de pruebas no es
   *[other] { $count } archivos de la carpeta de pruebas no son
 } de ninguna notificación de este perfil ({ $first }): los deja una orden que se cortó, o un perfil repuesto desde una copia. Revíselo con lacre verify: si no tiene el registro del servidor, con él no se envió nada y se puede borrar.
body-corrected-already = CUIDADO: { $id } ya tiene una corrección ({ $other }). Con esta, la persona ve las dos, y ninguna reemplaza a la otra.
body-open-folder = CUIDADO: otros pueden leer { $dir }, y lo que está ahí abre todo lo que se envió. Quíteles ese permiso: chmod 700
body-watching = Se espera lo que respondan los dispositivos, después del número { $since } (lo anterior: lacre agency status). { $zone } Ctrl-C termina.
body-came = { $number }  { $at }  { $case }  { $what }

## templates of a body, and recipients' tables
template-added = Agregada: plantilla { $name }, versión { $version }. Espacios por llenar: { $placeholders }
template-same = Nada nuevo: la versión { $version } de la plantilla { $name } ya dice esto. Espacios por llenar: { $placeholders }
template-none = Todavía no hay plantillas. Para agregar una: lacre agency template add
template-version = versión { $version }
template-no-placeholders = ninguno
template-head = Plantilla { $name }, versión { $version }, de { $at }
template-kind = { $kind }; { $term }
template-start = Notificación al inicio de un procedimiento (NT)
template-inquiry = Notificación dentro de un procedimiento (NT)
template-end = Notificación al término de un procedimiento (NT)
template-cp = Comunicación personal (CP)
template-ci = Comunicado institucional (CI)
template-term = { $days ->
    [one] { $days } día hábil para recurrir
   *[other] { $days } días hábiles para recurrir
}
template-no-term = no comienza ningún plazo
template-procedure = Procedimiento: { $procedure }
template-description = Descripción: { $description }
template-file = Las personas la reciben como: { $file }
template-answers = Los programas de las personas pueden responder.
template-no-answers = Los programas de las personas no responden.
template-placeholders = Espacios por llenar: { $placeholders }
template-part-subject = El asunto
template-part-description = La descripción
template-part-body = El texto
template-row = Línea { $line } de la tabla, para { $run }:
template-no-row = La línea { $line } de la tabla no tiene una fila que se pueda mostrar.
template-no-good-row = Ninguna fila de la tabla se puede mostrar.
template-fault-line = { $option } es una línea de 1 a { $most } bytes, sin espacios en los extremos ni caracteres de control.
template-fault-empty = El texto no dice nada.
template-fault-body = El texto pasa de { $most }.
template-fault-control = La línea { $line } del texto tiene un carácter que nadie ve: escríbala de nuevo.
template-fault-term = Un plazo de { $days } días hábiles es sin duda un error: el más largo es { $most }.
template-fault-placeholder = { $part }, línea { $line }: "{ $text }" comienza como un espacio por llenar y no lo es. Escriba ((nombre)), o separe los paréntesis con un espacio.
template-fault-placeholders = Hay { $count } espacios por llenar: una plantilla tiene a lo más { $most }.
template-fault-place = (({ $placeholder })) está donde un valor no quedaría como texto: en código, en la dirección de un enlace, en HTML, o pegado a signos y letras. Póngalo en otra parte, o con espacios alrededor.
template-fault-references = Los enlaces por referencia ([palabras]: dirección) no van junto con espacios por llenar: escriba [palabras](dirección).
lint-nothing = No se encontró nada que la haga difícil de leer. Eso no prueba que sea fácil: désela a leer a alguien que no conozca el caso.
lint-sentence = Línea { $line }: una oración de { $words } palabras ("{ $begin } …"). Más de { $most } cuestan de leer: haga dos.
lint-table = En la línea { $line } comienza una tabla: una carta la muestra como se escribió, con sus barras, y quien la escucha pierde las columnas. Escriba una lista.
lint-abbreviation = { $word } no está escrito completo en ninguna parte: diga una vez qué significa.
lint-appeal = Comienza un plazo y no dice cómo recurrir: diga dónde, cómo y hasta cuándo.
lint-attachment = Dice poco más que ver un adjunto: ponga en el texto qué se decidió y qué puede hacer la persona.
lint-scan = { $name } no tiene texto, solo imágenes de páginas: un lector de pantalla no lee nada. Adjunte el documento tal como se escribió, no escaneado.
lint-pdf = { $name } no se pudo examinar: no se sabe si tiene texto.
table-read-as = { $rows ->
    [one] { $rows } fila
   *[other] { $rows } filas
 }, en { $encoding }, con { $separator } entre las columnas.
table-utf8 = UTF-8
table-utf16 = UTF-16
table-windows = Windows-1252 (no es UTF-8; revise los nombres con tildes: lacre agency show LOTE --row N)
table-comma = comas
table-semicolon = puntos y comas
table-tab = tabulaciones
table-more = … y { $more } más.
table-too-large = Tiene { $size } y puede tener { $most }: divídala en varias.
table-long-line = La línea { $line } pasa de { $most }. Quizás ahí se abre una comilla que no se cierra.
table-empty = Está vacía.
table-workbook = Es un libro de cálculo: guárdelo antes como CSV.
table-not-text = La línea { $line } no es texto: guarde la tabla como CSV en UTF-8.
table-mixed = Tiene dos codificaciones: la línea { $utf } está en UTF-8 y la línea { $other } no. Los nombres quedarían mal: guárdela de nuevo como CSV en UTF-8.
table-open-quote = En la línea { $line } se abre una comilla que no se cierra.
table-rows = Tiene más de { $most } filas: divídala en varios archivos.
table-changed = Cambió mientras se leía: repita la orden.
row-at = Línea { $line }, columna { $column }: { $what }
row-line = Línea { $line }: { $what }
row-unknown-column = { $count ->
    [0] nada la usa: la plantilla no tiene espacios por llenar. Quite la columna.
   *[other] nada la usa. La plantilla tiene { $placeholders }. Corrija su nombre, o quite la columna.
}
row-missing-column = no existe esa columna. Agréguela.
row-same-column = otra columna tiene ese nombre o significa lo mismo. Quite una de las dos.
row-nameless-column = hay algo en una columna sin nombre. Póngale nombre, o vacíela.
row-fields = tiene { $found } campos, y la primera línea tiene { $wanted }. Quizás un texto con un separador no está entre comillas.
row-empty = no hay nada escrito. Complételo (en adjuntos: un guion donde no hay ninguno).
row-run-shape = no es un RUN. Escríbalo con guion y dígito verificador, como 12345678-5.
row-run-digit = el dígito verificador no corresponde. Revise el RUN.
row-same-person = la línea { $first } es para la misma persona. Deje una de las dos.
row-long = tiene { $bytes } bytes y puede tener { $most }. Acórtelo.
row-error = la planilla escribió ahí un error: una fórmula sin resultado o una columna demasiado angosta. Corríjalo en la planilla y guarde la tabla de nuevo.
row-shortened = la planilla acortó el RUN a un número con exponente, y sus cifras se perdieron. Dé formato de texto a la columna, escriba el RUN de nuevo y guarde la tabla.
row-control = hay un carácter que nadie ve, o se perdieron letras al guardar la tabla. Escríbalo de nuevo.
row-lines = tiene varias líneas, y debe ser una.
row-attachments = nombra { $count } archivos, y puede nombrar { $most }.
row-attachment-name = los archivos se nombran dentro de su carpeta: sin ruta desde la raíz y sin "..".
row-no-address = necesita una carta, y no hay dirección para ella: nombre, calle y comuna.
row-rows = una tabla tiene a lo más { $most } filas. Divídala en varias.
row-part-long = { $part } queda con { $bytes } bytes con estos valores, y puede tener { $most }. Acórtelos.
row-structure = estos valores cambiarían cómo se lee el texto que los rodea. Revise signos como * o #.
