# Lo que dicen las órdenes del relay. Una línea por mensaje.
invitation-use = Entregue esta invitación a la persona, y a nadie más: abre su cuenta, una sola vez, hasta { $expires }. Una nueva reemplaza a esta.
ask-run = RUN de la persona, con guion y dígito verificador:
no-run = No llegó ningún RUN. Escríbalo cuando se le pida, o entréguelo por la entrada estándar, en una línea: no va como argumento, porque esos los puede leer cualquiera en esta máquina.
many-runs = Llegó más de una línea. Una invitación es para una persona: entregue un solo RUN.
no-stdin = No se puede leer la entrada estándar ({ $cause }). Escriba el RUN en un terminal.
invitation-for = Invitación para la persona con RUN { $run }:
run-shape = Eso no es un RUN. Escríbalo con su guion y dígito verificador, por ejemplo 40123456-K.
run-digit = El dígito verificador no corresponde a ese RUN. Revíselo: puede haber un error de tipeo.
has-account = Esta persona ya tiene una cuenta. No se emite un segundo código. Si la perdió y la persona está presente: repita con --recover.
nothing-to-recover = Esta persona no tiene una cuenta que recuperar. Entréguele una primera invitación: repita sin --recover.
busy = El servidor está partiendo o deteniéndose: usa la carpeta de datos, pero no atiende. Intente de nuevo en unos segundos.
unreachable-address = Nadie puede llegar a { $address }. Indique la dirección pública con --public-address servidor:puerto.
bad-address = { $address } no es una dirección: escríbala como servidor:puerto.
no-answer = El servidor no pudo emitir el código: { $cause }. Revise su registro, y que siga funcionando.
no-start = No se pudo emitir el código: { $cause }
