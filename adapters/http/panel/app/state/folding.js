/** Return a text without case and accents, for comparing with what people type. */
export const fold = (text) => (text ?? "").normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();
