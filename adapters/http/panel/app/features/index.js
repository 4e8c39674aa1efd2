/** The parts that put themselves into the panel's places (see `extend.js`): one line each. */
import "../inbox/acts.js";
import "../composer/sources.js";
import "../composer/approved.js";
import "./kit.js";
import "./help.js";
import "./board.js";
import "./admin.js";
import "./audit.js";
import "./transfer.js";
import "./why.js";
import "./timeline.js";
import "./marking.js";
import "./record.js";
import "./filters.js";

// Only some installations show it: the page names what it shows besides.
if (document.documentElement.dataset.parts.includes("demo")) import("../demo/index.js");
