### Lo que dice cada programa de la casa: ayuda, errores de uso, la forma de un error.

failure =
    Error: { $what }
      Por qué:   { $why }
      Qué hacer: { $do }
decimal-point = ,
help-template =
    { "{before-help}{about-with-newline}" }
    Uso: { "{usage}" }

    { "{all-args}{after-help}" }
help-commands = Órdenes
help-arguments = Argumentos
help-options = Opciones
help-general-options = Opciones generales
usage-options = [OPCIONES]
usage-command = <ORDEN>
usage-perhaps = Quizás quiso decir: { $word }
usage-see-help = los que muestra --help
value-names = —
    .dir = CARPETA
    .file = ARCHIVO
    .handle = @NOMBRE
    .handlelink = @NOMBRE|ENLACE
    .text = TEXTO
    .to = PARA
    .conversation = CONVERSACIÓN
    .message = MENSAJE
    .group = GRUPO
    .name = NOMBRE
    .sign = SIGNO
    .words = PALABRAS
    .date = FECHA
    .id = NÚMERO
    .addr = DIRECCIÓN
    .days = DÍAS
    .dest = DESTINO
    .hostport = SERVIDOR:PUERTO
    .src = ORIGEN
    .account = CUENTA
    .batch = LOTE
    .code = CÓDIGO
    .column = COLUMNA
    .instant = INSTANTE
    .key = LLAVE
    .notice = NOTIFICACIÓN
    .npath = N=ARCHIVO
    .reason = MOTIVO
    .ref = REF
    .reference = REFERENCIA
    .role = FUNCIÓN
    .time = MOMENTO
    .year = AÑO
    .zone = ZONA
error-usage-command = «{ $command }» no es una orden.
    .why = Las órdenes son palabras fijas. { $perhaps }
    .do = Vea las órdenes con --help.
error-usage-missing = Falta algo en la orden.
    .why = Se necesita: { $argument }
    .do = Vea cómo se escribe, con --help al final.
error-usage-unknown = No se entiende «{ $argument }».
    .why = La orden no tiene esa opción ni espera otra palabra. { $perhaps }
    .do = Un texto de varias palabras va entre comillas; uno que comienza con guion, detrás de un -- solo. Vea --help.
error-usage-run = Un RUN no va como argumento de una orden.
    .why = Los argumentos los puede leer cualquiera en esta máquina, y la consola los guarda.
    .do = Escríbalo cuando se le pida, o entréguelo por la entrada estándar, en una línea. Bórrelo del historial de la consola.
error-usage-not-text = Un argumento no es texto UTF-8.
    .why = Sus bytes no son letras.
    .do = Escríbalo de nuevo; cambie el nombre del archivo si no se puede escribir.
error-usage-hyphen = «{ $argument }» no se entiende.
    .why = Comienza con un guion, como las opciones.
    .do = Si es un texto, póngale -- delante: lacre send @nombre -- "-5 grados"
error-usage-conflict = «{ $argument }» y «{ $prior }» no van juntas.
    .why = Una excluye a la otra.
    .do = Use solo una de las dos.
error-usage-value = «{ $value }» no sirve para { $argument }
    .why = Lo que sirve: { $good }
    .do = Vea --help.
error-usage-no-value = A «{ $argument }» le falta su valor, o le sobra uno.
    .why = La opción espera exactamente uno.
    .do = Vea cómo se escribe, con --help.

## lo que dice el sistema
cause-not-found = no existe
cause-not-permitted = no hay permiso
cause-there-already = ya hay algo con ese nombre
cause-is-folder = es una carpeta
cause-no-folder = una parte de la ruta no es una carpeta
cause-disk-full = no queda espacio en el disco
cause-relay-full = el disco del servidor está lleno
cause-relay-store = el servidor no puede guardar por ahora
cause-read-only = ahí no se puede escribir
cause-too-large = es demasiado grande para ese disco
cause-bad-name = ese nombre no se puede usar
cause-refused = nadie atiende en esa dirección
cause-cut-off = la conexión se cortó
cause-no-network = no hay red hasta esa dirección
cause-no-answer = no llegó respuesta a tiempo
cause-in-use = la dirección está en uso
cause-no-memory = falta memoria
cause-proxy = el proxy no responde
cause-proxy-no-way = el proxy no llega al servidor
cause-certificate-time = el certificado del servidor no vale a la hora de este equipo: revise fecha y hora
cause-line = la línea { $line } no es de su forma (detalle técnico: «{ $text }»)
cause-not-signed = no la firmó quien debía firmarla
cause-no-note = no es un texto firmado
cause-only-admins = ahí solo escribe quien administra
cause-lost-phone = en el grupo sigue un teléfono perdido
cause-nobody-there = la otra persona todavía no está en la conversación
cause-slower = el servidor pide ir más lento
cause-technical = detalle técnico: «{ $text }»
error-not-written = No se pudo escribir el resultado.
    .why = { $why }
    .do = Haga espacio, o indique otro lugar, y mire de nuevo. Lo que esta orden envía o cambia está hecho: no repita una que envía. Nada quedó marcado como mostrado.
