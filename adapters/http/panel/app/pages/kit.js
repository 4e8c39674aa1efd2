/** Every primitive in every state, to be looked at in both themes and each language. */
import { addWords, LANGUAGES, language, setLanguage, t } from "../i18n.js";
import { html, useRef, useState } from "../html.js";
import * as kit from "../kit/index.js";
import { prefs, setPrefs } from "../state/prefs.js";
import words from "../words/kitpage.js";

addWords(words);

const TONES = ["plain", "new", "waiting", "open", "unread", "comment", "warn", "danger"];
const FRUIT = ["Abacaxi", "Banana", "Caju", "Goiaba", "Jabuticaba", "Manga"];

export default function KitPage() {
  return html`<main class="kit-page grow" tabindex="-1">
    <h1>${t("kitpage.title")}</h1>
    <${Settings} />
    <div class="kit-grid">
      <${Buttons} /><${Fields} /><${Boxes} /><${Menus} /><${Finding} /><${TabRows} /><${People} />
      <${Notes} /><${Nothing} /><${Long} />
    </div>
  </main>`;
}

const Case = ({ title, children }) => html`<section class="kit-case"><h2>${title}</h2>${children}</section>`;
const Row = ({ children }) => html`<div class="kit-row">${children}</div>`;

function Settings() {
  return html`<${Row}>
    <${kit.Tabs} label=${t("kitpage.language")} value=${language.value} onChange=${setLanguage} tabs=${LANGUAGES.map((id) => ({ id, label: id }))} />
    <${kit.Tabs} label=${t("kitpage.theme")} value=${prefs.value.theme} onChange=${(theme) => setPrefs({ theme })}
      tabs=${["system", "light", "dark"].map((id) => ({ id, label: t(`theme.${id}`) }))} />
  <//>`;
}

function Buttons() {
  const kinds = ["plain", "primary", "quiet", "danger", "comment"];
  const label = t("kitpage.press");
  return html`<${Case} title=${t("kitpage.buttons")}>
    <${Row}>${kinds.map((kind) => html`<${kit.Button} kind=${kind} label=${label} icon="star" />`)}<//>
    <${Row}>${kinds.map((kind) => html`<${kit.Button} kind=${kind} label=${label} disabled />`)}<//>
    <${Row}>${kinds.map((kind) => html`<${kit.Button} kind=${kind} label=${label} busy />`)}<//>
    <${Row}>${kinds.map((kind) => html`<${kit.Button} kind=${kind} size="s" label=${label} />`)}<//>
    <${Row}>${kinds.map((kind) => html`<${kit.Button} kind=${kind} label=${label} icon="star" iconOnly shortcut="P" />`)}<//>
  <//>`;
}

function Fields() {
  const [isOn, setOn] = useState(true);
  return html`<${Case} title=${t("kitpage.fields")}>
    <${kit.Field} label=${t("kitpage.name")} placeholder="Fábio" help=${t("kitpage.help")} />
    <${kit.Field} label=${t("kitpage.document")} value="123" error=${t("kitpage.wrong")} />
    <${kit.Field} as="textarea" rows="2" label=${t("kitpage.notes")} />
    <${kit.Field} as="select" label=${t("kitpage.fruit")}>${FRUIT.map((name) => html`<option>${name}</option>`)}<//>
    <${kit.Field} label=${t("kitpage.name")} value="Ana" disabled />
    <${kit.Copyable} label=${t("kitpage.document")} value="rcd_kU3v1-exemplo" />
    <${kit.Switch} label=${t("kitpage.switch")} help=${t("kitpage.help")} checked=${isOn} onChange=${setOn} />
    <${kit.Switch} label=${t("kitpage.switch")} checked=${false} disabled onChange=${() => {}} />
  <//>`;
}

function Boxes() {
  const [isOpen, setOpen] = useState(false);
  const [isBeside, setBeside] = useState(false);
  const anchor = useRef(null);
  const ask = async () => {
    const yes = await kit.confirmed({ title: t("kitpage.sure"), text: t("kitpage.help"), yes: t("kitpage.press"), danger: true });
    kit.toast(String(yes));
  };
  return html`<${Case} title=${t("kitpage.boxes")}>
    <${Row}>
      <${kit.Button} label=${t("kitpage.dialog")} onClick=${() => setOpen(true)} />
      <${kit.Button} label=${t("kitpage.question")} onClick=${ask} />
      <${kit.Button} label=${t("kitpage.popover")} refer=${anchor} onClick=${() => setBeside(!isBeside)} />
    <//>
    ${isOpen && html`<${kit.Dialog} title=${t("kitpage.dialog")} onClose=${() => setOpen(false)} footer=${html`<${kit.Button} kind="primary" label=${t("kit.close")} onClick=${() => setOpen(false)} />`}>
      <p>${t("kitpage.help")}</p><${kit.Field} label=${t("kitpage.name")} />
    <//>`}
    ${isBeside && html`<${kit.Popover} anchor=${anchor} label=${t("kitpage.popover")} onClose=${() => setBeside(false)}><p>${t("kitpage.help")}</p><//>`}
  <//>`;
}

function Menus() {
  const items = [
    { id: "a", label: t("kitpage.press"), icon: "star", keys: "Mod+k", run: () => kit.toast("★") },
    { id: "b", label: t("kitpage.switch"), checked: true, run: () => {} },
    { id: "c", label: t("kitpage.fruit"), checked: false, run: () => {} },
    null,
    { id: "d", label: t("kitpage.sure"), icon: "trash-2", danger: true, run: () => {} },
    { id: "e", label: t("kitpage.off"), disabled: true, run: () => {} },
  ];
  return html`<${Case} title=${t("kitpage.menu")}>
    <${Row}><${kit.Menu} button=${{ label: t("kitpage.menu"), icon: "ellipsis" }} items=${items} align="start" /><${kit.Keys} keys="g h" /><${kit.Keys} keys="Mod+Shift+a" /><//>
  <//>`;
}

function Finding() {
  const [isOpen, setOpen] = useState(false);
  const find = (text) => FRUIT.filter((name) => name.toLowerCase().includes(text.toLowerCase())).map((label) => ({ id: label, label, detail: t("kitpage.fruit"), icon: "tag" }));
  return html`<${Case} title=${t("kitpage.combobox")}>
    <${kit.Combobox} label=${t("kitpage.fruit")} find=${find} onChoose=${({ label }) => kit.toast(label)} placeholder="Manga" />
    <${Row}><${kit.Button} label=${t("kitpage.picker")} aria-expanded=${isOpen ? "true" : "false"} onClick=${() => setOpen(!isOpen)} /><//>
    ${isOpen && html`<${kit.Picker} label=${t("kitpage.fruit")} find=${find} onChoose=${({ label }) => kit.toast(label)} placeholder="Manga" />`}
  <//>`;
}

function TabRows() {
  const [tab, setTab] = useState("one");
  const tabs = [
    { id: "one", label: t("kitpage.name"), icon: "user", badge: html`<${kit.Badge} tone="unread">3<//>` },
    { id: "two", label: t("kitpage.notes"), icon: "file-text" },
  ];
  return html`<${Case} title=${t("kitpage.tabs")}><${kit.Tabs} label=${t("kitpage.tabs")} tabs=${tabs} value=${tab} onChange=${setTab} /><//>`;
}

function People() {
  const names = ["Ana", "Fábio Prado", "Luísa", "Bruno Sá", "Carla Nunes", "Davi", "Óscar", ""];
  return html`<${Case} title=${t("kitpage.people")}>
    <${Row}>${names.map((name) => html`<${kit.Avatar} name=${name} />`)}<//>
    <${Row}>${["online", "away", "offline"].map((presence) => html`<${kit.Avatar} name="Ana" presence=${presence} />`)}<${kit.Avatar} name="Ana" size="s" /><${kit.Avatar} name="Ana" size="l" /><//>
    <${Row}>${TONES.map((tone) => html`<${kit.Badge} tone=${tone} icon="tag">${tone}<//>`)}<//>
    <${Row}>${TONES.map((tone) => html`<${kit.Badge} tone=${tone} strong>7<//>`)}<//>
  <//>`;
}

function Notes() {
  const tones = ["info", "good", "warn", "danger"];
  return html`<${Case} title=${t("kitpage.notes")}>
    ${tones.map((tone) => html`<${kit.Banner} tone=${tone} action=${html`<${kit.Button} size="s" kind="quiet" label=${t("kitpage.press")} />`}>${t("kitpage.help")}<//>`)}
    <${Row}>${tones.map((tone) => html`<${kit.Button} size="s" label=${tone} onClick=${() => kit.toast(t("kitpage.help"), { tone, action: tone === "info" ? { label: t("kit.undo"), run: () => {} } : undefined })} />`)}<//>
  <//>`;
}

function Nothing() {
  return html`<${Case} title=${t("kitpage.nothing")}>
    <${kit.Empty} icon="inbox" title=${t("kitpage.off")} action=${html`<${kit.Button} label=${t("kitpage.press")} />`}>${t("kitpage.help")}<//>
    <${kit.Skeleton} rows=${3} />
  <//>`;
}

function Long() {
  const rows = Array.from({ length: 10_000 }, (_, id) => ({ id: `kit-${id}`, name: `${FRUIT[id % FRUIT.length]} ${id + 1}` }));
  const draw = (row) => html`<div id=${`row-${row.id}`} class="option" role="option" aria-selected="false"><${kit.Avatar} name=${row.name} size="s" />${row.name}</div>`;
  return html`<${Case} title=${t("kitpage.long")}><div style=${{ height: "240px", display: "grid" }}><${kit.VirtualList} rows=${rows} height=${40} label=${t("kitpage.long")} draw=${draw} /></div><//>`;
}
