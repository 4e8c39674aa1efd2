"""The words of a chat's page, in the languages that the product speaks."""

from collections.abc import Mapping
from typing import Final

from adapters.audit.event_words import ENTITIES, EVENTS, EXCLUDED, SUMMARY

LANGUAGES: Final = ("pt-BR", "en", "es")

_WORDS: Final[dict[str, tuple[str, str, str]]] = {
    **ENTITIES,
    **EVENTS,
    **EXCLUDED,
    **SUMMARY,
    "title": ("Histórico da conversa", "History of a chat", "Historial de la conversación"),
    "company": ("Empresa", "Company", "Empresa"),
    "client": ("Cliente", "Client", "Cliente"),
    "channel": ("Canal", "Channel", "Canal"),
    "chat": ("Conversa", "Chat", "Conversación"),
    "when": ("Quando", "When", "Cuándo"),
    "who": ("Quem", "Who", "Quién"),
    "what": ("O que aconteceu", "What happened", "Qué ocurrió"),
    "zone": ("Horários em", "Times are of", "Horas de"),
    "check": (
        "Como conferir que está completo",
        "How to check that it is complete",
        "Cómo comprobar que está completo",
    ),
    "check-1": (
        (
            "Esta página traz no fim as linhas do registro e a prova de que elas estão nele. "
            "Peça a chave pública a quem você confia, e não a quem lhe deu esta página."
        ),
        (
            "At its end this page carries the lines of the log and the proof that they are in it. "
            "Get the public key from somebody you trust, not from whoever gave you this page."
        ),
        (
            "Al final, esta página lleva las líneas del registro y la prueba de que están en él. "
            "Pida la clave pública a alguien de confianza, no a quien le dio esta página."
        ),
    ),
    "check-2": (
        "Com Python e o verificador de um arquivo só (recado audit verifier), sem rede:",
        "With Python and the verifier in one file (recado audit verifier), without a network:",
        "Con Python y el verificador de un solo archivo (recado audit verifier), sin red:",
    ),
    "check-3": (
        (
            "Os eventos de uma conversa são numerados 1, 2, 3 … sem falha: o que faltasse no meio "
            "apareceria. Um fim omitido por quem exportou só aparece numa exportação do registro "
            "inteiro; um registro reescrito antes da exportação, só contra um cabeçalho assinado "
            "que saiu antes da máquina (--head)."
        ),
        (
            "The events of a chat are numbered 1, 2, 3 … without a gap: what were missing between "
            "them would show. An end that the exporter left out shows only in an export of the "
            "whole log; a log that was rewritten before the export, only against a signed head "
            "that left the machine before (--head)."
        ),
        (
            "Los eventos de una conversación se numeran 1, 2, 3 … sin huecos: lo que faltara en "
            "medio se notaría. Un final que omitió quien exportó solo se nota en una exportación "
            "del registro entero; un registro reescrito antes de exportar, solo frente a una "
            "cabecera firmada que salió antes de la máquina (--head)."
        ),
    ),
    "size": ("Eventos no registro", "Events in the log", "Eventos en el registro"),
    "root": ("Raiz (SHA-256)", "Root (SHA-256)", "Raíz (SHA-256)"),
    "signed": ("Assinado em", "Signed at", "Firmado el"),
    "key": ("Chave pública", "Public key", "Clave pública"),
    "attachment": ("Anexo", "Attachment", "Adjunto"),
    "not-copied": ("ainda não copiado", "not copied yet", "aún sin copiar"),
    "candidates": ("Quem podia receber", "Who could get it", "Quién podía recibirla"),
    "operator": ("Operador", "Operator", "Operador"),
    "load": ("Carga", "Load", "Carga"),
    "excluded": ("Excluído por", "Excluded by", "Excluido por"),
    "chosen": ("escolhido", "chosen", "elegido"),
    "policy": ("Política", "Policy", "Política"),
    "decided-on": (
        "decidido com o registro na posição",
        "decided on the log at position",
        "decidido con el registro en la posición",
    ),
    "numbers": (
        "Nº: o número do evento nesta conversa; abaixo dele, sua posição no registro inteiro.",
        "No.: the event's number in this chat; below it, its position in the whole log.",
        "N.º: el número del evento en esta conversación; debajo, su posición en todo el registro.",
    ),
    "number": ("Nº", "No.", "N.º"),
    "field:account_id": ("Conta do canal", "Channel account", "Cuenta del canal"),
    "field:channel": ("Tipo de canal", "Kind of channel", "Tipo de canal"),
    "field:client_id": ("Cliente", "Client", "Cliente"),
    "field:group_id": ("Grupo", "Group", "Grupo"),
    "field:operator_id": ("Operador", "Operator", "Operador"),
    "field:from_operator": ("De", "From", "De"),
    "field:by_operator": ("Por", "By", "Por"),
    "field:to_operator": ("Para", "To", "Para"),
    "field:to_group": ("Para o grupo", "To group", "Para el grupo"),
    "field:episode": ("Conversa nº deste cliente", "Chat no. of this client", "Conversación n.º"),
    "field:seq": ("Mensagem nº", "Message no.", "Mensaje n.º"),
    "field:up_to": ("Até a mensagem nº", "Up to message no.", "Hasta el mensaje n.º"),
    "field:reply_to": ("Resposta a", "In reply to", "En respuesta a"),
    "field:state": ("Estado", "State", "Estado"),
    "field:sent_at": (
        "Horário do provedor",
        "Time of the provider",
        "Hora del proveedor",
    ),
    "field:since": ("Desde", "Since", "Desde"),
    "field:until": ("Até", "Until", "Hasta"),
    "field:added": ("Incluído", "Added", "Añadido"),
    "field:removed": ("Retirado", "Removed", "Quitado"),
    "field:priority": ("Prioridade", "Priority", "Prioridad"),
    "field:mentions": ("Menciona", "Mentions", "Menciona a"),
    "field:forced": ("Forçado", "Forced", "Forzado"),
    "unreadable": ("não legível aqui", "not readable here", "no legible aquí"),
    "unknown": ("desconhecido", "unknown", "desconocido"),
    "actor:router": ("Roteador", "Router", "Enrutador"),
    "actor:timer": ("Relógio", "Timer", "Reloj"),
    "actor:channel": ("Canal", "Channel", "Canal"),
    "actor:automatic": ("Automático", "Automatic", "Automático"),
    "actor:dispatcher": ("Envio", "Sending", "Envío"),
    "actor:cli": ("Linha de comando", "Command line", "Línea de comandos"),
    "actor:system": ("Sistema", "System", "Sistema"),
    "chat-opened": ("Conversa aberta", "Chat opened", "Conversación abierta"),
    "message-received": ("O cliente escreveu", "The client wrote", "El cliente escribió"),
    "message-edited": ("Mensagem editada", "Message edited", "Mensaje editado"),
    "message-deleted": ("Mensagem apagada", "Message deleted", "Mensaje borrado"),
    "reaction-changed": ("Reação", "Reaction", "Reacción"),
    "message-sent": ("Resposta escrita", "Answer written", "Respuesta escrita"),
    "message-sent-elsewhere": (
        "Resposta pelo aplicativo do provedor",
        "Answered in the provider's own app",
        "Respuesta en la aplicación del proveedor",
    ),
    "message-state-changed": ("Estado da mensagem", "Message state", "Estado del mensaje"),
    "message-split": ("Mensagem dividida", "Message split", "Mensaje dividido"),
    "part-state-changed": ("Estado de uma parte", "State of a part", "Estado de una parte"),
    "media-copied": ("Anexo guardado", "Attachment kept", "Adjunto guardado"),
    "media-lost": ("Anexo perdido", "Attachment lost", "Adjunto perdido"),
    "chat-assigned": ("Conversa atribuída", "Chat assigned", "Conversación asignada"),
    "chat-released": ("Conversa liberada", "Chat released", "Conversación liberada"),
    "chat-transferred": ("Conversa transferida", "Chat transferred", "Conversación transferida"),
    "comment-added": (
        "Comentário interno",
        "Internal comment",
        "Comentario interno",
    ),
    "comment-edited": ("Comentário editado", "Comment edited", "Comentario editado"),
    "chat-read": ("Lida", "Read", "Leída"),
    "chat-marked-unread": ("Marcada como não lida", "Marked as unread", "Marcada como no leída"),
    "chat-became-waiting": (
        "O cliente espera além da paciência",
        "The client waits longer than the patience",
        "El cliente espera más que la paciencia",
    ),
    "answer-not-needed": (
        "Resposta não é necessária",
        "No answer needed",
        "No hace falta responder",
    ),
    "chat-tagged": ("Etiquetas mudaram", "Tags changed", "Etiquetas cambiadas"),
    "priority-set": ("Prioridade mudou", "Priority set", "Prioridad cambiada"),
    "chat-snoozed": ("Conversa adiada", "Chat snoozed", "Conversación pospuesta"),
    "chat-woken": ("Conversa retomada", "Chat woken", "Conversación retomada"),
    "chat-closed": ("Conversa encerrada", "Chat closed", "Conversación cerrada"),
    "chat-reopened": ("Conversa reaberta", "Chat reopened", "Conversación reabierta"),
}


def words_in(language: str) -> Mapping[str, str]:
    """Return the words of a language, of the first one where it is not known."""
    number = LANGUAGES.index(language) if language in LANGUAGES else 0
    return {name: words[number] for name, words in _WORDS.items()}
