/** What every part that draws imports: Preact, its hooks, signals, and `html` templates. */
import { h } from "preact";
import htm from "htm";

export const html = htm.bind(h);
export { Component, createContext, h, render, Fragment } from "preact";
export { useCallback, useContext, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
export { batch, computed, effect, signal, untracked, useComputed, useSignal, useSignalEffect } from "@preact/signals";

/** Return class names from what is true: `cls("row", isOpen && "open")`. */
export const cls = (...names) => names.filter(Boolean).join(" ");

/** Where the panel's own files are. */
export const root = document.documentElement.dataset.root;
