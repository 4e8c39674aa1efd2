/** How many chats a tab holds, as the feed tells it. */
import { standing } from "../state/lists.js";

export const countOfTab = (id) => standing().counts.items.get("counts")?.tabs?.[id] ?? null;
