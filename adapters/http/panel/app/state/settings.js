/** The account's settings that the panel goes by; the defaults until they are read. */
import { signal } from "@preact/signals";
import { seldom } from "./keeping.js";
import { recado } from "./session.js";

export const accountSettings = signal({ time_zone: "America/Sao_Paulo", auto_assign: true, header_fields: [] });

export async function loadSettings() {
  accountSettings.value = await recado.get("/v1/settings");
}

/** The settings, not older than a minute. */
export const freshSettings = seldom(loadSettings);
