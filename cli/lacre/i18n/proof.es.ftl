### El reloj legal, el calendario y el verificador de evidencia.

help-clock = Desde cuándo cuenta una notificación y hasta cuándo reclamar
    .dispatch = Instante del despacho, como 2026-07-06T14:00:00Z
    .zone = Zona del organismo: America/Santiago, America/Coyhaique, America/Punta_Arenas, Pacific/Easter
    .comuna = Código de la comuna del organismo, cinco dígitos, por los feriados regionales
    .rule = CL-46-2026, CL-D4-27, CL-letter o CL-counter (CL-46-2026)
    .term = Días hábiles para reclamar
    .more = No necesita servidor, perfil ni red.
help-calendar = Muestra los feriados legales de un año
    .year = El año
    .comuna = Código de una comuna, cinco dígitos: agrega sus feriados regionales
help-verify = Verifica la evidencia de una notificación, sin red
    .file = La evidencia
    .trust = Archivo con las llaves en que usted confía; obténgalo por otra vía que la evidencia
    .explain = Cuenta quién envió qué a quién, cuándo, y qué se sigue por ley
    .etsi = Escribe los registros ETSI EN 319 522 en este archivo, como JSON
    .pdf = Escribe un certificado para el expediente
    .more =
        Códigos de salida: 0 VALID, 1 INVALID (algo está mal), 2 mal escrito, 3 no se pudo leer o escribir un archivo,
        4 INCOMPLETE (nada está mal, algo falta).
        El formato está descrito en audit/FORMAT.md; cualquiera puede escribir otro verificador.

day-monday = lun
day-tuesday = mar
day-wednesday = mié
day-thursday = jue
day-friday = vie
day-saturday = sáb
day-sunday = dom
date = { $weekday } { $date }

clock-dispatch = Despacho: { $day }, { $time } en { $zone } ({ $comuna ->
        [none] sin comuna: solo feriados nacionales
       *[other] comuna { $comuna }
    })
clock-calendar = Calendario { $id } (SHA-256 { $hash })
clock-reading = Lectura { $rule }: { $law }
clock-words = La notificación { $text }.
clock-not-in-force = Esta regla no estaba vigente ese día; se muestra para comparar.
clock-deemed = Surte efecto: { $day }
clock-last = Último día del plazo de { $term } días hábiles: { $day }
clock-citizen = Seguro para la persona: cuenta desde el { $day }{ $last ->
        [none] {""}
       *[other] , y se puede reclamar hasta el { $last }
    } (la lectura más temprana, { $rule })
clock-agency = Seguro para el organismo: puede actuar como notificado desde el { $day }{ $last ->
        [none] {""}
       *[other] , y el plazo terminó después del { $last }
    } (la lectura más tardía, { $rule })
clock-comuna-note = La ley no aclara qué comuna rige: se usa la del organismo.
mark-start = despacho: no se cuenta
mark-counted = día hábil { $n }
mark-deemed = día hábil { $n }: surte efecto
mark-at-once = surte efecto en el acto
mark-term = día { $n } del plazo
mark-last = día { $n } del plazo: el último
mark-weekend = fin de semana: no se cuenta
mark-holiday = { $name } ({ $law }): no se cuenta

error-clock-range = Esa fecha no se puede calcular.
    .why = El calendario { $calendar } solo conoce desde { $from } hasta { $through }, y habría que contar un día fuera de él.
    .do = Use una versión más nueva, con un calendario más nuevo.
error-proof-one-place = No se escribió nada.
    .why = --pdf y --etsi nombran el mismo archivo, { $name }.
    .do = Dé a cada uno su propio archivo.
error-proof-trust = El archivo de confianza { $file } no tiene su forma.
    .why = { $why }
    .do = Pídalo de nuevo a quien usted confía. Comienza con "lacre trust v1".
error-proof-not-valid = No se escribió nada.
    .why = La evidencia es { $verdict }: solo se certifica lo que es VALID.
    .do = Vea arriba qué está mal o qué falta.

error-proof-conversation = No se escribió nada.
    .why = Es una conversación exportada: no lleva certificado de notificación.
    .do = Revísela sin --pdf ni --etsi.
export-checked = conversación exportada. Mensajes firmados por quien dice: { $signed }; de ellos, con recibo del servidor: { $receipts }.
export-fault-missing = no lleva firma
export-fault-account = sus llaves no son las que la oficina de registro dio a ese nombre
export-fault-signature = la firma no es de esa persona
export-fault-shown = lo que se muestra no es lo que se firmó
export-fault-receipt = el recibo no es del servidor, o es de otro mensaje
verdict-valid = VALID: todo está probado.
verdict-invalid = INVALID: { $why } ({ $code }, en { $part }).
verdict-incomplete = INCOMPLETE: { $why } ({ $code }: { $what }).
verdict-compare = La evidencia dice haber sido hecha con estas llaves. Compárelas con las que publican la oficina de registro y el servidor:
verdict-key = { $office ->
        [registrar] oficina de registro
        [relay] servidor
       *[gateway] pasarela
    }: { $key }
verdict-if-trusted = Si son las correctas:
fault-container = no es evidencia, o su forma está rota
fault-checksum = hay bytes cambiados o cortados
fault-note = un texto no tiene su forma
fault-keys = fue hecha con una llave que su archivo de confianza no nombra
fault-signature = no está firmado por quien debe firmarlo
fault-certificate-period = está fuera de la vigencia del certificado del organismo
fault-other-agency = la oficina de registro respondió a otro organismo
fault-commitment = el RUN y la sal no corresponden a la respuesta de la oficina de registro
fault-exempt = la oficina de registro dijo que ninguna notificación electrónica surte efecto, y se muestra una
fault-account-chain = los estados de la cuenta no se siguen unos a otros
fault-other-account = es de otra cuenta que la que nombró la oficina de registro
fault-other-state = no es el estado de la cuenta que nombró la oficina de registro
fault-other-designation = la designación no es la que nombró la oficina de registro
fault-other-grant = no es la autorización que entregó la oficina de registro
fault-notice-link = la notificación nombra otro certificado, respuesta, persona, cuenta, autorización o lugar
fault-rule = la regla o el calendario tienen otro texto que el de su nombre, o no corresponden
fault-no-receipt = no hay recibo de un servidor
fault-other-relay = la recibió otro servidor que el de la persona
fault-other-channel = fue a otro canal que el de la persona
fault-receipt-early = el recibo es anterior a la respuesta de la oficina de registro o a la notificación
fault-lookup-stale = la respuesta de la oficina de registro tenía más de una hora
fault-grant-period = se recibió fuera del período que autorizó la persona
fault-file = un archivo no es el que firmó el organismo
fault-envelope = el servidor recibió otros bytes que los que da esta notificación
fault-event = un registro no puede ser firmado por quien lo emite, o no corresponde a esta notificación
fault-contradiction = el servidor dice que recibió la notificación y también que la rechazó o la perdió
lack-version = es de otra versión del formato: con la versión 1 nunca se envió nada, y una posterior necesita un programa más nuevo
lack-missing = falta una parte
lack-rule-unknown = este programa no tiene esa regla o ese calendario
lack-calendar-range = el calendario no llega tan lejos
lack-reserved = tiene algo que este programa todavía no puede revisar
lack-ledger = su archivo de confianza exige una prueba del registro público
lack-trust = nadie ha dicho en quién confiar (--trust)

story-title = Certificado de notificación electrónica
story-verified = Verificado sin red con Lacre { $version }; la evidencia es VALID.
story-who = Quién, a quién
story-from = Remitente
story-from-value = { $name } (código { $code })
story-to = Destinatario
story-to-value = RUN { $run }
story-case = Expediente (IUIe)
story-procedure = Procedimiento
story-type = Tipo
story-type-nt = Notificación (NT), etapa: { $stage ->
        [start] 1, inicio del procedimiento
        [inquiry] 2, instrucción
       *[end] 3, término del procedimiento
    }
story-type-cp = Comunicación personal (CP): no inicia plazo
story-type-ci = Comunicado institucional (CI): no inicia plazo
story-subject = Asunto
story-description = Descripción
story-file = Archivo { $n }: { $name }
story-file-here = { $len } bytes, SHA-256 { $hash }; está en la evidencia
story-file-left-out = { $len } bytes, SHA-256 { $hash }; se dejó fuera de la evidencia
story-uri = Dirección
story-when = Cuándo
story-asked = La oficina de registro confirmó la cuenta del destinatario
story-made = El organismo firmó
story-sent = En la casilla del destinatario (despacho)
story-sent-value = { $utc } UTC = { $local } en { $zone }
story-alert = Aviso de cortesía
story-alert-none = sin registro
story-alert-sent = enviado { $at }
story-alert-failed = falló { $at }
story-handed-over = Abierta por un dispositivo del destinatario
story-opened = Leída por el destinatario
story-refused = Rechazada por el destinatario (sin efecto legal en Chile)
story-does-not-open = Un dispositivo no pudo abrirla
story-law = Qué se sigue por ley
story-no-term = Este tipo de acto informa; no inicia plazo.
story-reading = { $rule }: { $law }
story-reading-value = surte efecto el { $day }{ $last ->
        [none] {""}
       *[other] ; último día del plazo de { $term } días hábiles: { $last }
    }
story-citizen = Para el destinatario
story-citizen-value = se puede reclamar hasta el { $day } (la lectura más temprana)
story-citizen-no-term = cuenta desde el { $day } (la lectura más temprana)
story-agency = Para el organismo
story-agency-value = puede actuar como notificado desde el { $day } (la lectura más tardía)
story-computed = Las fechas se calculan desde el despacho, el lugar del organismo y el calendario { $calendar }; cualquiera puede calcularlas de nuevo. La entrega o la lectura no las mueven.
story-proofs = Qué prueba cada firma
story-proof-registrar = La oficina de registro prueba que este organismo tiene esta llave, y que el RUN del destinatario tenía esta cuenta y esta casilla cuando se le preguntó.
story-proof-device = El dispositivo del destinatario prueba que esta casilla y esta llave son suyas.
story-proof-agency = El organismo prueba qué escribió: la notificación nombra cada archivo por su huella.
story-proof-relay = El servidor prueba que exactamente estos bytes sellados estaban en esa casilla a esa hora. No podía leerlos.
story-proof-later = Los registros posteriores son la palabra de los dispositivos del destinatario: cuándo la abrieron.
story-not-reached = La notificación electrónica no es posible
story-exempt = Cuando el organismo preguntó, la oficina de registro respondió que esta persona está exenta: notifique por carta o en persona.
story-no-account = Cuando el organismo preguntó, la oficina de registro respondió que esta persona no tiene cuenta: notifique por carta o en persona.
story-digest = SHA-256 de la evidencia
story-qr = Código QR con el SHA-256 de la evidencia: { $digest }
story-page = Página { $n } de { $of }
story-check = Compruébelo sin confiar en nadie: lacre verify ARCHIVO --trust ARCHIVO
