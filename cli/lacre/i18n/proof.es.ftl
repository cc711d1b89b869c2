### El reloj legal, el calendario y el verificador de evidencia.

help-clock = Desde cuándo cuenta una notificación y cuándo termina un plazo
    .dispatch = Instante del despacho, como 2026-07-06T14:00:00Z
    .zone = Zona del organismo: America/Santiago, America/Coyhaique, America/Punta_Arenas, Pacific/Easter
    .comuna = Código de la comuna del organismo, cinco dígitos, por los feriados regionales
    .rule = CL-46-2026, CL-D4-27, CL-letter o CL-counter (CL-46-2026)
    .term = Días hábiles del plazo
    .more = No necesita servidor, perfil ni red.
help-calendar = Muestra los feriados legales de un año
    .year = El año
    .comuna = Código de una comuna, cinco dígitos: agrega sus feriados regionales
help-verify = Verifica la evidencia de una notificación, sin red
    .file = La evidencia
    .trust = Archivo con las llaves en que usted confía; obténgalo por otra vía que la evidencia
    .head = La palabra del servidor sobre lo que había en la casilla ("lacre notice proof"): ¿retuvo la notificación?
    .explain = Cuenta quién envió qué a quién, cuándo, y qué se sigue por ley
    .etsi = Escribe los registros ETSI EN 319 522 en este archivo, como JSON
    .pdf = Escribe un informe de la comprobación para el expediente, en PDF
    .put-back = Un archivo que se dejó fuera de la evidencia, por su número: --file 1=anexo.pdf
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
       *[other] , y el { $last } es el último día del plazo
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

error-proof-no-such-file = No se comprobó nada.
    .why = La notificación no tiene un archivo número { $n }.
    .do = Vea los números con --explain: 0 es el cuerpo, 1 el primer anexo.
error-proof-file-there = No se comprobó nada.
    .why = El archivo { $n } ya está en la evidencia, o se nombró dos veces.
    .do = Omita --file { $n }=…
error-proof-other-file = No se comprobó nada.
    .why = { $file } no es el archivo { $n } de la notificación: su largo o su SHA-256 es otro. Eso no dice nada de la evidencia.
    .do = Consiga el archivo que firmó el remitente, u omítalo.
error-proof-heads = No se escribió nada.
    .why = El archivo tiene la palabra de un servidor sobre lo que había en casillas, y no evidencia de una notificación.
    .do = Quite las otras opciones, o nombre la evidencia y entregue este archivo con --head.
error-proof-conversation = No se escribió nada.
    .why = Es una conversación exportada: no lleva certificado de notificación.
    .do = Revísela sin --pdf, --etsi ni --file.
export-checked = conversación exportada. Mensajes firmados por quien dice: { $signed }; de ellos, con recibo del servidor: { $receipts }.
export-fault-missing = no lleva firma
export-fault-account = sus llaves no son las que la oficina de registro dio a ese nombre
export-fault-signature = la firma no es de esa persona
export-fault-shown = lo que se muestra no es lo que se firmó
export-fault-receipt = el recibo no es del servidor, o es de otro mensaje
export-fault-time = una hora que se muestra no es la que se firmó
export-fault-place = se dijo en otra conversación, está dos veces, o fuera de su orden
export-lack-first = fue editado: nada prueba cuándo se escribió primero, ni a qué responde
export-lack-time = nada prueba cuándo lo guardó el servidor: no hay recibo
export-lack-group = se dijo en otro grupo: nada prueba que la conversación siguió allí
export-lack-words = una línea que ningún miembro firmó, con palabras de alguien
export-lack-others = lleva al lado reacciones o avisos de que llegó: nada los prueba
export-lack-name = nada prueba de quién es este nombre
export-lack-nothing = nada en este archivo está firmado
export-not-checked = Se revisó de cada mensaje: quién escribió qué, en respuesta a qué, cuándo según su propio reloj; donde hay recibo, cuándo lo guardó el servidor, y el orden. No se revisó: si faltan mensajes, las líneas que ningún miembro escribió (quién entró, salió o cambió algo), quién más es miembro, ni el nombre del grupo.
verdict-valid = VALID: concuerda, y está firmada con llaves en que usted confía.
verdict-invalid = INVALID: { $why } ({ $code }, en { $part }).
verdict-incomplete = INCOMPLETE: { $why } ({ $code }: { $what }).
heads-valid = VALID: un servidor de confianza dijo lo que había en estas casillas.
heads-box =
    Casilla { $channel } de { $relay }: a las { $time } el servidor { $count ->
        [0] no había recibido nada
        [one] había recibido una entrada
       *[other] había recibido { $count } entradas
    } en ella, lo mismo desde { $same }; { $notes ->
        [one] una palabra
       *[other] { $notes } palabras, la primera de { $first }
    }.
head-proves-nothing = El archivo con la palabra del servidor no prueba nada: { $why } ({ $code }).
head-says-nothing = La palabra del servidor no dice nada de esta evidencia.
head-says-withheld = A las { $time } el servidor firmó que esta entrada no está en la casilla, después de firmar un recibo por ella.
head-says-holds = A las { $time } el servidor confirmó que esta entrada estaba en la casilla.
head-says-other-casilla = La palabra del servidor es sobre otra casilla u otro servidor, y no dice nada de esta notificación.
head-says-other-store = La palabra del servidor es de otro almacén suyo, de antes o después de una restauración, y no dice nada de esta notificación.
head-says-other-time = Ninguna palabra del servidor es de entre un minuto y dos años después del recibo: no dicen nada de esta notificación.
head-says-no-list = La lista de entradas no está en el archivo: la palabra del servidor no dice nada de esta notificación.
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
fault-approval = una aprobación no es de un funcionario habilitado, es de otro lote, o la notificación nombra otras
fault-approval-row = no es lo que aprobaron los funcionarios, o se hizo en otro momento que el aprobado
fault-approval-few = la aprobaron menos funcionarios de los que requieren tantas notificaciones
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
fault-reply = una respuesta, o el recibo de un registro, no es de esta notificación, o no es la que el servidor firmó que recibió
fault-withheld = el servidor firmó el recibo de esta notificación y después que no está en la casilla: se contradice a sí mismo
fault-ids = la lista de entradas no es la que firmó el servidor
fault-contradiction = el servidor dice que recibió la notificación y también que la rechazó o la perdió
lack-version = es de otra versión del formato: con la versión 1 nunca se envió nada, y una posterior necesita un programa más nuevo
lack-missing = falta una parte
lack-rule-unknown = este programa no tiene esa regla o ese calendario
lack-calendar-range = el calendario no llega tan lejos
lack-reserved = tiene algo que este programa todavía no puede revisar
lack-ledger = su archivo de confianza exige una prueba del registro público
lack-trust = nadie ha dicho en quién confiar (--trust)

## lo que prueba una evidencia, contado
title-notice = Comprobación de una notificación electrónica
title-communication = Comprobación de una comunicación personal electrónica
title-communique = Comprobación de un comunicado electrónico
title-exempt = Comprobación de una respuesta de la oficina de registro: persona exenta de notificación electrónica
title-no-account = Comprobación de una respuesta de la oficina de registro: persona sin cuenta para notificaciones
approved-by-nobody = No consta que alguien la haya aprobado: la hizo quien tenía la llave del organismo, y nadie más.
approved-by = { $n ->
        [one] Aprobada por el funcionario o la funcionaria { $who }
       *[other] Aprobada por los funcionarios { $who }
    }, como una de { $rows ->
        [one] { $rows } notificación
       *[other] { $rows } notificaciones
    }; { $drafter ->
        [none] la redactó quien tenía la llave del organismo, y nadie firmó por ello.
       *[other] redactada por { $drafter }. Quiénes son lo dice el registrador.
    }
warning-left-out = { $n ->
        [one] El archivo { $numbers } no está en la evidencia: nada muestra aquí que el servidor lo recibió. Agréguelo para comprobarlo: --file NÚMERO=RUTA.
       *[other] Los archivos { $numbers } no están en la evidencia: nada muestra aquí que el servidor los recibió. Agréguelos para comprobarlos: --file NÚMERO=RUTA.
    }
warning-against = { $n ->
        [one] Un registro contradice la entrega, o dice que algo falló o siguió otra vía.
       *[other] { $n } registros contradicen la entrega, o dicen que algo falló o siguió otra vía.
    }
instant = { $day }, { $time } en { $zone } = { $utc }
long-date = { $weekday } { $day } de { $month } de { $year }
long-weekdays = —
    .n1 = lunes
    .n2 = martes
    .n3 = miércoles
    .n4 = jueves
    .n5 = viernes
    .n6 = sábado
    .n7 = domingo
long-months = —
    .n1 = enero
    .n2 = febrero
    .n3 = marzo
    .n4 = abril
    .n5 = mayo
    .n6 = junio
    .n7 = julio
    .n8 = agosto
    .n9 = septiembre
    .n10 = octubre
    .n11 = noviembre
    .n12 = diciembre
story-attention = Atención
story-who = Quién, a quién
story-from = Remitente
story-code = Código del remitente
story-place = Lugar del remitente
story-place-value = { $zone }, { $comuna ->
        [none] sin comuna: solo feriados nacionales
       *[other] comuna { $comuna }: cuentan también sus feriados regionales
    }
story-to = Destinatario (RUN)
story-what = Qué
story-notice = Notificación
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
story-file = Archivo { $n }
story-file-what = qué se sabe de él
story-file-value = { $state ->
        [here] está en la evidencia, y es el que recibió el servidor
        [put-back] agregado para esta comprobación (--file { $n }=…), y es el que recibió el servidor
       *[left-out] NO está en la evidencia: no está comprobado mientras no se agregue (--file { $n }=RUTA)
    }; { $len } bytes, SHA-256 { $hash }
story-uri = Dirección
story-when = Cuándo
story-asked = La oficina de registro respondió que el destinatario tiene cuenta
story-made = Firmada por el remitente, según su propio reloj
story-sent = Recibida por el servidor en la casilla del destinatario (despacho)
story-transaction = Código de transacción
story-alert-none = Ningún registro dice que se envió un aviso de cortesía, ni que alguno falló.
story-opened-none = Ningún registro dice que la notificación se abrió o se entregó en mano.
story-law = Qué se sigue por ley
story-standing = Junto a otras
story-standing-copy = una copia de la notificación cuya nota tiene el resumen { $notice }
story-standing-corrects = corrige la notificación cuya nota tiene el resumen { $notice }, y tiene fechas propias
story-standing-trial = un ensayo: de él no se sigue nada
story-no-term-trial = Es un ensayo: de él no se sigue nada.
story-no-term-copy = Es una copia: no inicia un plazo. Las fechas son las de su original, que prueba su propia evidencia.
story-no-term = Este tipo de acto informa; no inicia plazo.
story-register = Todo esto vale si la dirección del destinatario tiene efecto legal: eso consta en el registro de domicilios digitales, no en esta evidencia.
story-counted-from = Día del despacho, no se cuenta
story-reading = Lectura { $rule } ({ $law })
story-reading-value = surte efecto el { $day }{ $last ->
        [none] {""}
       *[other] ; el plazo de { $term } días hábiles que indica el remitente termina el { $last }
    }
story-skipped = Feriado legal, no se cuenta
story-skipped-value = { $day }: { $name } ({ $law })
story-skipped-none = ninguno; tampoco se cuentan sábados ni domingos
story-citizen = Seguro para el destinatario
story-citizen-value = tomar el { $day } por último día del plazo (la lectura más temprana)
story-citizen-no-term = contar desde el { $day } (la lectura más temprana)
story-citizen-known = Ese día cuenta desde que la persona respondió, acusó recibo, la rechazó o se le entregó en el mesón: puede mostrar que ya conocía el acto (Ley 19.880, art. 47). Sin contarlo sería el { $day }.
story-agency = Seguro para el remitente
story-agency-value = tener la notificación por hecha desde el { $day } (la lectura más tardía)
story-computed = Nadie firma estas fechas. Se calculan desde el despacho, el lugar del remitente, las reglas y el calendario que se nombran más abajo, y cualquiera puede calcularlas de nuevo (lacre clock). Que la notificación se haya abierto no las mueve. Qué recurso procede, y en qué plazo, lo dicen la ley y el acto mismo.
story-records = Registros en la evidencia
story-records-cut = Cada uno es la palabra de quien lo emite. Los eligió quien hizo la evidencia: puede haber otros que no están aquí.
story-replies = Respuestas de la persona
story-replies-word = Un dispositivo de la persona firmó cada texto; el servidor firmó cuándo recibió, sin poder leerlo, lo que lo contiene. Puede haber otras que no están aquí.
story-reply = Respuesta { $n }
story-reply-when = recibida por el servidor
story-reply-term = plazo
story-reply-term-value = { $within ->
    [all] dentro del plazo según toda lectura de la ley
    [longest] dentro del plazo solo según la lectura más larga
   *[late] después de terminado el plazo
}
story-reply-text = texto
story-reply-digest = SHA-256 del texto
story-reply-file = archivo
story-reply-file-value = { $name }, { $len } bytes, SHA-256 { $hash }
record = Registro { $n }
record-what = { $what } ({ $event })
record-when = hora
record-issuer = lo dice
record-reason = motivo
record-reference = referencia
record-parties = nombra
record-parties-value = de { $sender }, a { $recipient }
record-id = su número
issuer-relay = el servidor { $address }
issuer-device = el dispositivo { $device } de la cuenta del destinatario
issuer-agency = el mismo remitente { $code }
issuer-officer = una persona que trabaja para el remitente { $code }, con la llave del remitente: { $name }
issuer-gateway = la pasarela de avisos: { $name }
party-agency = { $code }
party-account = cuenta { $id }
party-channel = casilla { $id }
party-unknown = alguien que no conoce
event-submission-acceptance = el servidor recibió la notificación sellada en la casilla del destinatario
event-submission-rejection = el servidor rechazó la notificación sellada
event-relay-acceptance = otro servidor la recibió
event-relay-rejection = otro servidor la rechazó
event-relay-failure = no se pudo entregar a otro servidor
event-consignment-acceptance = el destinatario acepta la entrega (en Chile eso solo no inicia un plazo; puede mostrar que para entonces conocía el acto, Ley 19.880 art. 47)
event-consignment-rejection = el destinatario rechaza la entrega (sin efecto legal en Chile)
event-alert-sent = se envió un aviso de cortesía
event-alert-failed = no se pudo enviar un aviso de cortesía
event-alert-arrived = llegó un aviso de cortesía
event-alert-opened = se abrió un aviso de cortesía
event-opened = la notificación se abrió en un dispositivo de la cuenta del destinatario
event-handed-over = un dispositivo de la cuenta del destinatario recogió la notificación y pudo abrirla
event-handed-over-in-person = la notificación se entregó en mano, en un mesón
event-does-not-open = un dispositivo de la cuenta del destinatario no pudo abrirla, o no corresponde
event-letter-sent = se envió por carta en su lugar
event-letter-failed = la carta no se pudo entregar
event-paper-came = algo volvió en papel
event-unsigned = un evento que nadie firma
reason-not-permitted = la casilla es desconocida, o no valía el permiso para escribir en ella
reason-over-limit = un límite del servidor
reason-outage = un sistema no funcionaba
reason-does-not-open = no se abre con la llave del destinatario
reason-does-not-match = no es lo que dice la notificación
reason-no-alert-address = no hay dirección para avisos
reason-alert-refused = quien lleva el aviso lo rechazó
reason-person-refuses = el destinatario no la quiere
reason-not-me = es para otra persona
reason-in-person = en persona, en un mesón
reason-post-office = la oficina de correos que entrega recibió la carta
reason-letter-returned = el correo devolvió la carta
story-proofs = De quién es la palabra en cada cosa
story-proof-registrar = La oficina de registro dice que este remitente tiene esta llave, y que este RUN tenía esta cuenta y esta casilla cuando se le preguntó.
story-proof-device = Un dispositivo de esa cuenta dice que esta casilla y su llave son del destinatario.
story-proof-agency = El remitente dice qué escribió, y nombra cada archivo por su huella.
story-proof-relay = El servidor dice que recibió exactamente este sobre sellado en esa casilla en ese instante, según su reloj. No podía leerlo.
story-proof-later = Los demás registros son la palabra de quien emite cada uno, como se muestra.
story-limits = Lo que esto no muestra
story-limit-read = Que una persona leyó la notificación: ninguna firma puede decirlo.
story-limit-later = Que nada ocurrió después: pueden faltar registros posteriores, y puede haber rechazos, fallas o correcciones en otra parte.
story-limit-answer = Qué ocurrió después de la respuesta de la oficina de registro.
story-limit-clock = Que los relojes de quienes firman estaban a la hora: en esta versión no hay un registro público.
story-limit-unsigned = Este informe no lo firma nadie y por sí solo no prueba nada: la prueba es el archivo de evidencia, y cualquiera puede comprobarlo de nuevo.
story-not-reached = La notificación electrónica no es posible
story-exempt = Cuando el remitente preguntó, la oficina de registro respondió que esta persona está exenta: notifique por carta o en persona.
story-no-account = Cuando el remitente preguntó, la oficina de registro respondió que esta persona no tiene cuenta: notifique por carta o en persona.
story-answered = La oficina de registro respondió
story-answer-id = Número de la respuesta
story-trusted = Llaves en que todo esto descansa
story-trust-file = SHA-256 del archivo de confianza
story-trust-none = Nadie ha dicho en quién confiar: las llaves de la oficina de registro y del servidor son las que la misma evidencia afirma.
trusted-key = { $office ->
        [registrar] Llave de la oficina de registro
        [relay] Llave del servidor
       *[gateway] Llave de la pasarela de avisos
    }
story-agency-key = Llave del remitente
story-agency-from = vale desde
story-agency-until = vale hasta
story-certificate = Huella de su certificado
story-account = Cuenta del destinatario
story-rule = Regla, SHA-256
story-calendar = Calendario, SHA-256
story-steps = Cómo repetir esta comprobación
story-checked = Comprobado, según el reloj de este equipo
story-program = Programa: lacre
story-digest = SHA-256 de la evidencia
story-step-keys = 1. Obtenga las llaves de la oficina de registro y del servidor de quienes responden por ellas, no junto con la evidencia, y compárelas con las de arriba.
story-step-file = 2. Calcule el SHA-256 del archivo de evidencia (sha256sum ARCHIVO): es el de arriba.
story-step-path = RUTA
story-step-run = 3. Ejecute, sin red: lacre verify ARCHIVO --trust ARCHIVO-DE-CONFIANZA --explain{ $back }
story-step-other = 4. O deje que lo haga otro programa: el formato es público (audit/FORMAT.md), y cualquiera puede escribir un verificador.
story-qr = Código QR con el SHA-256 de la evidencia: { $digest }
story-page = Página { $n } de { $of }
story-verdict = { $warnings ->
        [0] Resultado: VALID. La evidencia está completa y concuerda, y sus firmas son de las llaves que se nombran más abajo.
       *[other] Resultado: VALID, con advertencias: vea «Atención». La evidencia concuerda, y sus firmas son de las llaves que se nombran más abajo.
    }
story-letters = Las letras que no tienen las fuentes de este informe se escriben con su número Unicode: \u{"{"}…{"}"}.

## a quien no se llega por vía electrónica
story-paper = Lo que el remitente dice que se hizo en su lugar
story-paper-word = Todo esto es palabra del propio remitente: sus funcionarios firman con su llave, y nada de ello lo firma el destinatario. El recibo del servidor muestra que un registro no es posterior al recibo.
story-paper-none = No hay nada registrado: ni una entrega en el mesón ni una carta.
story-paper-receipt = el servidor tiene este registro desde
story-paper-late = El registro { $n } llegó al servidor más de un día hábil después de lo que dice que ocurrió.
story-paper-effect = Por { $rule } ({ $law }), desde el registro { $n }
story-paper-own-word = Estas fechas se siguen de la palabra del propio remitente. Están calculadas, no probadas.
story-paper-computed = Nadie firma estas fechas. Se calculan con los registros, el lugar del remitente, las reglas y el calendario, y cualquiera puede calcularlas de nuevo (lacre clock).
story-paper-nothing = Todavía no se sigue nada: ningún registro dice que se entregó en el mesón, o que la oficina de correos recibió una carta que no haya vuelto.
story-paper-dead = No se sigue nada: la oficina de registro respondió que esta persona murió.
story-paper-file = { $state ->
        [here] está en la evidencia, y es el que firmó el remitente
       *[left-out] NO está en la evidencia: sus huellas son solo palabra del remitente
    }; { $len } bytes, SHA-256 { $hash }
story-limit-paper = Que algo se haya entregado, enviado por correo o recibido: solo lo dice el remitente.
warning-paper-left-out = { $n ->
        [one] El archivo { $numbers } no está en la evidencia: su huella es solo palabra del remitente.
       *[other] Los archivos { $numbers } no están en la evidencia: sus huellas son solo palabra del remitente.
    }
warning-paper-against = { $n ->
        [one] Un registro dice que una carta volvió, que no se pudo enviar, o que llegó algo en papel.
       *[other] { $n } registros dicen que una carta volvió, que no se pudo enviar, o que llegó algo en papel.
    }
warning-paper-late = { $n ->
        [one] Un registro llegó al servidor más de un día hábil después de lo que dice que ocurrió.
       *[other] { $n } registros llegaron al servidor más de un día hábil después de lo que dicen que ocurrió.
    }
