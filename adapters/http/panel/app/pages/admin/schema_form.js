/** A channel's configuration as fields of a form, out of its JSON schema. */
import { t } from "../../i18n.js";

/** Return what a property is, also where it may be left out. */
const plain = (property) => ({ ...property, ...(property.anyOf?.find(({ type }) => type !== "null") ?? {}) });
const isSecret = (property) => plain(property).format === "password" || Boolean(plain(property).writeOnly);
const words = (key, title) => (t(`config.${key}`) === `config.${key}` ? title : `config.${key}`);

/**
 * Return the fields of a form. Secrets that are there already are shown as kept, and may stay empty.
 * @param {any} schema @param {Record<string, any>|null} kept the configuration as the service shows it @returns {import("./form.js").FormField[]}
 */
export function fieldsOf(schema, kept) {
  const needed = new Set(schema.required ?? []);
  const entries = Object.entries(schema.properties);
  // What has to be filled in comes first.
  entries.sort(([one], [other]) => needed.has(other) - needed.has(one));
  return entries.map(([name, property]) => ({ name, label: words(name, property.title), ...kindOf(name, plain(property), needed.has(name), kept) }));
}

function kindOf(name, property, isNeeded, kept) {
  if (isSecret(property)) {
    const isThere = kept !== null && name in kept;
    return { kind: "secret", required: isNeeded && !isThere, help: isThere ? "channels.secretKept" : undefined, more: { minlength: property.minLength } };
  }
  if (property.enum) return { kind: "select", required: isNeeded, options: () => property.enum.map((value) => ({ value, label: value })) };
  if (property.type === "boolean") return { kind: "switch" };
  if (property.type === "array") return { kind: "lines", help: "field.optionsHelp" };
  if (property.type === "integer" || property.type === "number") return { kind: "number", required: isNeeded, more: { min: property.minimum, max: property.maximum, step: property.type === "integer" ? 1 : "any" } };
  // The service's patterns are checked by the service; a browser reads them by other rules.
  return { kind: "text", required: isNeeded, more: { maxlength: property.maxLength, autocomplete: "off", spellcheck: false } };
}

/** Return what the form begins with: what is kept, or what the schema says where nothing is said. */
export function valuesOf(schema, kept) {
  const given = Object.entries(schema.properties).map(([name, property]) => [name, isSecret(property) ? "" : kept?.[name] ?? property.default ?? null]);
  return Object.fromEntries(given);
}

/** Return what is sent: what differs from the schema's own values, and for a change null for what is taken away. */
export function configOf(schema, values, kept) {
  const said = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const value = cleaned(values[name]);
    if (isSecret(property)) {
      if (value !== null) said[name] = value;
    } else if (kept) {
      if (!isSame(value, kept[name] ?? property.default ?? null)) said[name] = value;
    } else if (value !== null && !isSame(value, property.default ?? null)) said[name] = value;
  }
  return said;
}

const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

function cleaned(value) {
  if (Array.isArray(value)) return value.map((line) => line.trim()).filter(Boolean);
  return value === "" || value === undefined ? null : value;
}
