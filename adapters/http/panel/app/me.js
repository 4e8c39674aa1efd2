/** Oneself: presence with its reason, load, preferences, the end of the shift. */
import { html, signal, useRef, useState } from "./html.js";
import { addActs } from "./acts.js";
import { meMenu, overlays } from "./extend.js";
import { LANGUAGES, language, setLanguage, t } from "./i18n.js";
import { attempt, Avatar, Button, Dialog, Field, Icon, MenuList, Switch } from "./kit/index.js";
import { myself } from "./state/people.js";
import { prefs, setPrefs } from "./state/prefs.js";
import { setPresence } from "./state/presence.js";
import { me, signOut } from "./state/session.js";
import { askForDesktop, isDesktopDenied } from "./state/notify.js";

const REASONS = ["Lunch", "Break", "Meeting", "Training"];
const NAMES = { "pt-BR": "Português (Brasil)", en: "English", es: "Español" };
const opened = signal(null);

export function Me() {
  const [isOpen, setOpen] = useState(false);
  const anchor = useRef(null);
  const presence = myself.value?.presence ?? me.value.presence;
  const items = [
    ...["online", "away", "offline"].map((status) => ({
      id: status, label: t(`presence.${status}`), checked: presence === status,
      run: () => (status === "offline" ? (opened.value = "handover") : setPresence(status)),
    })),
    null,
    ...REASONS.map((reason) => ({ id: reason, icon: "coffee", label: `${t("presence.away")}: ${t(`me.reason${reason}`)}`, run: () => setPresence("away", t(`me.reason${reason}`)) })),
    null,
    ...meMenu.all.filter((one) => one.when?.() ?? true).map((one) => ({ ...one, label: t(one.label) })),
    { id: "prefs", icon: "settings", label: t("me.preferences"), run: () => (opened.value = "prefs") },
    { id: "out", icon: "log-out", label: t("me.signOut"), run: () => (opened.value = "handover") },
  ];
  return html`<div class="nav-me">
    <button ref=${anchor} type="button" class="me" aria-haspopup="menu" aria-expanded=${isOpen ? "true" : "false"} onClick=${() => setOpen(!isOpen)}>
      <${Avatar} name=${me.value.name} presence=${presence} />
      <span class="me-text"><span class="one-line">${me.value.name}</span><small class="one-line">${t(`presence.${presence}`)}${myself.value ? ` · ${t("me.load", myself.value)}` : ""}</small></span>
      <${Icon} name="chevron-up" size=${16} class="me-chevron" />
    </button>
    ${isOpen && html`<${MenuList} anchor=${anchor} align="start" label=${t("me.menu")} items=${items} onClose=${() => setOpen(false)} />`}
  </div>`;
}

function Overlay() {
  const close = () => (opened.value = null);
  if (opened.value === "prefs") return html`<${Preferences} onClose=${close} />`;
  if (opened.value === "handover") return html`<${HandOver} onClose=${close} />`;
  return null;
}
overlays.add({ id: "me", component: Overlay });

function HandOver({ onClose }) {
  const load = myself.value?.load ?? 0;
  const leave = (isOut) => async () => {
    onClose();
    await setPresence("offline");
    if (isOut) await attempt(signOut);
  };
  const footer = html`<${Button} label=${t("kit.cancel")} onClick=${onClose} />
    <${Button} label=${t("handover.go")} onClick=${leave(false)} />
    <${Button} kind="primary" label=${t("handover.goOut")} onClick=${leave(true)} />`;
  return html`<${Dialog} title=${t("handover.title")} onClose=${onClose} footer=${footer}>
    <p>${load ? t("handover.text", { n: load }) : t("handover.none")}</p>
  <//>`;
}

function Preferences({ onClose }) {
  const { theme, enterSends, undoSeconds, letterKeys, sound, desktop } = prefs.value;
  const on = (name) => (value) => setPrefs({ [name]: value });
  const chosen = (name, read = String) => (event) => setPrefs({ [name]: read(event.currentTarget.value) });
  return html`<${Dialog} title=${t("me.preferences")} onClose=${onClose}>
    <div class="form">
      <${Field} as="select" label=${t("prefs.theme")} value=${theme} onChange=${chosen("theme")}>
        ${["system", "light", "dark"].map((id) => html`<option value=${id} selected=${id === theme}>${t(`theme.${id}`)}</option>`)}
      <//>
      <${Field} as="select" label=${t("prefs.language")} value=${language.value} onChange=${(event) => setLanguage(event.currentTarget.value)}>
        ${LANGUAGES.map((tag) => html`<option value=${tag} selected=${tag === language.value}>${NAMES[tag]}</option>`)}
      <//>
      <${Field} as="select" label=${t("prefs.undo")} value=${String(undoSeconds)} onChange=${chosen("undoSeconds", Number)}>
        ${[0, 5, 10].map((n) => html`<option value=${n} selected=${n === undoSeconds}>${n ? t("prefs.undoSeconds", { n }) : t("prefs.undoNone")}</option>`)}
      <//>
      <${Switch} label=${t("prefs.enterSends")} help=${t("prefs.enterHelp")} checked=${enterSends} onChange=${on("enterSends")} />
      <${Switch} label=${t("prefs.letterKeys")} help=${t("prefs.letterHelp")} checked=${letterKeys} onChange=${on("letterKeys")} />
      <${Switch} label=${t("prefs.sound")} checked=${sound} onChange=${on("sound")} />
      <${Switch} label=${t("prefs.desktop")} help=${isDesktopDenied() ? t("prefs.desktopDenied") : undefined} disabled=${isDesktopDenied()}
        checked=${desktop && !isDesktopDenied()} onChange=${async (wanted) => setPrefs({ desktop: wanted && (await askForDesktop()) })} />
    </div>
  <//>`;
}

addActs(
  { id: "panel.mute", label: "act.mute", group: "group.panel", icon: "volume-x", keys: ["m"], run: () => setPrefs({ sound: !prefs.value.sound }) },
  { id: "panel.prefs", label: "me.preferences", group: "group.panel", icon: "settings", run: () => (opened.value = "prefs") },
);
