/** Being somebody of the company, by one click. */
import { html, useEffect, useState } from "../html.js";
import { listing, t } from "../i18n.js";
import { attempt, Avatar } from "../kit/index.js";
import { setPresence } from "../state/presence.js";
import { go } from "../state/route.js";
import { me, recado, signIn } from "../state/session.js";
import { Section } from "./section.js";
import { look } from "./state.js";

function usePeople() {
  const [people, setPeople] = useState({ items: [], password: "" });
  useEffect(() => void attempt(() => recado.get("/v1/demo/people")).then((read) => read && setPeople(read)), []);
  return people;
}

async function become(email, password) {
  if (me.value) await attempt(() => recado.signOut());
  await attempt(() => signIn(email, password));
  if (!me.value) return;
  go("inbox", "new");
  await setPresence("online");
  look();
}

function Persons() {
  const { items, password } = usePeople();
  return html`<ul class="demo-people">${items.map(({ email, name, role, groups }) => html`<li key=${email}>
    <button type="button" aria-pressed=${me.value?.email === email ? "true" : "false"} onClick=${() => become(email, password)}>
      <${Avatar} name=${name} size="s" /><span>${name}<small>${groups.length ? t("demo.roleIn", { role: t(`demo.role.${role}`), groups: listing(groups) }) : t(`demo.role.${role}`)}</small></span>
    </button>
  </li>`)}</ul>`;
}

/** In the drawer. */
export function People() {
  return html`<${Section} title=${t("demo.people")} lead=${t("demo.peopleLead")}><${Persons} /><//>`;
}

/** On the sign-in page. */
export function Welcome() {
  return html`<section class="demo-welcome" aria-label=${t("demo.people")}><h2>${t("demo.welcome")}</h2><${Persons} /></section>`;
}
