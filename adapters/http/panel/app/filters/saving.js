/** A filter kept as a tab: its name, who sees it, how it looks. */
import { html, useLayoutEffect, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { Button, Dialog, Field, Icon, tellProblem, toast } from "../kit/index.js";
import { currentList } from "../state/lists.js";
import { groups } from "../state/people.js";
import { go } from "../state/route.js";
import { canSupervise, me, recado } from "../state/session.js";
import { saving } from "./going.js";
import { nameFor } from "./saying.js";
import { clear, loadTabs } from "./state.js";
import { rowsOf, toTree } from "./tree.js";

const COLOURS = ["plain", "new", "waiting", "open", "unread", "comment", "warn", "danger"];
const ICONS = ["bookmark", "star", "flag", "tag", "users", "shopping-bag", "building-2", "calendar", "zap", "file-text", "phone", "clock"];

export function SaveDialog() {
  const { group, tab } = saving.value;
  const [name, setName] = useState(tab?.name ?? nameFor(group));
  const [shared, setShared] = useState(tab?.shared ?? "personal");
  const [withGroup, setWithGroup] = useState(tab?.group?.id ?? "");
  const [colour, setColour] = useState(tab?.colour ?? "plain");
  const [icon, setIcon] = useState(tab?.icon ?? "bookmark");
  const [fault, setFault] = useState(null);
  const [busy, setBusy] = useState(false);
  const field = useRef(null);
  useLayoutEffect(() => field.current.select(), []);
  const close = () => (saving.value = null);
  const ways = ["personal", ...(canSupervise.value ? ["group"] : []), ...(me.value.may.includes("administer") ? ["everyone"] : [])];
  const save = async (event) => {
    event?.preventDefault();
    if (!name.trim() || busy || (shared === "group" && !withGroup)) return;
    setBusy(true);
    const looks = { name: name.trim(), shared, group: shared === "group" ? withGroup : null, colour: colour === "plain" ? null : colour, icon };
    try {
      await (tab ? change(tab, looks) : add(group, looks));
      close();
    } catch (problem) {
      if (!("status" in problem)) throw problem;
      if (problem.isPassing) tellProblem(problem);
      else setFault(problem.message);
    } finally {
      setBusy(false);
    }
  };
  const footer = html`<${Button} label=${t("kit.cancel")} onClick=${close} /><${Button} kind="primary" icon="save" label=${t("filters.saveGo")} busy=${busy} disabled=${!name.trim() || (shared === "group" && !withGroup)} onClick=${save} />`;
  return html`<${Dialog} size="s" title=${t(tab ? "filters.rename" : "filters.save")} onClose=${close} footer=${footer}>
    <form class="form" onSubmit=${save}>
      <${Field} label=${t("filters.name")} error=${fault} refer=${field} value=${name} maxlength="60" autofocus onInput=${(event) => setName(event.currentTarget.value)} />
      ${ways.length > 1 && html`<${Field} as="select" label=${t("filters.shared")} value=${shared} onChange=${(event) => setShared(event.currentTarget.value)}>
        ${ways.map((way) => html`<option key=${way} value=${way} selected=${way === shared}>${t(`filters.shared.${way}`)}</option>`)}
      <//>`}
      ${shared === "group" && html`<${Field} as="select" label=${t("filters.field.group")} value=${withGroup} onChange=${(event) => setWithGroup(event.currentTarget.value)}>
        <option value=""></option>${groups.value.map(({ id, name: called }) => html`<option key=${id} value=${id} selected=${id === withGroup}>${called}</option>`)}
      <//>`}
      <${Marks} label=${t("filters.colour")} name="colour" all=${COLOURS} value=${colour} onChange=${setColour} draw=${(one) => html`<span class=${`swatch tone-${one}`}></span>`} say=${(one) => t(`filters.colour.${one}`)} />
      <${Marks} label=${t("filters.icon")} name="icon" all=${ICONS} value=${icon} onChange=${setIcon} draw=${(one) => html`<${Icon} name=${one} />`} say=${(one) => one} />
      <button type="submit" class="unseen" tabindex="-1">${t("filters.saveGo")}</button>
    </form>
  <//>`;
}

/** One of several marks, as radio buttons that look like what they stand for. */
function Marks({ label, name, all, value, onChange, draw, say }) {
  return html`<fieldset class="marks"><legend>${label}</legend>
    ${all.map((one) => html`<label key=${one} data-tip=${say(one)}><input type="radio" name=${name} checked=${one === value} aria-label=${say(one)} onChange=${() => onChange(one)} />${draw(one)}</label>`)}
  </fieldset>`;
}

async function add(group, looks) {
  const whole = { join: "all", rows: [...rowsOf(currentList.value), ...(group.join === "all" ? group.rows : [group])] };
  const asked = currentList.value.tab ? { all: [currentList.value.tab.filter, toTree(group)] } : toTree(whole);
  const { id, position } = await recado.act("POST", "/v1/filters", { ...looks, filter: asked });
  await loadTabs(position);
  clear();
  go("inbox", id);
  toast(t("filters.saved", { name: looks.name }), { tone: "good", lasts: 3_000 });
}

async function change(tab, looks) {
  const { position } = await recado.act("PATCH", `/v1/filters/${encodeURIComponent(tab.id)}`, looks);
  await loadTabs(position);
}
