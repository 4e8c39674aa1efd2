/** Coming and going. */
import { attempt } from "../kit/index.js";
import { me, recado } from "./session.js";

/** Say whether one is there; the reason is for supervisors. */
export async function setPresence(status, reason) {
  const told = await attempt(() => recado.setPresence(status, reason));
  if (told) me.value = { ...me.value, presence: status };
}
