/** The page of primitives, for those who build with them; it has no place in the rail. */
import { pages } from "../extend.js";

pages.add({ id: "kit", load: () => import("../pages/kit.js") });
