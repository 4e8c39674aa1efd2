/** The supervisor's board: who waits where, and who carries what. */
import { addActs } from "../acts.js";
import { pages } from "../extend.js";
import { go } from "../state/route.js";
import { me } from "../state/session.js";
import { addWords } from "../i18n.js";
import "../inbox/narrowed.js";
import words from "../words/board.js";

addWords(words);

const oversees = (person) => person !== null && person.role !== "operator";

pages.add({ id: "board", icon: "layout-dashboard", label: "board.title", order: 10, when: oversees, load: () => import("../pages/board.js") });
addActs({ id: "board.open", label: "board.open", group: "group.around", icon: "layout-dashboard", keys: ["g b"], when: () => oversees(me.value), run: () => go("board") });
