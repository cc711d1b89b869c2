### A quién no se puede notificar electrónicamente: lacre agency fallback.

## list
fallback-notice = { $id }  { $at }  { $run }  { $case }  { $subject }
fallback-state-open = PENDIENTE: esta persona no ha sido notificada
fallback-state-sent-since = cerrada: lo mismo se le entregó después por vía electrónica
fallback-state-trial = cerrada: era un ensayo y no produce ningún efecto
fallback-state-dead = cerrada: la persona murió y a nadie se notifica; si hay que notificar a sus herederos lo decide su unidad jurídica
fallback-state-done = hecha, según la palabra del propio organismo
fallback-waits = hay un registro guardado que el servidor quizás no tiene: lacre agency resume
fallback-kept = CUIDADO: de todos modos quedó registrado aquí, y llega al servidor con el próximo lacre agency resume o record. Cuenta desde que lo registró, y no se retira.
fallback-done-nothing = Registrado: nada
fallback-done-posted = Registrado: se envió una carta; la oficina de correos aún no la recibe y por ley no se sigue nada
fallback-done-received = Registrado: la oficina de correos recibió la carta
fallback-done-returned = Registrado: la carta volvió; por ley no se sigue nada
fallback-done-handed-over = Registrado: se entregó en el mesón
fallback-effect = Según la palabra del propio organismo, practicada el { $day } ({ $rule }){ $last ->
        [none] {""}
       *[other] ; último día del plazo: { $last }
    }
fallback-rows-left = Del lote { $id }, { $rows } filas no tienen notificación ni la tendrán: no se pueden escribir, o terminó antes. Vea lacre agency status { $id } --csv ARCHIVO
fallback-open = { $all ->
    [0] A todas las personas se llegó por vía electrónica.
   *[other] { $open } de { $all } están pendientes.
}
fallback-why-law = Motivo: eximida por ley; la notificación electrónica no produce efecto para esta persona
fallback-why-legal-person = Motivo: persona jurídica; aquí ninguna cuenta puede ser su domicilio
fallback-why-minor = Motivo: menor de edad; aquí ninguna cuenta puede ser su domicilio
fallback-why-dead = Motivo: la oficina de registro sabe que esta persona murió
fallback-why-no-account = Motivo: no ha designado aquí un domicilio, está en pausa o se fue
fallback-why-closed = Motivo: el domicilio se cerró entre la respuesta de la oficina de registro y el despacho
fallback-why-too-late = Motivo: no se entregó dentro de una hora desde la respuesta de la oficina de registro; nadie dice que no se pueda llegar a esta persona
fallback-route = Vía: { $ways } ({ $law })
fallback-route-counter = entregar en el mesón: se practica en el acto, con fecha y hora
fallback-route-letter = carta certificada: se practica al tercer día hábil siguiente a su recepción en la oficina de correos
fallback-route-representative = Vía: a quien represente por ley a esta persona, por carta o en el mesón. Quién es y qué pide la ley, este programa no lo sabe: pregunte a su unidad jurídica antes de imprimir
fallback-route-nobody = Vía: ninguna. Notificar a una persona muerta no produce efecto; si hay que notificar a sus herederos lo decide su unidad jurídica
fallback-route-send-again = Vía: enviarla de nuevo, por vía electrónica: lacre agency send

## print
print-left = { $id }  no se imprime: { $why }
print-left-dead = notificar a una persona muerta no produce efecto; pregunte a su unidad jurídica
print-left-not-kept = solo se guardó la respuesta de la oficina de registro, no lo que dice: envíela de nuevo
print-left-reachable = a esta persona ya se puede llegar por vía electrónica: lacre agency send
print-progress-read = Se leen las cartas: { $n } de { $of }
print-progress-made = Se hacen las cartas: { $n } de { $of }
print-title = { $count } cartas
print-beside = Hay { $count } archivos que imprimir aparte; cada carta nombra los suyos.
print-without-address = { $count } no tienen dirección postal: son copias para el mesón. Las direcciones se dan con --address o --to-address.
print-record = Imprimir no notifica a nadie. Registre lo que se haga: lacre agency fallback record
letter-why-exempt = Recibe esto en papel porque la ley le exime de la notificación electrónica.
letter-why-no-account = Recibe esto en papel porque no ha designado un domicilio para notificaciones oficiales.
letter-why-other = Esta notificación va en papel porque su destinatario no tiene domicilio electrónico. Va a quien lo represente por ley.
letter-way-letter = CARTA CERTIFICADA
letter-way-counter = PARA ENTREGAR EN EL MESÓN
letter-run = RUN { $run }
letter-case = Expediente
letter-procedure = Procedimiento
letter-day = Fecha
letter-code = Código
letter-qr = Código QR con el código de transacción { $code }
letter-uris = También en
letter-beside = Acompaña a esta carta
letter-effect = Desde cuándo cuenta
letter-effect-letter = Por ley esta notificación se entiende practicada al tercer día hábil siguiente a su recepción en la oficina de correos (Ley 19.880, art. 46).
letter-effect-counter = Por ley esta notificación se practica en el acto, cuando se le entrega en persona (Ley 19.880, art. 46).
letter-term = Desde entonces corre un plazo de { $days } días hábiles.
letter-informs = Esta carta le informa. No inicia un plazo.

## record
record-columns = notificación, qué (entregada, enviada, recibida, devuelta); además referencia, cuándo, funcionario, digitalizado
address-columns = notificación (o RUN), dirección
fallback-recorded = { $id }  { $state }. El servidor tiene el registro desde { $at }.
fallback-recorded-before = { $id }  Eso ya estaba registrado, como hecho el { $at }; no se hizo nada. { $state }.
fallback-wrong-row = Línea { $line }: { $why }
fallback-own-word = Esta es la palabra del propio organismo. Nadie más la firmó, y ninguna pantalla la llama probada.
fallback-finished = { $count ->
    [one] Un registro interrumpido ya está en el servidor.
   *[other] { $count } registros interrumpidos ya están en el servidor.
}

## errors
error-fallback-reached = { $id } no está entre aquellos a quienes no se puede llegar por vía electrónica.
    .why = Solo se imprime y se registra para quien no se notificó por vía electrónica; esa se envió, o sigue en camino.
    .do = Vea quiénes son: lacre agency fallback list
error-fallback-not-kept = De esta notificación solo se guardó la respuesta de la oficina de registro.
    .why = Se intentó con un programa anterior, o el archivo de su prueba se repuso desde una copia antigua.
    .do = Envíela de nuevo: lacre agency send
error-address = La dirección de la línea { $line } no cabe en la ventana (línea 0: la de la orden).
    .why = Tiene de una a seis líneas de hasta 60 caracteres, con | entre ellas.
    .do = Acórtela e imprima de nuevo.
error-fallback-columns = { $name } no tiene las columnas necesarias.
    .why = Se necesitan: { $columns }
    .do = Nómbrelas en la primera línea e intente de nuevo.
error-fallback-table = { $path } no se puede leer como tabla.
    .why = { $why }
    .do = Corrija el archivo y repita la orden. No se imprimió ni se registró nada de él.
error-record-reference = ¿Cuál carta?
    .why = No se ha registrado el envío de ninguna, o hay varias.
    .do = Indique su referencia: --ref REF; para una carta que se envía ahora, --posted REF.
error-record-scan = { $path } no puede ser el papel digitalizado.
    .why = Está vacío o tiene más de 20 MiB.
    .do = Digitalícelo con menos colores y registre de nuevo. No se registró nada.
error-record-time = { $at } no es un momento.
    .why = Se necesita un día (2026-07-06), una hora del lugar del organismo (2026-07-06T14:00) o un instante (2026-07-06T18:00:00Z).
    .do = Escríbalo así y registre de nuevo. No se registró nada.
error-record-what = «{ $what }» no se puede registrar.
    .why = Es entregada, enviada, recibida o devuelta (handed-over, posted, received, returned).
    .do = Corrija la línea y entregue la tabla de nuevo: lo registrado no se registra dos veces.
error-record-again = Eso ya está registrado.
    .why = Cada paso se registra una vez, y lo registrado no se retira.
    .do = Véalo: lacre agency fallback list
error-record-other-day = Eso ya está registrado, con otro día: { $at }.
    .why = Cada paso se registra una vez. El servidor dio recibo de ese registro, y lo registrado no se cambia.
    .do = Véalo: lacre agency fallback list. No se registró nada. Si el día registrado está mal, déjelo dicho en el expediente; una carta que se envió de nuevo tiene su propia referencia.
error-record-not-posted = No se registró el envío de una carta con esta referencia.
    .why = Su envío se registra primero.
    .do = Regístrelo: lacre agency fallback record ID --posted REF. No se registró nada.
error-record-before-posting = Eso es anterior al envío de la carta.
    .why = Una carta se recibe, o vuelve, después de enviada.
    .do = Revise el día: --at, --received. No se registró nada.
error-record-early = La notificación se hizo el { $at }, y esto es anterior.
    .why = Nada se entrega ni se envía antes de hacerse.
    .do = Revise el día: --at, --received. No se registró nada.
error-record-later = Eso es posterior a este momento.
    .why = Solo se registra lo que ya se hizo.
    .do = Revise el día: --at, --received. No se registró nada.
