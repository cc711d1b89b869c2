### La demostración: lo que cuenta, lo que escriben las personas de ejemplo, y lo que se comprueba (.claim).

demo-title =
    LACRE EN UN MINUTO
    Cuatro personas de ejemplo se escriben por un servidor que no puede leer nada.
demo-relay = El servidor se enciende
demo-relay-runs = lacre-relay corre en este equipo, puerto { $port }. No tiene ninguna llave para leer.
demo-enrol = Se inscriben cuatro personas, cada una con su invitación
demo-enrolled = { $name } es { $handle }   RUN { $run } (de ejemplo)
demo-two = Ana y Bruno se escriben
demo-quote = { $who }: { $text }
demo-claim-two = Cada uno leyó lo que escribió el otro, letra por letra
    .claim = Ana y Bruno leen los mismos textos.
demo-daily = Lo de todos los días
demo-claim-changes = Ana corrige un mensaje; Bruno le pone un signo y responde: ambos ven lo mismo
    .claim = Ambos ven la corrección, el signo y la respuesta.
demo-claim-found = Bruno encuentra ese mensaje al buscar sus palabras en mayúsculas
    .claim = La búsqueda encuentra el mensaje, y solo ese.
demo-claim-harmless = Ana pone una segunda frase: quien la obligue a abrir su perfil ve uno vacío, del mismo archivo
    .claim = La segunda frase abre un perfil en el que no hay nada de Ana.
demo-claim-receipts = Ana ve que el mensaje llegó (✓), y que fue leído (✓✓) porque Bruno quiso mostrarlo
    .claim = Ana ve que el mensaje llegó, y que fue leído cuando Bruno lo permite.
demo-claim-gone = Un mensaje que dura un segundo ya no está en ningún perfil
    .claim = De un mensaje que desaparece no queda nada en los perfiles.
demo-claim-safety = Leen en voz alta las mismas doce palabras: nadie puso otras llaves en medio
    .claim = Ana y Bruno leen el mismo número de seguridad.
demo-group = Un grupo de cuatro comparte archivos
demo-group-made = Ana crea el grupo «{ $name }» con Bruno, Carla y Diego.
demo-group-name = Mesa de obras, ejemplo
demo-file-names = { $names }
demo-claim-files = { $count } archivos ({ $size }) llegaron a los cuatro, iguales hasta el último byte
    .claim = Los cuatro reciben cada archivo igual hasta el último byte.
demo-cut = Se corta la luz en la mitad
demo-claim-killed = (muerte)
    .claim = El servidor muere mientras hay mensajes en camino.
demo-cut-dead = Ana envía { $total } mensajes; el servidor muere de golpe. { $acknowledged } estaban guardados, { $waiting } esperan.
demo-cut-back = El servidor vuelve a encenderse.
demo-claim-cut = Los { $total } llegaron a todos: ninguno perdido, ninguno dos veces, en orden
    .claim = Todos los mensajes llegan una vez y en orden.
demo-removal = Diego sale del grupo
demo-claim-after = Ana, Bruno y Carla siguen conversando
    .claim = Quienes quedan en el grupo leen lo que sigue.
demo-claim-removed = A Diego no le llega nada de lo que sigue
    .claim = A quien salió no le llega nada de lo que sigue.
demo-apart = Dejar en paz, perder y probar
demo-claim-blocked = Ana bloquea a Diego: lo que él escribe no llega a ninguna fila de su perfil, y a él nadie le avisa
    .claim = Nada de lo que escribe una persona bloqueada llega al perfil, y no se le avisa.
demo-lost = { $handle } pierde el teléfono y recibe un código nuevo de la oficina de registro.
demo-claim-thief = El teléfono lo tiene ahora otra persona, y escribe como Elena: el programa de Ana le preguntó antes al servidor; no lo muestra ni le envía nada
    .claim = Ana no lee nada del teléfono robado, ni le llega nada de ella.
demo-claim-warned = Ana ve el aviso de que la cuenta y sus llaves son nuevas; mientras no acepte, nada sale hacia ella
    .claim = Ana ve el aviso de la cuenta nueva, y nada sale hacia ella antes de que acepte.
demo-claim-back = Ana acepta, y siguen escribiéndose
    .claim = Después de aceptar, ambas se escriben otra vez.
demo-claim-evidence = Ana guarda { $count } mensajes con Bruno como prueba: cada uno lleva la firma de quien lo escribió, y el último también el recibo del servidor
    .claim = Cada mensaje de la prueba lleva una firma correcta, y el último también un recibo.
demo-claim-evidence-canary = La misma revisión rechaza cada uno con una letra más
    .claim = La revisión rechaza un mensaje cambiado.
demo-notices = Un organismo público notifica a tres de ellos
demo-body-name = Municipalidad de Ejemplo
demo-designated = Ana, Bruno y Carla dicen que las notificaciones oficiales les llegan aquí: los plazos corren las lean o no.
demo-notice-procedure = Permiso de ejemplo
demo-notice-subject = Se resolvió su solicitud (ejemplo)
demo-notice-description = Pone término al procedimiento. Puede recurrir dentro de cinco días hábiles.
demo-notice-text = Resolución (ejemplo): se acoge la solicitud.
demo-appeal = Recurro en contra del segundo párrafo. (ejemplo)
demo-claim-sent = El organismo envía una notificación, y su prueba es válida de inmediato
    .claim = Una notificación enviada tiene una prueba válida.
demo-claim-resumed = El servidor murió mientras una segunda iba en camino: los mismos bytes salieron otra vez, y llegó una sola vez
demo-claim-paused = Carla hizo una pausa un segundo antes: nada se envía al vacío, se le dice al organismo que la notifique por otra vía
    .claim = A quien hizo una pausa no se le notifica.
demo-claim-genuine = El programa de Ana sabe que la notificación es auténtica y hasta cuándo puede responder
    .claim = Una notificación se comprueba antes de mostrarla, y tiene sus fechas.
demo-claim-appeal = Bruno recurre; el recibo del servidor dice cuándo, diga lo que diga otro
    .claim = Una respuesta tiene el recibo del servidor.
demo-claim-told = El organismo tiene el acuse de Ana y el recurso de Bruno, verificados
    .claim = Lo que los equipos responden llega al organismo y se puede verificar.
demo-claim-valid = La prueba se revisa sin servidor y sin perfil: VALID
    .claim = La prueba se verifica por sí sola.
demo-claim-changed = Cada una de sus partes, cambiada en un lugar y vuelta a cerrar, es rechazada por su nombre
    .claim = Ninguna parte de la prueba puede ser otra.
error-demo-body = El organismo público de la historia no pudo seguir.
    .why = { $why }
    .do = Repita la demostración; si pasa dos veces, avísenos.
demo-batch = Veinte notificaciones desde una tabla, y cuatro ojos
demo-batch-subject = Resolución para ((nombre)) (ejemplo)
demo-batch-text =
    # Resolución (ejemplo)

    Estimada persona ((nombre)):

    se acoge su solicitud. Puede reponer dentro de cinco días hábiles.
demo-claim-roles = Tres funcionarios tienen cuentas de función; dos administradores firmaron quién redacta y quién aprueba (uno solo no bastó)
    .claim = Una lista de funciones rige cuando la firmaron dos administradores, y no antes.
demo-claim-table = Se lee una tabla en Windows-1252 con punto y coma, con cada ñ
    .claim = La tabla de veinte filas se lee como Windows-1252 y nada está mal en ella.
demo-claim-routes = Antes de enviar nada: { $electronic } llegan a un programa, { $exempt } están exentas (una es una empresa), { $none } no tienen aquí un domicilio
    .claim = El registrador dice de cada una por qué vía.
demo-claim-waits-for-two = Lo que redactó una sola persona no sale
    .claim = Un lote que nadie aprobó no se envía.
demo-claim-seen = El programa de cada funcionario calculó lo que firma a partir de las veinte filas
    .claim = Cada uno ve todas las filas y cada adjunto.
demo-claim-approved = Una persona lo redactó, otra lo aprobó
    .claim = Dos firmas de dos funcionarios bastan para veinte filas.
demo-claim-batch-resumed = El servidor murió a la mitad y el programa del organismo empezó de nuevo: continúa
    .claim = El lote se interrumpe, y continúa hasta el final.
demo-claim-once = Cada fila está una vez: dos en los programas de las personas, dieciocho para mesón o carta
    .claim = Nadie recibió dos veces una notificación, y no falta ninguna fila.
demo-effect = { $run }  { $deemed ->
        [none] mesón o carta ({ $reason ->
            [law] exenta por ley
            [legal-person] persona jurídica
           *[other] sin domicilio aquí
        })
       *[other] se entiende notificada el { $deemed }, último día { $last }
    }
demo-claim-four-eyes = La prueba dice quién la redactó y quién la aprobó
    .claim = La prueba de una notificación es válida y nombra a quien la aprobó.
demo-proof = La prueba, leyendo
demo-claim-same = Ana, Bruno y Carla tienen los mismos { $count } mensajes en el mismo orden
    .claim = Todos tienen la misma historia.
demo-claim-same-until = Diego tiene los mismos primeros { $count }, hasta su salida
    .claim = Quien salió tiene la misma historia hasta su salida.
demo-claim-nothing = Archivos del servidor ({ $files }, { $size }): ningún texto, nombre, archivo ni RUN ({ $count } búsquedas)
demo-claim-canary = La misma búsqueda sí encuentra lo que debe estar: los cuatro nombres públicos
    .claim = La búsqueda encuentra los nombres públicos, que deben estar.
demo-claim-keys = Ninguna llave que Diego tuvo abre lo guardado después ({ $keys } intentos, { $entries } mensajes)
    .claim = Ninguna llave que tuvo quien salió abre lo que se guardó después.
demo-claim-keys-canary = La misma prueba con el equipo de Carla sí encuentra la llave
    .claim = La prueba de llaves encuentra la llave donde debe estar.
demo-end = Todo se cumplió, en { $seconds } segundos.
demo-kept = Se conservó { $dir }
demo-input-empty = no hay archivos en ella
demo-input-large = son más de 50 MB

demo-text-request = Soy Ana Ejemplo, del taller de caminos.
demo-text-hello = Hola, Bruno. ¿Llegó el informe del puente sobre el río Ñuble?
demo-text-answer = Sí, Ana. Mañana lo revisamos con Carla y Diego.
demo-text-wrong = La reunión es el martes a las 15.
demo-text-right = La reunión es el martes a las 16.
demo-text-reply = Ahí estaré, a las 16.
demo-text-gone = La combinación del portón de obras es 4711, ejemplo.
demo-text-group-1 = Bienvenidos. Aquí va lo que tenemos.
demo-text-group-2 = Gracias, Ana. Agrego la planilla de costos.
demo-text-group-3 = La fotografía es del lunes, antes de la lluvia.
demo-text-group-4 = Recibido. Yo hablo con la municipalidad.
demo-text-many = Medición { $n } de { $total }: nivel del agua normal.
demo-text-blocked = No me puedes alejar, ejemplo.
demo-text-again = Soy Elena: este es mi teléfono nuevo.
demo-text-thief = Soy Elena. Mándame la dirección de todos.
demo-text-careless = Elena, nos vemos a las siete en la plaza.
demo-text-welcome = Qué bueno que volviste, Elena. Sí eres tú.
demo-text-signed = Ana, lo confirmo por escrito: el informe está aprobado.
demo-text-after-1 = Diego ya no participa. Seguimos los tres.
demo-text-after-2 = De acuerdo, el presupuesto queda entre nosotros.
demo-text-after-3 = Perfecto. Lo firmo el viernes.

error-demo-claim = La demostración falló.
    .why = No se cumplió: { $claim }
    .do = Repita con --keep para mirar los archivos, y avise a quienes hacen Lacre.
error-demo-found = El servidor tiene algo que no debe tener.
    .why = Se encontró «{ $what }» en { $path }
    .do = Repita con --keep para mirar los archivos, y avise a quienes hacen Lacre.
error-demo-slow = La demostración no avanza.
    .why = Después de un minuto todavía hay mensajes en camino.
    .do = Repita con el equipo menos ocupado; si sigue igual, avise a quienes hacen Lacre.
error-demo-no-relay = No se encuentra el programa del servidor.
    .why = Debe estar junto a este programa: { $program }
    .do = Si tiene el código fuente: ejecute ahí ./demo. Si no, ponga lacre-relay de la misma versión en esa carpeta.
error-demo-machine = La demostración no pudo seguir en este equipo.
    .why = { $why }
    .do = Revise espacio y permisos de la carpeta temporal, y repita.
error-demo-input = No se puede usar la carpeta { $dir }
    .why = { $why }
    .do = Indique otra con --input CARPETA

help-lacre-demo = Muestra todo el sistema en un minuto, con personas de ejemplo
    .input = Carpeta con los archivos que se envían, en vez de los que trae
    .keep = Conserva la carpeta temporal, para mirarla
    .act = Solo cuenta este acto (1-11); todos se representan
    .json = Una línea de JSON al final
    .lang = Idioma; si no, el del sistema
    .help = Muestra esta ayuda
    .version = Muestra la versión
