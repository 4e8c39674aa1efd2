/** A chat's history as a file of one's own: an event a line, as the log has them, with what was written in it. */

/** @param {any} chat @param {any[]} events */
export function save(chat, events) {
  const lines = events.map(({ said, ...event }) => JSON.stringify(said ? { ...event, text: said } : event)).join("\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${lines}\n`], { type: "application/jsonl" }));
  link.download = `chat-${chat.id}.jsonl`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
