"""The sentences of problems, for people; programs go by the code."""

from typing import Final, Literal

Language = Literal["pt-BR", "en", "es"]


def _in(pt: str, en: str, es: str) -> dict[Language, str]:
    return {"pt-BR": pt, "en": en, "es": es}


SENTENCES: Final[dict[str, dict[Language, str]]] = {
    "already_assigned": _in(
        "Outro operador já está com este chat.",
        "Another operator already has this chat.",
        "Otro operador ya tiene este chat.",
    ),
    "already_exists": _in("Isso já existe.", "It exists already.", "Eso ya existe."),
    "behind": _in(
        "A leitura ainda não alcançou a posição pedida. Tente de novo em instantes.",
        "The views have not reached the position asked for yet. Try again in a moment.",
        "La lectura aún no ha alcanzado la posición pedida. Inténtelo de nuevo en un momento.",
    ),
    "channel_cannot_carry": _in(
        "O canal deste chat não aceita isso: tipo, tamanho ou modelo.",
        "This chat's channel does not take this: its type, its size or a template.",
        "El canal de este chat no acepta esto: tipo, tamaño o plantilla.",
    ),
    "cannot_merge": _in(
        "Este cliente não pode ser unido a outro agora.",
        "This client cannot be merged into another one now.",
        "Este cliente no se puede unir a otro ahora.",
    ),
    "chat_is_erased": _in(
        "O cliente deste chat foi apagado; não há mais nada a fazer nele.",
        "This chat's client was erased; nothing more can be done in it.",
        "El cliente de este chat fue borrado; ya no se puede hacer nada en él.",
    ),
    "client_is_erased": _in(
        "Este cliente foi apagado; ninguém mais pode ler os dados dele.",
        "This client was erased; nobody can read his data any more.",
        "Este cliente fue borrado; nadie puede leer ya sus datos.",
    ),
    "client_is_held": _in(
        "Este cliente não pode ser apagado agora: há um motivo legal para guardar os dados.",
        "This client must not be erased now: there is a legal reason to keep the data.",
        "Este cliente no se puede borrar ahora: hay un motivo legal para guardar los datos.",
    ),
    "views_do_not_follow": _in(
        "O cliente foi apagado; as listas ainda estão sendo limpas. Tente de novo em instantes.",
        "The client is erased; the lists are still being cleaned. Try again in a moment.",
        "El cliente está borrado; las listas aún se están limpiando. Inténtelo en un momento.",
    ),
    "client_is_merged": _in(
        "Este cliente foi unido a outro; altere o outro.",
        "This client is merged into another one; change that one.",
        "Este cliente se unió a otro; modifique el otro.",
    ),
    "client_moved_on": _in(
        "Outra pessoa alterou este campo desde a última vez que você o viu.",
        "Somebody else has changed this field since you last saw it.",
        "Otra persona cambió este campo desde la última vez que lo vio.",
    ),
    "channel_is_connected": _in(
        "Esta conta do canal já está conectada.",
        "This account of the channel is connected already.",
        "Esta cuenta del canal ya está conectada.",
    ),
    "chat_is_closed": _in(
        "Este chat está encerrado.", "This chat is closed.", "Este chat está cerrado."
    ),
    "chat_moved_on": _in(
        "O chat mudou desde a última vez que você o viu.",
        "The chat has changed since you last saw it.",
        "El chat ha cambiado desde la última vez que lo vio.",
    ),
    "cross_site": _in(
        "O pedido veio de outro site.",
        "The request came from another site.",
        "La solicitud vino de otro sitio.",
    ),
    "empty_message": _in(
        "A mensagem precisa de um texto ou de um anexo.",
        "A message needs text or an attachment.",
        "El mensaje necesita un texto o un adjunto.",
    ),
    "idempotency_key_reused": _in(
        "A chave de idempotência já foi usada com outro conteúdo.",
        "The idempotency key was already used with other content.",
        "La clave de idempotencia ya se usó con otro contenido.",
    ),
    "internal": _in(
        "Algo falhou aqui. O identificador do pedido ajuda a encontrar a causa.",
        "Something failed here. The request's id helps to find the cause.",
        "Algo falló aquí. El identificador de la solicitud ayuda a encontrar la causa.",
    ),
    "invalid": _in(
        "O pedido tem campos inválidos.",
        "The request has invalid fields.",
        "La solicitud tiene campos no válidos.",
    ),
    "filter_of_the_past": _in(
        "Filtros só valem para o presente; consulte o passado sem filtro.",
        "Filters are for the present only; look at the past without one.",
        "Los filtros solo valen para el presente; consulte el pasado sin filtro.",
    ),
    "invalid_filter": _in(
        "O filtro não pode ser lido.",
        "The filter cannot be read.",
        "El filtro no se puede leer.",
    ),
    "invalid_boolean": _in(
        "O campo aceita só sim ou não.",
        "The field takes only yes or no.",
        "El campo acepta solo sí o no.",
    ),
    "invalid_cnpj": _in(
        "O CNPJ não confere: verifique os dígitos.",
        "The CNPJ is wrong: check its digits.",
        "El CNPJ no es correcto: revise los dígitos.",
    ),
    "invalid_cpf": _in(
        "O CPF não confere: verifique os dígitos.",
        "The CPF is wrong: check its digits.",
        "El CPF no es correcto: revise los dígitos.",
    ),
    "invalid_cpf_cnpj": _in(
        "O CPF ou CNPJ não confere: verifique os dígitos.",
        "The CPF or CNPJ is wrong: check its digits.",
        "El CPF o CNPJ no es correcto: revise los dígitos.",
    ),
    "invalid_date": _in(
        "A data não existe; escreva ano-mês-dia.",
        "There is no such date; write year-month-day.",
        "La fecha no existe; escriba año-mes-día.",
    ),
    "invalid_email": _in(
        "O e-mail não é válido.", "The e-mail address is not valid.", "El correo no es válido."
    ),
    "invalid_link": _in(
        "O link precisa começar com http:// ou https://.",
        "The link has to begin with http:// or https://.",
        "El enlace debe empezar con http:// o https://.",
    ),
    "invalid_number": _in(
        "O valor não é um número.", "The value is no number.", "El valor no es un número."
    ),
    "invalid_phone": _in(
        "O telefone não é válido; fora do Brasil, comece com + e o país.",
        "The phone number is not valid; outside Brazil, begin with + and the country.",
        "El teléfono no es válido; fuera de Brasil, empiece con + y el país.",
    ),
    "log_is_busy": _in(
        "Não foi possível gravar agora; nada foi registrado. Tente de novo.",
        "It cannot be written now; nothing was recorded. Try again.",
        "No se pudo grabar ahora; no se registró nada. Inténtelo de nuevo.",
    ),
    "malformed": _in(
        "O pedido não pôde ser lido.",
        "The request cannot be read.",
        "No se pudo leer la solicitud.",
    ),
    "mention_not_seen": _in(
        "Quem foi mencionado não vê este chat.",
        "Who is mentioned does not see this chat.",
        "La persona mencionada no ve este chat.",
    ),
    "method_not_allowed": _in(
        "Este endereço não aceita esse método.",
        "This address does not take that method.",
        "Esta dirección no acepta ese método.",
    ),
    "no_such_moment": _in(
        "Este não é um momento do passado: informe um horário com fuso ou uma posição do registro.",
        "This is no past moment: give a time with its zone, or a position of the log.",
        "No es un momento del pasado: indique una hora con su zona o una posición del registro.",
    ),
    "not_of_the_past": _in(
        "No passado, um filtro não pode procurar em todas as mensagens de um chat.",
        "Of the past, a filter cannot search all messages of a chat.",
        "En el pasado, un filtro no puede buscar en todos los mensajes de un chat.",
    ),
    "nobody_online": _in(
        "Ninguém desse grupo pode receber o chat agora; ele continua onde está.",
        "Nobody in that group can take the chat now; it stays where it is.",
        "Nadie de ese grupo puede recibir el chat ahora; sigue donde está.",
    ),
    "not_allowed": _in(
        "Seu papel não permite isso.",
        "Your role does not allow this.",
        "Su rol no permite esto.",
    ),
    "not_assigned": _in(
        "Ninguém está com este chat.", "Nobody has this chat.", "Nadie tiene este chat."
    ),
    "not_authenticated": _in("Entre primeiro.", "Sign in first.", "Inicie sesión primero."),
    "no_such_field": _in(
        "Este campo não existe.", "There is no such field.", "Este campo no existe."
    ),
    "not_a_text": _in(
        "O campo aceita só texto.", "The field takes only text.", "El campo acepta solo texto."
    ),
    "not_an_option": _in(
        "O valor não está na lista do campo.",
        "The value is not in the field's list.",
        "El valor no está en la lista del campo.",
    ),
    "not_found": _in("Isso não existe.", "There is no such thing.", "Eso no existe."),
    "nobody_here": _in(
        "Nenhum operador daqui tem o e-mail confirmado por esse provedor.",
        "No operator here has the e-mail that this provider vouches for.",
        "Ningún operador de aquí tiene el correo que confirma ese proveedor.",
    ),
    "not_one_target": _in(
        "Transfira para um operador ou para um grupo: um dos dois.",
        "Transfer to an operator or to a group: one of the two.",
        "Transfiera a un operador o a un grupo: uno de los dos.",
    ),
    "not_yours": _in(
        "Esse comentário é de outra pessoa.",
        "That comment is somebody else's.",
        "Ese comentario es de otra persona.",
    ),
    "nothing_to_retry": _in(
        "Essa mensagem não falhou.", "That message has not failed.", "Ese mensaje no ha fallado."
    ),
    "operator_is_full": _in(
        "O operador está com todos os chats que pode ter.",
        "The operator has as many chats as he may.",
        "El operador tiene todos los chats que puede tener.",
    ),
    "operator_is_not_available": _in(
        "O operador não está disponível agora; quem supervisiona pode forçar.",
        "The operator is not available now; a supervisor may force it.",
        "El operador no está disponible ahora; un supervisor puede forzarlo.",
    ),
    "overflow_goes_in_circles": _in(
        "O transbordo traria o chat de volta ao grupo de onde saiu.",
        "The overflow would bring a chat back to the group that it left.",
        "El desborde devolvería el chat al grupo del que salió.",
    ),
    "overflow_is_incomplete": _in(
        "Para transbordar, diga para qual grupo e depois de quanto tempo.",
        "To overflow, say to which group and after how long.",
        "Para desbordar, diga a qué grupo y después de cuánto tiempo.",
    ),
    "refused": _in("O pedido foi recusado.", "The request was refused.", "Solicitud rechazada."),
    "past_not_ready": _in(
        "O passado distante ainda está sendo preparado. Tente de novo em instantes.",
        "The distant past is still being prepared. Try again in a while.",
        "El pasado lejano aún se está preparando. Inténtelo de nuevo en unos instantes.",
    ),
    "reply_window_is_closed": _in(
        "O canal não aceita mais resposta livre neste chat; use um modelo aprovado.",
        "The channel takes no free answer in this chat any more; use an approved template.",
        "El canal ya no acepta respuesta libre en este chat; use una plantilla aprobada.",
    ),
    "second_factor_needed": _in(
        "Informe também o código do segundo fator.",
        "Give the code of your second factor, too.",
        "Indique también el código del segundo factor.",
    ),
    "second_factor_required": _in(
        "Antes de continuar, cadastre um segundo fator.",
        "Add a second factor before you go on.",
        "Antes de continuar, registre un segundo factor.",
    ),
    "provider_away": _in(
        "O provedor de acesso não responde agora. Tente de novo em instantes.",
        "The provider of sign-ins does not answer now. Try again in a moment.",
        "El proveedor de acceso no responde ahora. Inténtelo de nuevo en un momento.",
    ),
    "sign_in_failed": _in(
        "A entrada pelo provedor não deu certo. Comece de novo.",
        "Signing in at the provider did not work out. Begin again.",
        "La entrada por el proveedor no funcionó. Empiece de nuevo.",
    ),
    "session_needed": _in(
        "Isso só pode ser feito por uma pessoa que entrou no sistema, não por um token.",
        "Only a person who has signed in can do this, not a token.",
        "Esto solo puede hacerlo una persona que inició sesión, no un token.",
    ),
    "too_long": _in(
        "O texto é longo demais.", "The text is too long.", "El texto es demasiado largo."
    ),
    "tag_is_removed": _in(
        "Esta etiqueta foi removida e não pode mais ser usada.",
        "This tag was removed and cannot be given any more.",
        "Esta etiqueta fue eliminada y ya no se puede usar.",
    ),
    "too_large": _in(
        "O pedido é grande demais.", "The request is too large.", "La solicitud es muy grande."
    ),
    "too_many_requests": _in(
        "Muitos pedidos em pouco tempo. Tente de novo em instantes.",
        "Too many requests in a short time. Try again in a moment.",
        "Demasiadas solicitudes en poco tiempo. Inténtelo de nuevo en un momento.",
    ),
    "too_many_attempts": _in(
        "Tentativas demais. Aguarde um pouco.",
        "Too many attempts. Wait a while.",
        "Demasiados intentos. Espere un poco.",
    ),
    "unavailable": _in(
        "O serviço não está pronto.", "The service is not ready.", "El servicio no está listo."
    ),
    "unresolved_variables": _in(
        "A mensagem tem variáveis sem valor neste chat; preencha-as antes de enviar.",
        "The message has variables without a value in this chat; fill them in before sending.",
        "El mensaje tiene variables sin valor en este chat; complételas antes de enviar.",
    ),
    "unsupported_media_type": _in(
        "O tipo de conteúdo não é aceito.",
        "The content type is not accepted.",
        "El tipo de contenido no se acepta.",
    ),
    "wrong_code": _in(
        "O código não confere ou já foi usado.",
        "The code is wrong, or it was used already.",
        "El código no coincide o ya se usó.",
    ),
    "wrong_password": _in(
        "A senha atual não confere.",
        "The present password is wrong.",
        "La contraseña actual no coincide.",
    ),
    "wrong_login": _in(
        "E-mail ou senha não conferem.",
        "E-mail or password is wrong.",
        "El correo o la contraseña no coinciden.",
    ),
    "wrong_offset": _in(
        "Esta parte do arquivo não é a próxima; continue de onde parou.",
        "This piece of the file is not the next one; go on from where it stopped.",
        "Esta parte del archivo no es la siguiente; continúe desde donde se detuvo.",
    ),
}
