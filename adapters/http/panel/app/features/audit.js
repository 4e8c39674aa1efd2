/** The page of those who audit: who looked, what happened, what proves it, what was erased. */
import { addActs } from "../acts.js";
import { pages } from "../extend.js";
import { addWords } from "../i18n.js";
import { go } from "../state/route.js";
import { me } from "../state/session.js";
import words from "../words/audit.js";

addWords(words);

const audits = (person) => person?.may.includes("audit") ?? false;

pages.add({ id: "audit", icon: "shield-check", label: "audit.title", order: 40, when: audits, load: () => import("../pages/audit/page.js") });
addActs({ id: "audit.open", label: "audit.open", group: "group.around", icon: "shield-check", keys: ["g a"], when: () => audits(me.value), run: () => go("audit") });
