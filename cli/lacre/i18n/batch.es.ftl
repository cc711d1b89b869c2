# Lotes: muchas notificaciones de una plantilla.

batch-line = { $id }  { $template } (versión { $version }), { $rows } filas: { $stage }
    { $sent } entregadas y probadas ({ $handed } recibidas por un programa de la persona), { $otherwise } por notificar de otro modo, { $waiting } pendientes, { $failed } que no se pueden escribir
batch-stage-reading = su tabla no se leyó hasta el final
batch-stage-drafted = preparado; no se ha enviado nada
batch-stage-sending = comenzado (lacre agency dispatch continúa)
batch-stage-done = despachado
batch-stage-cancelled = anulado; lo que no se entregó no se entrega
batch-cancelled-kept = Está anulado, y no se envía nada más de él. De { $rows } notificaciones el servidor puede tener algunas: pregunte de nuevo, lacre agency cancel { $id }
batch-none = Aquí no hay ningún lote todavía.
batch-before = Aún no: nada se entrega antes del { $at }.
batch-after = Su plazo terminó: { $rows } filas no se entregaron, y no se entregan. Prepárelas de nuevo.
batch-refused = El servidor no recibe ahora { $rows } de ellas: un límite del día, o de una persona. Quedan guardadas; continúe más tarde: lacre agency dispatch { $id }
batch-again = Lo guardado no se pierde ni se envía dos veces. Continúe: lacre agency dispatch { $id }
batch-ask-midnight = Puede que no termine antes del { $at }, y los plazos corren desde el día del despacho. Lo que no se entregue hasta entonces no se entrega. ¿Comenzar? (sí/no)
batch-progress = { $through } de { $rows }, { $rate } por segundo, quedan { $left }
batch-more = y { $more } más: --csv ARCHIVO las tiene todas
batch-table = Todas las filas: { $path }
batch-row = Fila { $row } (línea { $line } de la tabla), para { $run }, expediente { $case }
    { $procedure }
    { $subject }
    { $description }
batch-act = { $kind ->
        [start] Notificación de inicio de un procedimiento
        [inquiry] Notificación dentro de un procedimiento
        [end] Notificación de una resolución
        [personal] Comunicación personal
       *[communique] Comunicado
    }{ $term ->
        [none] , sin plazo
       *[other] , con plazo de { $term } días hábiles
    }
batch-row-what = { $answers ->
        [yes] Los programas de la persona pueden responder.
       *[no] Los programas de la persona no responden.
    }{ $standing ->
        [original] {""}
        [trial] { " " }Es una prueba: de ella no se sigue nada.
        [copy] { " " }Es copia de la notificación { $of }.
       *[corrects] { " " }Ocupa el lugar de la notificación { $of }.
    }
batch-row-uri = Dirección que contiene: { $uri }
batch-row-file = — { $name } ({ $media }, { $size }{ $here ->
        [yes] {""}
       *[no] ; NO VIENE EN ESTE ARCHIVO
    })
batch-reason-law = las notificaciones electrónicas no surten efecto para esta persona, por ley
batch-reason-legal-person = una persona jurídica
batch-reason-minor = una persona menor de edad
batch-reason-dead = la persona falleció
batch-reason-none = sin domicilio para notificaciones oficiales aquí
batch-reason-closed = el domicilio se cerró después de que respondió la oficina de registro
batch-drafted = Preparado: { $id }, { $rows } filas. { $electronic } llegan al programa de la persona; { $otherwise } van al mesón o por carta ({ $exempt } exentas, { $none } sin domicilio digital aquí).
    Despachado el { $day }, se entiende practicado el { $deemed }.{ $last ->
        [none] {""}
       *[other] { " " }El plazo termina el { $last }.
    }
    Unos { $disk } de evidencia. Entre el { $from } y el { $until }. No se ha enviado nada.
    Revíselo: lacre agency show { $id } --row 1. { $drafter ->
        [none] Envíelo: lacre agency dispatch { $id }
       *[other] Haga que lo aprueben: lacre agency package { $id } --to ARCHIVO
    }
batch-again-to-them = CUIDADO: { $rows } de estas filas dicen otra vez lo que se escribió a la misma persona en el mismo expediente con esta plantilla (lote { $id }). Quien la reciba dos veces queda notificado dos veces. Si no es lo que se quiere: lacre agency cancel; lo que estaba mal antes: lacre agency correct.
batch-corrects = Redactado: { $id }, { $rows } filas, cada una en lugar de una notificación de { $before }. Nada se envió.
    Véalo: lacre agency show { $id } --row 1. { $drafter ->
        [none] Envíelo: lacre agency dispatch { $id }
       *[other] Haga que lo aprueben: lacre agency package { $id } --to ARCHIVO
    }
batch-row-line = línea { $line }  { $run }  { $case }  { $state } { $reason }
batch-row-waiting = pendiente
batch-row-prepared = guardada; no se sabe si el servidor la tiene
batch-row-failed = no se puede escribir:
batch-row-otherwise = por notificar de otro modo:
batch-row-unproven = CUIDADO: entregada, pero lo que dio el servidor no se verifica; no cuente plazos desde ella
batch-row-informs = entregada y probada; no inicia ningún plazo
batch-row-notified = despachada el { $at }; se entiende notificada el { $deemed }, último día { $last }
error-no-batch = Aquí ningún lote se llama "{ $id }".
    .why = Se escriben al menos los primeros cuatro caracteres que muestra lacre agency batches, y no puede haber dos que empiecen así.
    .do = lacre agency batches
error-batch-ended = De este lote no se puede enviar nada más.
    .why = Está despachado, o fue anulado.
    .do = Véalo: lacre agency batches. Lo que falte se prepara de nuevo.
error-batch-no-row = El lote no tiene la fila { $row }.
    .why = Sus filas llevan los números 1 a { $rows }.
    .do = Elija una de ellas.
error-batch-row = La línea { $line } no se puede escribir.
    .why = { $why }
    .do = Corrija la tabla o devuelva el archivo a su lugar, y prepare el lote de nuevo.
error-correct-none = Ninguna fila de { $id } se puede corregir.
    .why = Ninguna de las indicadas se entregó y probó.
    .do = Vea en qué está cada una: lacre agency status { $id } --csv ARCHIVO
error-correct-no-row = El lote { $id } no tiene la fila { $row }: tiene { $rows }.
    .why = Las filas se cuentan desde 1, en el orden de la tabla. No se redactó nada.
    .do = Vea cuáles son: lacre agency status { $id } --csv ARCHIVO
error-batch-empty = La tabla no tiene filas.
    .why = Solo se encontró la primera línea, con los nombres de las columnas.
    .do = Agregue una fila por persona.
error-batch-long = La tabla tiene demasiadas filas.
    .why = Un lote tiene como máximo { $most }.
    .do = Divida la tabla en dos.
error-batch-times = El lote terminaría antes de comenzar, o ya terminó.
    .why = Se envía entre --at y --not-after; sin --not-after, hasta el fin de ese día donde está el organismo.
    .do = Elija otras horas.
error-batch-midnight = No se comenzó: puede que no termine antes del { $at }.
    .why = Los plazos corren desde el día del despacho; los de un mismo lote deberían correr todos desde el mismo.
    .do = Comience mañana con un lote nuevo, o diga que sí (--yes).
batch-table-wrong = { $path } no se puede usar así. No se preguntó ni se guardó nada:
error-batch-changed = { $path } cambió mientras se leía.
    .why = Estaba bien cuando se revisó, y ya no lo está.
    .do = Espere a que nadie la escriba, y prepare el lote de nuevo.
error-batch-files = Faltan archivos que nombran las filas.
    .why = Por línea: { $list }
    .do = Póngalos en la carpeta de la tabla, o corrija los nombres. No se guardó nada.
error-batch-addresses = A algunas personas solo se llega por carta o en el mesón, y sus filas no tienen dirección postal.
    .why = Líneas: { $list }
    .do = Agregue las columnas nombre, dirección y comuna; o --no-letters, si a todas se les entrega en el mesón.
error-batch-attachment = El adjunto { $name } ya no está en la carpeta de evidencia, o cambió.
    .why = Todas reciben exactamente el archivo que se revisó. De este bloque no se envió nada.
    .do = Devuélvalo desde una copia, o prepare el lote de nuevo.
body-stats = { $electronic } entregadas y probadas
    { $handed } de ellas recibidas por un programa de la persona, { $soon } en menos de 10 segundos
    { $known } abiertas, acusadas de recibo o contestadas por la persona
    Por notificar de otro modo: { $none } sin domicilio aquí, { $exempt } exentas, { $closed } cuyo domicilio se cerró entretanto o cuya respuesta se hizo vieja
error-list-which = Falta decir cuáles notificaciones.
    .why = Lo dice una de las opciones --run, --case y --code.
    .do = Agregue una de ellas; todas: lacre agency status
error-list-none = Con eso no se encuentra ninguna notificación enviada desde aquí.
    .why = Se buscó en lo que guarda este equipo.
    .do = Revise el RUN, el expediente o el código; todas: lacre agency status
