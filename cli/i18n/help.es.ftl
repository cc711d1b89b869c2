### La ayuda: help-<orden>, con un atributo por cada argumento.

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

help-lacre = Mensajes privados, cifrados de extremo a extremo. El servidor no puede leer nada.
    .profile = Carpeta del perfil (si no se indica: la de datos del usuario, lacre)
    .passphrase-file = Archivo cuya primera línea es la frase secreta (para programas)
    .key-file = Archivo de llave en vez de frase secreta; «enroll» lo crea
    .json = Resultado en una línea JSON (campos en cli/JSON.md)
    .lang = Idioma; si no se indica, el del sistema
    .proxy = Todas las conexiones por este proxy, por ejemplo Tor
    .help = Muestra esta ayuda
    .version = Muestra la versión
    .more =
        Para comenzar: lacre enroll INVITACIÓN @nombre
        Termina con 0 hecho, 1 la respuesta es no, 2 mal escrito, 3 no se pudo preguntar.

help-enroll = Inscribe este equipo con una invitación y crea el perfil
    .invitation = La línea lacre://… que le entregaron; sirve una sola vez
    .handle = El nombre público que elige: 3 a 32 letras sin acento, cifras, _ . -
help-whoami = Muestra la cuenta de este perfil
help-contact = Contactos y solicitudes
help-contact-add = Pide a alguien ser su contacto
    .handle = Su nombre público
    .text = Unas palabras para que sepa quién es usted
help-contact-accept = Acepta una solicitud
    .handle = Quien la envió
help-contact-decline = Rechaza una solicitud; quien la envió no se entera
    .handle = Quien la envió
help-contact-list = Muestra contactos y solicitudes
help-list = Muestra conversaciones y solicitudes
help-send = Envía un texto y archivos
    .to = @nombre, nombre de un grupo, o identificador corto que muestra «lacre list»
    .text = El mensaje
    .file = Un archivo; se puede repetir
    .more = Sin servidor el mensaje queda en espera; la próxima orden lo envía.
help-read = Muestra una conversación
    .conversation = @nombre, nombre de un grupo, o identificador corto
    .limit = Los últimos N mensajes (50)
    .all = Todos los mensajes
help-save = Guarda el archivo de un mensaje; nunca reemplaza otro
    .message = Comienzo del identificador del mensaje
    .to = Carpeta (la actual)
help-watch = Muestra lo que llega, cuando llega, y envía lo que espera
    .duration = Termina después de este tiempo: 30s, 5m, 1h
help-group = Grupos
help-group-create = Crea un grupo; quien lo crea lo administra
    .name = Nombre del grupo
    .members = Sus contactos, a quienes agrega
    .suite = x-wing (resiste computadores cuánticos) o x25519 (equipos pequeños)
help-group-add = Agrega integrantes
    .group = Nombre o identificador corto del grupo
    .members = A quiénes
help-group-remove = Saca integrantes; no leerán nada de lo que siga
    .group = Nombre o identificador corto del grupo
    .members = A quiénes
help-group-list = Muestra los grupos y sus integrantes
help-group-leave = Se retira de un grupo
    .group = Nombre o identificador corto del grupo
help-outbox = Muestra lo que espera salir
help-outbox-retry = Lo intenta de nuevo ahora
    .id = Número que muestra «lacre outbox»
help-outbox-cancel = No lo envía, si todavía no ha salido
    .id = Número que muestra «lacre outbox»
help-status = Muestra cómo está todo; termina con 3 si el servidor no responde
help-unlock = Abre el perfil por un tiempo: las órdenes no pedirán la frase secreta
    .duration = Por cuánto tiempo (1h)
help-lock = Cierra el perfil ahora
help-demo = Muestra todo el sistema en un minuto, con personas de ejemplo
    .input = Carpeta con los archivos que se envían
    .keep = Conserva la carpeta temporal, para mirarla
