/** The same list from a program of one's own: the lines to type, and what they bring, live. */
import { html, useEffect, useState } from "../html.js";
import { t } from "../i18n.js";
import { Button, toast } from "../kit/index.js";
import { me, recado } from "../state/session.js";
import { Section } from "./section.js";
import { play } from "./state.js";

const VIEW = { id: "new", projection: "chats", params: { section: "new" } };
const MOST = 6;

/** What one types into a terminal, in the folder of the clone. */
const lines = (data, email) => `TOKEN=$(.venv/bin/recado token create ${email} --data "${data}")
AUTH="Authorization: Bearer $TOKEN"
ID=$(curl -s -H "$AUTH" -H "Content-Type: application/json" \\
  -d '${JSON.stringify({ views: [VIEW] })}' \\
  ${location.origin}/v1/subscriptions | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')
curl -sN -H "$AUTH" ${location.origin}/v1/subscriptions/$ID/stream`;

export function Own() {
  const [isLive, setLive] = useState(false);
  if (!play.value) return null;
  const text = lines(play.value.data, me.value.email);
  const copy = () => navigator.clipboard.writeText(text).then(() => toast(t("demo.copied"), { tone: "good", lasts: 2_500 }));
  return html`<${Section} title=${t("demo.own")} lead=${t("demo.ownLead")}>
    <pre class="demo-code" tabindex="0" aria-label=${t("demo.own")}>${text}</pre>
    <p class="demo-buttons">
      <${Button} size="s" icon="copy" label=${t("demo.copy")} onClick=${copy} />
      <${Button} size="s" icon="radio" label=${t(isLive ? "demo.stopLive" : "demo.showLive")} aria-pressed=${isLive ? "true" : "false"} onClick=${() => setLive(!isLive)} />
    </p>
    ${isLive && html`<${Lines} />`}
  <//>`;
}

function Lines() {
  const [heard, setHeard] = useState([]);
  useEffect(() => {
    const live = recado.subscribe([VIEW], (frame) => {
      if (frame.type !== "state") setHeard((before) => [...before, JSON.stringify(frame)].slice(-MOST));
    });
    return () => live.close();
  }, []);
  return html`<pre class="demo-code demo-lines" tabindex="0" aria-label=${t("demo.lines")}>${heard.join("\n")}</pre>`;
}
