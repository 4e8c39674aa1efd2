/** The demo's part of the panel: a drawer to play with, and signing in by one click. No real installation shows it. */
import { addActs } from "../acts.js";
import { overlays, railTools, welcomes } from "../extend.js";
import { html } from "../html.js";
import { addWords } from "../i18n.js";
import { ActButton } from "../kit/index.js";
import words from "../words/demo.js";
import { Drawer } from "./drawer.js";
import { Welcome } from "./people.js";
import { isOpen, look, toggle } from "./state.js";

addWords(words);
look();

addActs({ id: "demo.drawer", label: "demo.act", group: "group.panel", icon: "sparkles", keys: ["g d"], run: toggle });
railTools.add({ id: "demo", component: () => html`<div class="demo-opener"><${ActButton} act="demo.drawer" size="s" aria-expanded=${isOpen.value ? "true" : "false"} /></div>` });
overlays.add({ id: "demo", component: () => isOpen.value && html`<${Drawer} />` });
welcomes.add({ id: "demo", component: Welcome });
