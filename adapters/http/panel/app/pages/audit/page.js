/** The page of audit: its sections, by rights. */
import { html } from "../../html.js";
import { addWords } from "../../i18n.js";
import words from "../../words/admin_audit.js";
import { Sections } from "../sections.js";
import { Erasures } from "./erasures.js";
import { Happened } from "./happened.js";
import { Looks } from "./looks.js";
import { Proofs } from "./proofs.js";

addWords(words);

const SECTIONS = [
  { id: "happened", icon: "scroll-text", component: Happened },
  { id: "looks", icon: "eye", component: Looks },
  { id: "proofs", icon: "shield-check", component: Proofs },
  { id: "erasures", icon: "scale", component: Erasures },
];

export default ({ path }) => html`<${Sections} page="audit" sections=${SECTIONS} path=${path} />`;
