export default {
  "kit.close": ["Fechar", "Close", "Cerrar"],
  "kit.cancel": ["Cancelar", "Cancel", "Cancelar"],
  "kit.loading": ["Carregando…", "Loading…", "Cargando…"],
  "kit.nothingFound": ["Nada encontrado", "Nothing found", "Sin resultados"],
  "kit.undo": ["Desfazer", "Undo", "Deshacer"],
  "kit.retry": ["Tentar de novo", "Try again", "Reintentar"],
  "kit.back": ["Voltar", "Back", "Volver"],
  "kit.more": ["Mais ações", "More actions", "Más acciones"],
  "problem.unreachable": [
    "O servidor não respondeu. O que você escreveu está guardado; tente de novo em instantes.",
    "The server did not answer. What you wrote is kept; try again in a moment.",
    "El servidor no respondió. Lo que escribió está guardado; inténtelo de nuevo en un momento.",
  ],
  "problem.withId": ["{text} (pedido {id})", "{text} (request {id})", "{text} (petición {id})"],
  "presence.online": ["Disponível", "Online", "Disponible"],
  "presence.away": ["Em pausa", "Away", "En pausa"],
  "presence.offline": ["Ausente", "Offline", "Ausente"],
};
