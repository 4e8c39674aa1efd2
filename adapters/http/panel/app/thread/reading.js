/** When a chat counts as read: its end in sight, in the tab that one looks at, for a second (V10). */
import { useEffect } from "../html.js";
import { canAct, me, recado } from "../state/session.js";

const AFTER = 1_000;

/** Mark a chat of one's own as read while its end is in sight. A supervisor's look marks nothing. */
export function useReading(chat, isAtEnd, lastSeq) {
  const isMine = canAct.value && chat?.operator?.id === me.value.id;
  const isDue = isMine && chat.unread > 0 && isAtEnd && lastSeq > 0;
  useEffect(() => {
    if (!isDue) return undefined;
    let timer = 0;
    const look = () => {
      clearTimeout(timer);
      if (document.visibilityState === "visible" && document.hasFocus())
        timer = setTimeout(() => recado.on(chat.id, "read", { up_to: lastSeq }).catch(() => {}), AFTER);
    };
    const leaving = new AbortController();
    for (const name of ["focus", "blur"]) window.addEventListener(name, look, { signal: leaving.signal });
    document.addEventListener("visibilitychange", look, { signal: leaving.signal });
    look();
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [chat?.id, isDue, lastSeq]);
}
