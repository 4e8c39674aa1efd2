/** Which of the events that somebody has not seen would change his mind. */
const TELLING = new Set([
  "message-received", "message-sent", "message-sent-elsewhere", "comment-added", "chat-assigned", "chat-released", "chat-transferred", "chat-closed",
]);

/** Return how many events say something new: reads, deliveries and files do not. */
export const hasNews = (events) => (events ?? []).filter(({ topic }) => TELLING.has(topic.replace(/\.v\d+$/, ""))).length;
