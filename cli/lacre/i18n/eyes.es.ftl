# Cuatro ojos: lo que ven los funcionarios de un lote antes de firmar, y lo que firmaron.

package-written = Escrito: { $path } ({ $rows } filas, { $size }). Contiene el RUN de todas las personas y lo que se les dice: entréguelo a los funcionarios que lo revisan, y a nadie más.
    En una conversación de ellos (lacre send CONVERSACIÓN --file ARCHIVO) lo revisan y firman sin guardarlo, y lacre disappear dice cuándo desaparece de allí.
package-is = Un lote de { $body }: { $rows ->
        [one] { $rows } notificación
       *[other] { $rows } notificaciones
    }{ $template ->
        [none] , sin plantilla
       *[other] { " " }de la plantilla que el organismo llama { $template } (versión { $version })
    }
    { $drafter ->
        [none] Lo redactó el programa del organismo; nadie firma por eso.
       *[other] Lo redactó la cuenta de función { $drafter }.
    }
    Se harán entre { $from } y { $until } ({ $zone }), por la regla { $rule }.{ $beside ->
        [0] {""}
       *[other] { " " }{ $beside } de ellas son copias, correcciones o pruebas.
    }{ $missing ->
        [0] {""}
       *[other] { " " }{ $missing } adjuntos no vienen en este archivo: pídalos antes de firmar.
    }
    Huella { $digest }, calculada aquí a partir de cada fila.
approve-question = ¿Firmar { $role ->
        [drafter] que usted lo redactó
       *[other] que usted lo aprueba
    }? (sí/no)
approvals-by = { $who }, { $role ->
        [drafter] quien lo redactó
       *[other] quien lo aprueba
    }, el { $when }
approvals-no-drafter = Quien lo redactó aún no lo ha firmado.
approvals-left = Faltan { $left } de { $needed } aprobaciones.
approvals-enough = Está aprobado. Envíelo: lacre agency dispatch { $id }
roles-used = Desde ahora nada sale de aquí que no haya redactado alguno de ellos y aprobado { $approvers ->
        [one] otra persona
       *[other] otras { $approvers } personas
    }; sobre 1.000 notificaciones de una plantilla en un día, al menos dos.
batch-of-one = Redactado como lote de una sola: { $id }. Nada se envió.
    Para quien la aprueba: lacre agency package { $id } --to ARCHIVO
package-form = es más largo de lo que puede ser, o su plantilla no lo es
package-line = la línea { $line } no tiene la forma debida
package-law = su regla o su calendario es distinto del que este programa conoce con ese nombre
package-root = sus filas no son las de su texto: alguien cambió lo uno o lo otro
package-file-other = un adjunto es distinto del que dice su fila
package-twice = las filas { $first } y { $second } son para la misma persona
package-row = la fila { $row } no se puede escribir: { $why }
error-package = Con { $name } nadie puede aprobar.
    .why = Porque { $why }.
    .do = Pida de nuevo el archivo a quien lo redactó, con la versión más nueva de este programa.
error-package-long = El archivo sería demasiado largo.
    .why = Puede tener { $most }, con los adjuntos.
    .do = --without-row-files deja fuera los adjuntos propios de las filas; o divida la tabla en dos.
error-approval-file = { $name } no es una aprobación.
    .why = No tiene la forma debida.
    .do = Pida a la funcionaria o al funcionario el archivo que escribió lacre agency approve.
error-four-eyes = Nada se envió: este organismo tiene funcionarios, y ninguno envía a solas.
    .why = Lo que una persona redacta, otra lo aprueba.
    .do = Diga quién la redacta (--drafter CUENTA) y haga que la aprueben; una prueba (--trial) no necesita a nadie.
error-no-officials = Aquí no se usa todavía ninguna lista de funcionarios.
    .why = Quién redacta y quién aprueba está en una lista que firmaron dos administradores.
    .do = lacre agency official use --file LISTA
error-drafter = Nada se redactó: lo redacta quien en el organismo puede redactar.
    .why = Sus cuentas: { $list ->
        [none] no hay ninguna
       *[other] { $list }
    }
    .do = Nómbrela: --drafter CUENTA
error-other-roles = Esta lista no continúa la que se usa aquí.
    .why = Es más antigua, o es otra. A quien se quitó no vuelve con un archivo viejo.
    .do = Use la más nueva: lacre agency official list --file LISTA muestra su número.
error-not-approved = Nada se envió: no está aprobado.
    .why = Lo firmaron { $has } de { $needed } personas que deben aprobarlo{ $drafted ->
        [no] , y quien lo redactó no lo ha firmado
       *[yes] {""}
    }. Los lotes de una plantilla en un mismo día cuentan juntos.
    .do = lacre agency package, review, approve; después lacre agency approvals LOTE ARCHIVO
error-approved-later = Todavía no: una aprobación lleva una hora que aún no llega ({ $at }).
    .why = El reloj de un funcionario está adelantado, o el de este computador atrasado.
    .do = Ponga el reloj en hora, o espere hasta entonces.
