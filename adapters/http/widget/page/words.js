// What the chat says itself, in the languages that it speaks.
const WORDS = {
  "pt-BR": {
    write: "Escreva uma mensagem", send: "Enviar", close: "Fechar o chat", messages: "Mensagens",
    connecting: "Conectando…", connected: "Conectado", waiting: "Sem conexão. Tentando de novo…",
    you: "Você", team: "Atendimento", sending: "enviando…", deleted: "Mensagem apagada",
    file: "Arquivo", unknown: "Mensagem que não pode ser mostrada aqui", refused: "O chat não está disponível aqui.",
    attach: "Anexar um arquivo", notTaken: "O arquivo não foi aceito.",
    slow: "Muitas mensagens. Aguarde um instante…",
  },
  en: {
    write: "Write a message", send: "Send", close: "Close the chat", messages: "Messages",
    connecting: "Connecting…", connected: "Connected", waiting: "No connection. Trying again…",
    you: "You", team: "Support", sending: "sending…", deleted: "Message deleted",
    file: "File", unknown: "A message that cannot be shown here", refused: "The chat is not available here.",
    attach: "Attach a file", notTaken: "The file was not accepted.",
    slow: "Too many messages. Wait a moment…",
  },
  es: {
    write: "Escriba un mensaje", send: "Enviar", close: "Cerrar el chat", messages: "Mensajes",
    connecting: "Conectando…", connected: "Conectado", waiting: "Sin conexión. Intentando de nuevo…",
    you: "Usted", team: "Atención", sending: "enviando…", deleted: "Mensaje eliminado",
    file: "Archivo", unknown: "Un mensaje que no se puede mostrar aquí", refused: "El chat no está disponible aquí.",
    attach: "Adjuntar un archivo", notTaken: "El archivo no fue aceptado.",
    slow: "Demasiados mensajes. Espere un momento…",
  },
};

export const language = document.documentElement.lang;
export const words = WORDS[language] ?? WORDS.en;
