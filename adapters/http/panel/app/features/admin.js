/** Administration: what the company defines for itself. Templates are everybody's, the rest is not. */
import { addActs } from "../acts.js";
import { meMenu, pages } from "../extend.js";
import { addWords } from "../i18n.js";
import { go } from "../state/route.js";
import words from "../words/admin.js";

addWords(words);

pages.add({ id: "admin", icon: "settings", label: "admin.title", order: 50, load: () => import("../pages/admin/page.js") });
meMenu.add({ id: "security", icon: "shield", label: "security.open", run: () => go("admin", "security") });
addActs(
  { id: "admin.open", label: "admin.open", group: "group.around", icon: "settings", keys: ["g s"], run: () => go("admin") },
  { id: "security.open", label: "security.open", group: "group.around", icon: "shield", run: () => go("admin", "security") },
);
