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
    "method_not_allowed": _in(
        "Este endereço não aceita esse método.",
        "This address does not take that method.",
        "Esta dirección no acepta ese método.",
    ),
    "nobody_online": _in(
        "Ninguém desse grupo pode receber o chat agora.",
        "Nobody in that group can take the chat now.",
        "Nadie de ese grupo puede recibir el chat ahora.",
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
    "not_found": _in("Isso não existe.", "There is no such thing.", "Eso no existe."),
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
        "O operador não está disponível.",
        "The operator is not available.",
        "El operador no está disponible.",
    ),
    "refused": _in("O pedido foi recusado.", "The request was refused.", "Solicitud rechazada."),
    "reply_window_is_closed": _in(
        "O canal não aceita mais resposta livre neste chat; use um modelo aprovado.",
        "The channel takes no free answer in this chat any more; use an approved template.",
        "El canal ya no acepta respuesta libre en este chat; use una plantilla aprobada.",
    ),
    "too_large": _in(
        "O pedido é grande demais.", "The request is too large.", "La solicitud es muy grande."
    ),
    "too_many_attempts": _in(
        "Tentativas demais. Aguarde um pouco.",
        "Too many attempts. Wait a while.",
        "Demasiados intentos. Espere un poco.",
    ),
    "unavailable": _in(
        "O serviço não está pronto.", "The service is not ready.", "El servicio no está listo."
    ),
    "unsupported_media_type": _in(
        "O tipo de conteúdo não é aceito.",
        "The content type is not accepted.",
        "El tipo de contenido no se acepta.",
    ),
    "wrong_login": _in(
        "E-mail ou senha não conferem.",
        "E-mail or password is wrong.",
        "El correo o la contraseña no coinciden.",
    ),
}
